/**
 * The process that plays a file while nobody broadcasts. It plays the file over and over into this
 * SCX, as a source of the lowest priority: a file that a stranger uploaded is parsed where it can
 * break nothing, and to the session it is a source like any other, with a key of its own.
 *
 * The process ends when the pipe that is its standard input ends: whatever ends this SCX ends it,
 * so there are never two. It needs no front end, so it plays on while that is away.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';
import {
  FALLBACK_VARIABLE,
  type FallbackFile,
  type FallbackLaunch,
} from '../../api/fallback-launch.js';
import type { Launch } from '../../api/scx-launch.js';
import { type BackoffRange, backoffMs } from '../../lib/backoff.js';
import { joinHostPort, localHost, splitHostPort } from '../../lib/host-port.js';
import { childEnvironment } from '../../runtime/child-environment.js';
import { isConfined, permissionFlags } from '../../runtime/system/permissions.js';

export interface FallbackOptions {
  /** The main file; it is run as `node ENTRY fallback`. */
  readonly entry: string;
  /** This SCX's own. */
  readonly launch: Pick<Launch, 'id' | 'session' | 'listenHost' | 'logLevel'>;
  /** This SCX's address as others know it. */
  readonly overlayAddress: string;
  readonly log: Logger;
}

/** The player of the fallback file. */
export interface FallbackProcess {
  /** Plays this file from now on; undefined: none. */
  play(file: FallbackFile | undefined): void;
  /** Ends it for good. */
  stop(): void;
}

/** The wait before a process that has ended is started again. Guess. */
const RETRY: BackoffRange = { firstMs: 250, lastMs: 30_000 };
/** A process that ran for this long did not fail at its start, ms. Guess. */
const STEADY_MS = 10_000;
/** A process that does not end when asked is killed after this, ms: longer than its own timeout. */
const KILL_MS = 4000;

const isSame = (one: FallbackFile | undefined, other: FallbackFile | undefined): boolean =>
  one?.path === other?.path && one?.title === other?.title && one?.seed === other?.seed;

function documentOf(options: FallbackOptions, file: FallbackFile): FallbackLaunch {
  const { launch, overlayAddress } = options;
  const { id, session, listenHost, logLevel } = launch;
  const { port } = splitHostPort(overlayAddress);
  // On this machine, wherever the advertised address leads.
  const address = joinHostPort(localHost(listenHost), port);
  return { session, scx: { id, overlayAddress: address }, file, logLevel };
}

/** Starts a process; `onOver` is called once, when it has ended or cannot be started. */
function start(
  options: FallbackOptions,
  file: FallbackFile,
  onOver: (how: object) => void,
): ChildProcess {
  const document = documentOf(options, file);
  const confining = permissionFlags(isConfined(), { read: [file.path] });
  const child = spawn(process.execPath, [...confining, options.entry, 'fallback'], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: childEnvironment({ [FALLBACK_VARIABLE]: JSON.stringify(document) }),
  });
  let isOver = false;
  const report = (how: object): void => {
    if (isOver) return; // a process that cannot be started may report it twice
    isOver = true;
    onOver(how);
  };
  child.stdin?.on('error', () => undefined);
  child.on('error', (error) => report({ err: error }));
  child.on('exit', (code, signal) => report({ code, signal }));
  options.log.info({ title: file.title, pid: child.pid }, 'The fallback is played.');
  return child;
}

/** Asks a process to end, and kills it if it does not. */
function end(child: ChildProcess): void {
  child.stdin?.end();
  const killing = setTimeout(() => child.kill('SIGKILL'), KILL_MS).unref();
  child.once('exit', () => clearTimeout(killing));
}

/** Creates the control of the fallback process, which is not running yet. */
export function createFallbackProcess(options: FallbackOptions): FallbackProcess {
  const { log } = options;
  let wanted: FallbackFile | undefined;
  let child: ChildProcess | undefined;
  let waiting: NodeJS.Timeout | undefined;
  let failures = 0;

  const run = (file: FallbackFile): void => {
    const since = performance.now();
    child = start(options, file, (how) => {
      child = undefined;
      if (performance.now() - since > STEADY_MS) failures = 0;
      if (isSame(wanted, file)) retry(how);
      else next();
    });
  };

  const retry = (how: object): void => {
    const inMs = backoffMs(RETRY, failures++);
    log.warn({ ...how, inMs }, 'The fallback has ended; it is started again.');
    waiting = setTimeout(next, inMs);
  };

  /** One process at a time: the next starts when the last has ended. */
  const next = (): void => {
    clearTimeout(waiting);
    if (wanted !== undefined && child === undefined) run(wanted);
  };

  const play = (file: FallbackFile | undefined): void => {
    if (isSame(wanted, file)) return;
    wanted = file;
    failures = 0;
    if (child !== undefined) end(child);
    next();
  };

  return { play, stop: () => play(undefined) };
}
