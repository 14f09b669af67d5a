/**
 * The platform of a single machine: each SCX is a child process (scx-command.ts). A front end that
 * is started later finds the SCXs in their run files (run-files.ts); they are not its children, so
 * it watches them (foreign-processes.ts), and does not hold their ports (held-ports.ts).
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Order } from '../../api/hand-over-order.js';
import { type Launch, launchFactsSchema } from '../../api/scx-launch.js';
import { parseSessionId } from '../../session/session-id.js';
import { PRIVATE_MODE, writeFileAtomic } from '../data/atomic-file.js';
import { birthOf, hasArgument, isAlive } from '../data/process-identity.js';
import { createHeldPorts, type HeldPorts } from '../ports/held-ports.js';
import { createCarrierProcess } from './carrier-process.js';
import { type EncoderChannel, openEncoderChannel } from './encoder-channel.js';
import { createForeignProcesses, type ForeignProcesses } from './foreign-processes.js';
import { openLog, trimLogs } from './log-files.js';
import type { Exit, Found, Platform } from './platform.js';
import { type RunFile, readRunFiles, removeRunFile, writeRunFile } from './run-files.js';
import { scxArguments, spawnScx } from './scx-command.js';

export interface ProcessPlatformOptions {
  /** The command line's main file; it is run as `node ENTRY scx --session NAME`. */
  readonly entry: string;
  /** The processes may only use the files that they need. */
  readonly confined: boolean;
  /** `run/` and `logs/` in it belong to the platform. */
  readonly dataDir: string;
  /** SCXs write to our own output instead of to log files. */
  readonly inheritLogs: boolean;
  readonly log: Logger;
}

const TRIM_LOGS_MS = 60_000;

/** An SCX that this process has started. */
interface Child {
  readonly process: ChildProcess;
  readonly encoders: EncoderChannel;
}

/** The state that the verbs share. */
interface Context {
  readonly options: ProcessPlatformOptions;
  readonly runFolder: string;
  readonly logFolder: string;
  readonly children: Map<string, Child>; // bounded by the supervisor, as the others are
  readonly foreign: ForeignProcesses;
  readonly ports: HeldPorts;
  /** Launches that have no process yet. */
  readonly starting: Set<string>;
  /** Successors that were ordered and have not renewed a lease yet. */
  readonly successors: Map<string, Launch>;
  tellExit(exit: Exit): void;
}

function runFileOf(launch: Launch, pid: number): RunFile {
  const { id, session } = launch;
  const ports = { http: launch.httpPort, overlay: launch.overlayPort };
  const facts = launchFactsSchema.parse(launch);
  return { id, session, pid, birth: birthOf(pid) ?? '', ports, facts };
}

const orderFileOf = ({ runFolder }: Context, id: string): string => `${runFolder}/${id}.successor`;

const withOrderFile = (context: Context, launch: Launch): Launch => ({
  ...launch,
  successorFile: orderFileOf(context, launch.id),
});

async function openOutput(
  { options, logFolder }: Context,
  launch: Launch,
): Promise<FileHandle | undefined> {
  const name = parseSessionId(launch.session);
  if (options.inheritLogs || !name.ok) return undefined;
  return openLog(logFolder, `${name.value.session}-${launch.id}`).catch((error: unknown) => {
    options.log.warn({ err: error }, 'the log of an SCX cannot be written; it runs without');
    return undefined;
  });
}

/** Writes the run file, unless the process has ended meanwhile. */
async function remember(
  { options, runFolder, children, foreign }: Context,
  run: RunFile,
): Promise<void> {
  try {
    await writeRunFile(runFolder, run);
    if (!children.has(run.id) && !foreign.has(run.id)) await removeRunFile(runFolder, run.id);
  } catch (error) {
    options.log.warn({ err: error, id: run.id }, 'a run file cannot be written');
  }
}

function follow({ options, children, tellExit }: Context, id: string, child: ChildProcess): void {
  children.set(id, { process: child, encoders: openEncoderChannel(child) });
  child.once('exit', (code, signal) => {
    children.delete(id);
    tellExit({ id, code, signal });
  });
  child.on('error', (error) => options.log.warn({ err: error, id }, 'an SCX cannot be signalled'));
  child.unref();
}

