/** What an operator is told when a port cannot be opened. */
import { type EventEmitter, once } from 'node:events';
import { joinHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';

/** The error of the system as a sentence that says what to do. */
export function bindProblem(error: unknown, host: string, port: number): UserError {
  const { code = '' } = error as NodeJS.ErrnoException;
  const where = joinHostPort(host, port);
  const messages: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken: stop what uses it, or choose another with --port`,
    EACCES: `you may not open port ${port}: choose one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: choose another`,
    ENOTFOUND: `${host} is not an address of this machine: choose another`,
  };
  return new UserError(EXIT.bind, messages[code] ?? `cannot listen on ${where}`);
}

/** Resolves when a socket listens. Rejects with what its operator is told. */
export async function listening(socket: EventEmitter, host: string, port: number): Promise<void> {
  try {
    await once(socket, 'listening');
  } catch (error) {
    throw bindProblem(error, host, port);
  }
}
