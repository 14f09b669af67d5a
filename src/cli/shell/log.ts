/**
 * Logs go to standard error, so that standard output stays for what was asked for: JSON lines
 * for machines, or readable ones when a person watches. What cannot be written is lost: neither a
 * reader that goes away nor a full disk ends a cluster or an SCX. When there is room again the log
 * says how much it lacks.
 */
import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

const STDERR = 2;

/** Never in a log. */
const NAMES = ['leaseToken', 'token', 'password', 'secret', 'webhookSecret', 'authorization'];
const SECRETS = NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Returns how many bytes were written; throws if none can be. */
type Write = (text: string) => number;

/** For people and machines alike. */
const lackOf = (lines: number): string =>
  `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, lines, msg: LACKING })}\n`;

const LACKING = 'Lines are missing here: this log could not be written. Was its disk full?';

/** Writes lines whole, or counts them as lost; never throws, and keeps none. */
export function createLossy(write: Write): DestinationStream {
  let lost = 0;
  /** A part of the last line was written. */
  let isTorn = false;

  const tryWrite = (text: string): boolean => {
    try {
      isTorn = write(text) < Buffer.byteLength(text);
      return !isTorn;
    } catch {
      return false; // nobody is left to be told
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
      if (!tellLost() || !tryWrite(line)) lost++;
    },
  };
}

/** One system call for each line. Not pino's own destination, which throws when the disk is full. */
const lossy = createLossy((text) => writeSync(STDERR, text));

/** A logger of that level. */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, redact: SECRETS, base: { pid: process.pid } };
  if (process.stderr.isTTY !== true) {
    return pino(options, lossy);
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: STDERR, sync: true, ignore: 'pid' }));
}
