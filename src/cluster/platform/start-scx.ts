/**
 * Starts the process of an SCX: a spare is given the launch, or a process is started for it. A spare
 * that dies or hangs at that moment costs nothing but the time to start the other process.
 *
 * A process cannot be told later which files it may use, or where it writes its log. So the file of its
 * orders has a name of its own, not that of an SCX, and the log of a spare is renamed.
 */
import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import { parseSessionId } from '../../session/session-id.js';
import { openLog, renameLog } from './log-files.js';
import type { ScxProgram } from './scx-command.js';
import type { Spares } from './spares.js';
import { startWaitingScx, type WaitingScx } from './waiting-scx.js';

export interface ScxStartOptions extends ScxProgram {
  readonly runFolder: string;
  readonly logFolder: string;
  /** SCXs write to our own output instead of to log files. */
  readonly inheritLogs: boolean;
  readonly log: Logger;
}

/** A spare that has not taken its launch by then hangs, ms. Guess: far more than a message needs. */
const TAKE_MS_MAX = 4000;

/** Where the orders of the SCX lie, if its process was started for it. */
export const orderFileOf = (runFolder: string, id: string): string =>
  `${runFolder}/${id}.successor`;

const spareLog = (index: number): string => `spare-${index}`;

function logNameOf({ session, id }: Launch): string {
  const name = parseSessionId(session);
  return name.ok ? `${name.value.session}-${id}` : id;
}

async function openOutput(
  { inheritLogs, logFolder, log }: ScxStartOptions,
  logName: string,
): Promise<FileHandle | undefined> {
  if (inheritLogs) return undefined;
  return openLog(logFolder, logName).catch((error: unknown) => {
    log.warn({ err: error }, 'the log of an SCX cannot be written; it runs without');
    return undefined;
  });
}

async function startProcess(
  options: ScxStartOptions,
  name: string,
  logName: string,
  isSpare: boolean,
): Promise<WaitingScx> {
  const file = await openOutput(options, logName);
  const output = options.inheritLogs ? 'inherit' : (file?.fd ?? 'ignore');
  const successorFile = orderFileOf(options.runFolder, name);
  const starting = startWaitingScx(options, { successorFile, output, isSpare });
  return starting.finally(() => file?.close());
}

/** Starts the process of the spare with this index. */
export const startSpare = (options: ScxStartOptions, index: number): Promise<WaitingScx> =>
  startProcess(options, `spare-${randomBytes(8).toString('hex')}`, spareLog(index), true);

const give = (scx: WaitingScx, launch: Launch, socket: object | undefined): Promise<void> =>
  scx.give({ ...launch, successorFile: scx.successorFile }, socket);

/** Whether the spare takes the launch; one that does not is ended. */
async function takes(spare: WaitingScx, launch: Launch, socket: object | undefined) {
  const late = new AbortController();
  const timeout = pause(TAKE_MS_MAX, undefined, { signal: late.signal }).then(() => {
    throw new Error('it does not answer');
  });
  try {
    await Promise.race([give(spare, launch, socket), timeout]);
    return true;
  } catch {
    spare.end();
    return false;
  } finally {
    late.abort();
  }
}

/**
 * Starts the process of an SCX; `socket`: of its HTTP port. Rejects if it could not be started. One
 * that ends before it has its launch has exited as any SCX.
 */
export async function startScx(
  options: ScxStartOptions,
  spares: Spares,
  launch: Launch,
  socket: object | undefined,
): Promise<WaitingScx> {
  const spare = spares.take();
  if (spare !== undefined && (await takes(spare.scx, launch, socket))) {
    const { inheritLogs, logFolder } = options;
    // Not fatal: the log keeps the name of the spare.
    if (!inheritLogs)
      await renameLog(logFolder, spareLog(spare.index), logNameOf(launch)).catch(() => undefined);
    return spare.scx;
  }
  const started = await startProcess(options, launch.id, logNameOf(launch), false);
  void give(started, launch, socket).catch(() => undefined); // its exit is reported
  return started;
}
