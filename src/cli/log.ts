/**
 * Logs go to standard error, so that standard output stays for what was asked for: JSON lines
 * for machines, or readable ones when a person watches. A reader that goes away ends neither a
 * cluster nor an SCX: pino falls silent then.
 */
import { type Logger, pino } from 'pino';

const STDERR = 2;

/** Never in a log. */
const SECRETS = ['leaseToken', 'token', 'password', '*.leaseToken', '*.token', '*.password'];

/** A logger of that level. */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, redact: SECRETS, base: { pid: process.pid } };
  if (process.stderr.isTTY !== true) {
    return pino(options, pino.destination({ dest: STDERR, sync: true }));
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: STDERR, sync: true, ignore: 'pid' }));
}
