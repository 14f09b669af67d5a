/**
 * The platform of a single machine: each SCX is a child process (start-scx.ts). A front end that is
 * started later finds the SCXs in their run files (run-files.ts); they are not its children, so it
 * watches them (foreign-processes.ts), and does not hold their ports (held-ports.ts).
 */
import type { ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import type { Order } from '../../api/hand-over-order.js';
import { type Launch, launchFactsSchema } from '../../api/scx-launch.js';
import { PRIVATE_MODE, writeFileAtomic } from '../data/atomic-file.js';
import { argumentsOf, birthOf, isAlive } from '../data/process-identity.js';
import { createHeldPorts, type HeldPorts } from '../ports/held-ports.js';
import { createCarrierProcess } from './carrier-process.js';
import { type EncoderChannel, openEncoderChannel } from './encoder-channel.js';
import { createForeignProcesses, type ForeignProcesses } from './foreign-processes.js';
import { trimLogs } from './log-files.js';
import type { Exit, Found, Platform } from './platform.js';
import { type RunFile, readRunFiles, removeRunFile, writeRunFile } from './run-files.js';
import { ORDERS_FLAG, type ScxProgram, scxArguments } from './scx-command.js';
import { createSpares, type Spares } from './spares.js';
import { orderFileOf, type ScxStartOptions, startScx, startSpare } from './start-scx.js';
import type { WaitingScx } from './waiting-scx.js';

export interface ProcessPlatformOptions extends ScxProgram {
  /** How many processes are kept started, without an SCX; default: none. */
  readonly spares?: number | undefined;
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
  readonly options: ScxStartOptions;
  readonly children: Map<string, Child>; // bounded by the supervisor, as the others are
  readonly foreign: ForeignProcesses;
  readonly ports: HeldPorts;
  readonly spares: Spares;
  /** Launches that have no process yet. */
  readonly starting: Set<string>;
  /** Successors that were ordered and have not renewed a lease yet. */
  readonly successors: Map<string, Launch>;
  /** Where the orders of each SCX lie. */
  readonly orderFiles: Map<string, string>;
  tellExit(exit: Exit): void;
}

function runFileOf(launch: Launch, pid: number, successorFile: string): RunFile {
  const { id, session } = launch;
  const ports = { http: launch.httpPort, overlay: launch.overlayPort };
  const facts = launchFactsSchema.parse(launch);
  return { id, session, pid, birth: birthOf(pid) ?? '', ports, facts, successorFile };
}

/** Writes the run file, unless the process has ended meanwhile. */
async function remember(
  { options: { runFolder, log }, children, foreign }: Context,
  run: RunFile,
): Promise<void> {
  try {
    await writeRunFile(runFolder, run);
    if (!children.has(run.id) && !foreign.has(run.id)) await removeRunFile(runFolder, run.id);
  } catch (error) {
    log.warn({ err: error, id: run.id }, 'a run file cannot be written');
  }
}

function follow(context: Context, id: string, { process, successorFile }: WaitingScx): void {
  const { options, children, orderFiles, tellExit } = context;
  children.set(id, { process, encoders: openEncoderChannel(process) });
  orderFiles.set(id, successorFile);
  process.once('exit', (code, signal) => {
    children.delete(id);
    tellExit({ id, code, signal });
  });
  process.on('error', (error) =>
    options.log.warn({ err: error, id }, 'an SCX cannot be signalled'),
  );
}

async function launchScx(context: Context, launch: Launch): Promise<{ readonly pid: number }> {
  const { options, starting, ports, spares } = context;
  const { id } = launch;
  starting.add(id);
  const held = await ports.hold(id, launch.listenHost, launch.httpPort);
  if (!starting.has(id)) throw new Error(STOPPED);
  const scx = await startScx(options, spares, launch, held?.handle);
  if (!starting.delete(id)) {
    scx.end();
    throw new Error(STOPPED);
  }
  follow(context, id, scx);
  void remember(context, runFileOf(launch, scx.pid, scx.successorFile));
  return { pid: scx.pid };
}

const STOPPED = 'it was stopped before it started';

async function listScxs(context: Context): Promise<readonly Found[]> {
  const { options, foreign, orderFiles } = context;
  const found: Found[] = [];
  for (const run of await readRunFiles(options.runFolder)) {
    if (isAlive(run.pid, run.birth)) {
      foreign.watch(run.id, run.pid, run.birth);
      orderFiles.set(run.id, run.successorFile);
      found.push(run);
    } else {
      await removeRunFile(options.runFolder, run.id);
    }
  }
  return found;
}

/**
 * Where the orders of a process lie that no run file names: its arguments say so. Undefined: it is no
 * SCX of this cluster.
 */
function orderFileOfProcess({ options }: Context, id: string, pid: number): string | undefined {
  const words = argumentsOf(pid);
  if (words === undefined) return orderFileOf(options.runFolder, id); // what is most likely
  const file = words[words.indexOf(ORDERS_FLAG) + 1];
  return file?.startsWith(`${options.runFolder}/`) ? file : undefined;
}

function adoptScx(context: Context, id: string, pid: number): boolean {
  const { children, foreign, ports, successors, orderFiles } = context;
  if (children.has(id) || foreign.has(id)) return true;
  const birth = birthOf(pid);
  const successorFile = orderFileOfProcess(context, id, pid);
  if (birth === undefined || successorFile === undefined) return false;
  foreign.watch(id, pid, birth);
  orderFiles.set(id, successorFile);
  const launch = successors.get(id);
  if (launch !== undefined) {
    ports.share(id, launch.httpPort);
    void remember(context, runFileOf(launch, pid, successorFile));
  }
  successors.delete(id);
  return true;
}

async function orderSuccessor(
  { options, successors, orderFiles }: Context,
  id: string,
  successor: Launch,
  drainMs: number,
): Promise<void> {
  const { runFolder } = options;
  const successorFile = orderFileOf(runFolder, successor.id);
  const args = scxArguments(options, successorFile);
  const launch = { ...successor, successorFile };
  const order: Order = { program: process.execPath, args, launch, drainMs };
  successors.clear(); // one at a time: an earlier one did not come
  successors.set(successor.id, successor);
  const file = orderFiles.get(id) ?? orderFileOf(runFolder, id);
  await writeFileAtomic(file, JSON.stringify(order), PRIVATE_MODE);
}

function createContext(given: ProcessPlatformOptions, hear: (exit: Exit) => void): Context {
  const { dataDir, log, spares: count = 0, ...shared } = given;
  const runFolder = `${dataDir}/run`;
  const options = { ...shared, log, runFolder, logFolder: `${dataDir}/logs` };
  const orderFiles = new Map<string, string>();
  const tellExit = (exit: Exit): void => {
    void removeRunFile(runFolder, exit.id).catch(() => undefined);
    orderFiles.delete(exit.id);
    hear(exit);
  };
  return {
    ...{ options, orderFiles, tellExit },
    children: new Map(),
    foreign: createForeignProcesses(log, (id) => tellExit({ id, code: null, signal: null })),
    ports: createHeldPorts(),
    spares: createSpares({ count, log, start: (index) => startSpare(options, index) }),
    starting: new Set(),
    successors: new Map(),
  };
}

/** Creates the platform of this machine. */
export function createProcessPlatform(options: ProcessPlatformOptions): Platform {
  let hear: (exit: Exit) => void = () => undefined;
  const context = createContext(options, (exit) => hear(exit));
  const { starting, children, foreign, ports, spares } = context;
  const { logFolder } = context.options;
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
    adopt: (id, _session, pid) => adoptScx(context, id, pid),
    orderSuccessor: (id, successor, drainMs) => orderSuccessor(context, id, successor, drainMs),
    giveEncoder: async (id, gift) => (await children.get(id)?.encoders.give(gift)) ?? false,
    carryEncoder: carrier.give,
    spares: spares.list,
    renewSpares: spares.renew,
    close: () => {
      clearInterval(trimming);
      spares.close();
      for (const { encoders } of children.values()) encoders.close();
      carrier.close();
      foreign.close();
      ports.close();
    },
  };
}