async function launchScx(context: Context, launch: Launch): Promise<{ readonly pid: number }> {
  const { options, starting, ports } = context;
  const { inheritLogs } = options;
  starting.add(launch.id);
  const held = await ports.hold(launch.id, launch.listenHost, launch.httpPort);
  const output = await openOutput(context, launch);
  try {
    if (!starting.delete(launch.id)) throw new Error('it was stopped before it started');
    const target = inheritLogs ? 'inherit' : (output?.fd ?? 'ignore');
    const child = spawnScx(options, withOrderFile(context, launch), target, held?.fd);
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    follow(context, launch.id, child);
    void remember(context, runFileOf(launch, child.pid));
    return { pid: child.pid };
  } finally {
    await output?.close();
  }
}

async function listScxs({ runFolder, foreign }: Context): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const run of await readRunFiles(runFolder)) {
    if (isAlive(run.pid, run.birth)) {
      foreign.watch(run.id, run.pid, run.birth);
      found.push(run);
    } else {
      await removeRunFile(runFolder, run.id);
    }
  }
  return found;
}

function adoptScx(context: Context, id: string, session: string, pid: number): boolean {
  const { children, foreign, ports, successors } = context;
  if (children.has(id) || foreign.has(id)) return true;
  const birth = birthOf(pid);
  if (birth === undefined || !hasArgument(pid, session)) return false;
  foreign.watch(id, pid, birth);
  const launch = successors.get(id);
  if (launch !== undefined) {
    ports.share(id, launch.httpPort);
    void remember(context, runFileOf(launch, pid));
  }
  successors.delete(id);
  return true;
}

async function orderSuccessor(
  context: Context,
  id: string,
  successor: Launch,
  drainMs: number,
): Promise<void> {
  const { options, successors } = context;
  const launch = withOrderFile(context, successor);
  const args = scxArguments(options, launch);
  const order: Order = { program: process.execPath, args, launch, drainMs };
  successors.clear(); // one at a time: an earlier one did not come
  successors.set(successor.id, successor);
  await writeFileAtomic(orderFileOf(context, id), JSON.stringify(order), PRIVATE_MODE);
}

function createContext(options: ProcessPlatformOptions, hear: (exit: Exit) => void): Context {
  const { dataDir, log } = options;
  const runFolder = `${dataDir}/run`;
  const tellExit = (exit: Exit): void => {
    void removeRunFile(runFolder, exit.id).catch(() => undefined);
    hear(exit);
  };
  return {
    ...{ options, runFolder, logFolder: `${dataDir}/logs`, tellExit },
    children: new Map(),
    foreign: createForeignProcesses(log, (id) => tellExit({ id, code: null, signal: null })),
    ports: createHeldPorts(),
    starting: new Set(),
    successors: new Map(),
  };
}

/** Creates the platform of this machine. */
export function createProcessPlatform(options: ProcessPlatformOptions): Platform {
  let hear: (exit: Exit) => void = () => undefined;
  const context = createContext(options, (exit) => hear(exit));
  const { logFolder, starting, children, foreign, ports } = context;
  const carrier = createCarrierProcess(options);
  void trimLogs(logFolder);
  const trimming = setInterval(() => void trimLogs(logFolder), TRIM_LOGS_MS).unref();
  return {
    launch: (launch) => launchScx(context, launch),
    stop: (id, signal) => {
      starting.delete(id);
      children.get(id)?.process.kill(signal);
      foreign.stop(id, signal);
    },
    release: ports.release,
    list: () => listScxs(context),
    onExit: (listener) => {
      hear = listener;
    },
    adopt: (id, session, pid) => adoptScx(context, id, session, pid),
    orderSuccessor: (id, successor, drainMs) => orderSuccessor(context, id, successor, drainMs),
    giveEncoder: async (id, gift) => (await children.get(id)?.encoders.give(gift)) ?? false,
    carryEncoder: carrier.give,
    close: () => {
      clearInterval(trimming);
      for (const { encoders } of children.values()) encoders.close();
      carrier.close();
      foreign.close();
      ports.close();
    },
  };
}
