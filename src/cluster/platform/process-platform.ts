/**
 * The platform of a single machine: each SCX is a child process in a process group of its own,
 * so that neither Ctrl-C at the front end's terminal nor the front end's death touches it. Its
 * launch document travels in the environment, which other users cannot read, not in argv.
 *
 * A front end that comes after finds the SCXs in their run files. They are not its children, so
 * the system tells it nothing of their end; it looks, a few times a second.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { kill } from 'node:process';
import type { Logger } from 'pino';
import type { Order } from '../../api/hand-over-order.js';
import { LAUNCH_VARIABLE, type Launch } from '../../api/scx-launch.js';
import { childEnvironment } from '../../runtime/child-environment.js';
import { parseSessionName } from '../../session/session-name.js';
import { PRIVATE_MODE, writeFileAtomic } from '../data/atomic-file.js';
import { birthOf, hasArgument, isAlive } from '../data/process-identity.js';
import { openLog, trimLogs } from './log-files.js';
import type { Exit, Found, Platform } from './platform.js';
import { type RunFile, readRunFiles, removeRunFile, writeRunFile } from './run-files.js';

export interface ProcessPlatformOptions {
  /** The command line's main file; it is run as `node ENTRY scx --session NAME`. */
  readonly entry: string;
  /** `run/` and `logs/` are ours in it. */
  readonly dataDir: string;
  /** SCXs write to our own output instead of to log files. */
  readonly inheritLogs: boolean;
  readonly log: Logger;
}

/**
 * The young generation of an SCX's heap, MiB: left alone it grows to 48 MiB in a storm of newcomers
 * and stays; what an SCX allocates is short-lived. (Measured: 5 kB less for each of 4,000 listeners.)
 */
const LEAN = ['--max-semi-space-size=2'];
/** Guess: a killed SCX is to be back within a second, and its launch takes half of that. */
const WATCH_MS = 250;
const WATCH_STOPPED_MS = 50; // who was told to stop is waited for
const TRIM_LOGS_MS = 60_000;

/** A process that is not our child. */
interface Watched {
  readonly pid: number;
  readonly birth: string;
  stopped: boolean;
}

function runFileOf(launch: Launch, pid: number): RunFile {
  const { id, session, title, genre, channels, locations, sourceKey, announcement } = launch;
  const ports = { http: launch.httpPort, overlay: launch.overlayPort };
  const facts = { title, genre, channels, locations, sourceKey, announcement };
  return { id, session, pid, birth: birthOf(pid) ?? '', ports, facts };
}

