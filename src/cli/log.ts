/**
 * Logs go to standard error, so that standard output stays for what was asked for: JSON lines
 * for machines, or readable ones when a person watches. What cannot be written is lost: neither a
 * reader that goes away nor a full disk ends a cluster or an SCX.
 */
import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

const STDERR = 2;

/** Never in a log. */
const NAMES = ['leaseToken', 'token', 'password', 'secret', 'webhookSecret', 'authorization'];
const SECRETS = NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** One system call for each line. Not pino's own destination, which throws when the disk is full. */
const lossy: DestinationStream = {
  write: (line) => {
    try {
      writeSync(STDERR, line);
    } catch {
      // Nobody is left to be told.
    }
  },
};

/** A logger of that level. */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, redact: SECRETS, base: { pid: process.pid } };
  if (process.stderr.isTTY !== true) {
    return pino(options, lossy);
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: STDERR, sync: true, ignore: 'pid' }));
}
