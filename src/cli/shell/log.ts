/**
 * The log. It goes to standard error, so that standard output carries results only: JSON lines, or
 * readable lines on a terminal. A line that cannot be written is dropped, because neither a closed
 * pipe nor a full disk may end a cluster or an SCX. As soon as a line can be written again, the log
 * says how many are missing.
 */
import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import { printableJson, printableLines } from '../../lib/plain-text.js';

const STDERR = 2;

/** Fields that are removed from every line, in objects up to two levels deep. */
const NAMES = ['leaseToken', 'token', 'password', 'secret', 'webhookSecret', 'authorization'];
const SECRETS = NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Returns the number of bytes written; throws if none can be. */
type Write = (text: string) => number;

/** The line that says how many lines are missing. */
const lackOf = (lines: number): string =>
  `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, lines, msg: LACKING })}\n`;

const LACKING = 'Lines are missing here: the log could not be written. Was the disk full?';

/**
 * Creates a stream that writes each line completely, or counts it as lost. It never throws and
 * buffers nothing. Logs are looked at in terminals, so what would steer one is escaped.
 */
export function createLossy(write: Write): DestinationStream {
  let lost = 0;
  /** Only a part of the last line was written. */
  let isTorn = false;

  const tryWrite = (text: string): boolean => {
    try {
      isTorn = write(text) < Buffer.byteLength(text);
      return !isTorn;
    } catch {
      return false; // There is nowhere left to report it.
    }
  };

  const tellLost = (): boolean => {
    if (lost === 0) return true;
    const isTold = tryWrite(`${isTorn ? '\n' : ''}${lackOf(lost)}`);
    if (isTold) lost = 0;
    return isTold;
  };

  return {
    write: (line) => {
      if (!tellLost() || !tryWrite(printableJson(line))) lost++;
    },
  };
}

/**
 * One system call per line. Pino's own destination would throw when the disk is full.
 */
const lossy = createLossy((text) => writeSync(STDERR, text));

/** A line whose texts steer no terminal even when they are printed as they are. */
export const printableLine = (line: string): string =>
  `${JSON.stringify(JSON.parse(line, (_key, value) => (typeof value === 'string' ? printableLines(value) : value)))}\n`;

/**
 * Creates a logger that writes messages of `level` and more severe ones to standard error. `onLine`
 * takes each line besides.
 */
export async function createLog(
  level: string,
  onLine: (line: string) => void = () => undefined,
): Promise<Logger> {
  const told = ({ write }: DestinationStream): DestinationStream => ({
    write: (line) => {
      write(line);
      onLine(line);
    },
  });
  const options = { level, redact: SECRETS, base: { pid: process.pid } };
  if (process.stderr.isTTY !== true) {
    return pino(options, told(lossy));
  }
  const { default: pretty } = await import('pino-pretty');
  const terminal = pretty({ destination: STDERR, sync: true, ignore: 'pid' });
  return pino(options, told({ write: (line) => void terminal.write(printableLine(line)) }));
}