/** The platform of this machine. */
export function createProcessPlatform(options: ProcessPlatformOptions): Platform {
  const { entry, dataDir, inheritLogs, log } = options;
  const runFolder = `${dataDir}/run`;
  const logFolder = `${dataDir}/logs`;
  const children = new Map<string, ChildProcess>(); // all three bounded by the supervisor
  const watched = new Map<string, Watched>();
  const starting = new Set<string>();
  const successors = new Map<string, Launch>(); // ordered, and not seen yet
  let tellExit: (exit: Exit) => void = () => undefined;
  let watching: NodeJS.Timeout | undefined;

  const tell = (exit: Exit): void => {
    void removeRunFile(runFolder, exit.id).catch(() => undefined);
    tellExit(exit);
  };

  const look = (): void => {
    for (const [id, { pid, birth }] of watched) {
      if (isAlive(pid, birth)) continue;
      watched.delete(id);
      tell({ id, code: null, signal: null });
    }
    lookAgain();
  };

  const lookAgain = (): void => {
    clearTimeout(watching);
    if (watched.size === 0) return;
    const hurry = [...watched.values()].some(({ stopped }) => stopped);
    watching = setTimeout(look, hurry ? WATCH_STOPPED_MS : WATCH_MS);
  };

  const watch = (id: string, pid: number, birth: string): void => {
    watched.set(id, { pid, birth, stopped: false });
    lookAgain();
  };

  const openOutput = async (launch: Launch): Promise<FileHandle | undefined> => {
    const name = parseSessionName(launch.session);
    if (inheritLogs || !name.ok) return undefined;
    return openLog(logFolder, `${name.value.session}-${launch.id}`).catch((error: unknown) => {
      log.warn({ err: error }, 'the log of an SCX cannot be written; it runs without');
      return undefined;
    });
  };

  const orderFileOf = (id: string): string => `${runFolder}/${id}.successor`;
  const withOrders = (launch: Launch): Launch => ({
    ...launch,
    successorFile: orderFileOf(launch.id),
  });
  const argumentsOf = ({ session }: Launch): string[] => [
    ...LEAN,
    ...[entry, 'scx', '--session', session],
  ];

  const start = (launch: Launch, output: FileHandle | undefined): ChildProcess => {
    const out = inheritLogs ? 'inherit' : (output?.fd ?? 'ignore');
    return spawn(process.execPath, argumentsOf(launch), {
      detached: true,
      stdio: ['ignore', out, out],
      env: childEnvironment({ [LAUNCH_VARIABLE]: JSON.stringify(withOrders(launch)) }),
    });
  };

  const follow = (id: string, child: ChildProcess): void => {
    children.set(id, child);
    child.once('exit', (code, signal) => {
      children.delete(id);
      tell({ id, code, signal });
    });
    child.on('error', (error) => log.warn({ err: error, id }, 'an SCX cannot be signalled'));
    child.unref();
  };

  const remember = async (run: RunFile): Promise<void> => {
    try {
      await writeRunFile(runFolder, run);
      const isThere = children.has(run.id) || watched.has(run.id);
      if (!isThere) await removeRunFile(runFolder, run.id); // it was quicker
    } catch (error) {
      log.warn({ err: error, id: run.id }, 'a run file cannot be written');
    }
  };

  const launch = async (document: Launch): Promise<{ readonly pid: number }> => {
    starting.add(document.id);
    const output = await openOutput(document);
    try {
      if (!starting.delete(document.id)) throw new Error('it was stopped before it started');
      const child = start(document, output);
      if (child.pid === undefined) throw (await once(child, 'error'))[0];
      follow(document.id, child);
      void remember(runFileOf(document, child.pid));
      return { pid: child.pid };
    } finally {
      await output?.close();
    }
  };

  const stopWatched = (id: string, process: Watched, signal: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      if (isAlive(process.pid, process.birth)) kill(process.pid, signal);
    } catch (error) {
      log.warn({ err: error, id }, 'an SCX cannot be signalled');
    }
    process.stopped = true;
    lookAgain();
  };

  const stop = (id: string, signal: 'SIGTERM' | 'SIGKILL'): void => {
    starting.delete(id);
    children.get(id)?.kill(signal);
    const process = watched.get(id);
    if (process !== undefined) stopWatched(id, process, signal);
  };

  const list = async (): Promise<readonly Found[]> => {
    const found: Found[] = [];
    for (const run of await readRunFiles(runFolder)) {
      if (isAlive(run.pid, run.birth)) {
        watch(run.id, run.pid, run.birth);
        found.push(run);
      } else {
        await removeRunFile(runFolder, run.id);
      }
    }
    return found;
  };

  const adopt = (id: string, session: string, pid: number): boolean => {
    if (children.has(id) || watched.has(id)) return true;
    const birth = birthOf(pid);
    if (birth === undefined || !hasArgument(pid, session)) return false;
    watch(id, pid, birth);
    const launch = successors.get(id);
    if (launch !== undefined) void remember(runFileOf(launch, pid));
    successors.delete(id);
    return true;
  };

  const orderSuccessor: Platform['orderSuccessor'] = async (id, successor, drainMs) => {
    const launch = withOrders(successor);
    const args = argumentsOf(successor);
    const order: Order = { program: process.execPath, args, launch, drainMs };
    successors.clear(); // one at a time: an earlier one has not come
    successors.set(successor.id, successor);
    await writeFileAtomic(orderFileOf(id), JSON.stringify(order), PRIVATE_MODE);
  };

  void trimLogs(logFolder);
  const trimming = setInterval(() => void trimLogs(logFolder), TRIM_LOGS_MS).unref();

  return {
    launch,
    stop,
    list,
    onExit: (hear) => {
      tellExit = hear;
    },
    adopt,
    orderSuccessor,
    close: () => {
      clearInterval(trimming);
      clearTimeout(watching);
      watched.clear();
    },
  };
}
