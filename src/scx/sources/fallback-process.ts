/**
 * The file that is played while nobody broadcasts. A process of its own plays it, over and over,
 * into this SCX as a source of the lowest priority: a file that a stranger uploaded is read where it
 * can break nothing, and to the session it is a source like any other.
 *
 * Its life hangs on ours by the pipe that is its standard input: whatever ends us ends it, so there
 * are never two. It needs no front end, so it plays on while that is away. It attaches with a secret
 * that is drawn here and that nobody else knows.
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

export interface FallbackOptions {
  /** The main file; it is run as `node ENTRY fallback`. */
  readonly entry: string;
  /** Our own. */
  readonly launch: Pick<Launch, 'id' | 'session' | 'listenHost' | 'logLevel'>;
  /** As others are told. */
  readonly overlayAddress: string;
  readonly secret: string;
  readonly log: Logger;
}

/** What plays the file. */
export interface FallbackProcess {
  /** From now on this one; undefined: none. */
  play(file: FallbackFile | undefined): void;
  /** Ends it for good. */
  stop(): void;
}

/** The wait before a fallback that has ended is started again. Guess. */
const RETRY: BackoffRange = { firstMs: 250, lastMs: 30_000 };
/** Who ran so long was well, ms. Guess. */
const STEADY_MS = 10_000;
/** Who does not end when told is killed after so long, ms: longer than its own patience. */
const KILL_MS = 4000;

const isSame = (one: FallbackFile | undefined, other: FallbackFile | undefined): boolean =>
  one?.path === other?.path && one?.title === other?.title;

function documentOf(options: FallbackOptions, file: FallbackFile): FallbackLaunch {
  const { launch, overlayAddress, secret } = options;
  const { id, session, listenHost, logLevel } = launch;
  const { port } = splitHostPort(overlayAddress);
  // On this machine, wherever the advertised address leads.
  const address = joinHostPort(localHost(listenHost), port);
  return { session, scx: { id, overlayAddress: address }, secret, file, logLevel };
}

function start(options: FallbackOptions, file: FallbackFile): ChildProcess {
  const document = documentOf(options, file);
  return spawn(process.execPath, [options.entry, 'fallback'], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: childEnvironment({ [FALLBACK_VARIABLE]: JSON.stringify(document) }),
  });
}

/** Plays nothing yet. */
export function createFallbackProcess(options: FallbackOptions): FallbackProcess {
  const { log } = options;
  let wanted: FallbackFile | undefined;
  let child: ChildProcess | undefined;
  let waiting: NodeJS.Timeout | undefined;
  let failures = 0;

  const run = (file: FallbackFile): void => {
    const started = start(options, file);
    const since = performance.now();
    let isOver = false;
    const onOver = (how: object): void => {
      if (isOver) return; // A process that cannot be started may tell twice.
      isOver = true;
      child = undefined;
      if (performance.now() - since > STEADY_MS) failures = 0;
      if (isSame(wanted, file)) onFailed(how);
      else next();
    };
    child = started;
    started.stdin?.on('error', () => undefined);
    started.on('error', (error) => onOver({ err: error }));
    started.on('exit', (code, signal) => onOver({ code, signal }));
    log.info({ title: file.title, pid: started.pid }, 'The fallback is played.');
  };

  const onFailed = (how: object): void => {
    const inMs = backoffMs(RETRY, failures++);
    log.warn({ ...how, inMs }, 'The fallback has ended; it is started again.');
    waiting = setTimeout(next, inMs);
  };

  /** One at a time: the next begins when the last has ended. */
  const next = (): void => {
    clearTimeout(waiting);
    if (wanted !== undefined && child === undefined) run(wanted);
  };

  const end = (told: ChildProcess): void => {
    told.stdin?.end();
    const killing = setTimeout(() => told.kill('SIGKILL'), KILL_MS).unref();
    told.once('exit', () => clearTimeout(killing));
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
