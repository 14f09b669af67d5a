/**
 * Tests talk to this machine only. Should a guard of ours fail, its own test must not reach out to
 * find that out: in test processes a TCP socket refuses every address that is not loopback.
 */
import { isIP, Socket } from 'node:net';

interface Target {
  host?: string;
  path?: string | null;
  lookup?: (host: string, options: object, answer: (...found: unknown[]) => void) => void;
}

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.)/.test(address);

const addressesOf = (found: unknown): string[] =>
  Array.isArray(found) ? found.map((at: { address: string }) => at.address) : [String(found)];

function guarded(target: Target): Target {
  const { lookup } = target;
  if (lookup === undefined) return target;
  return {
    ...target,
    lookup: (host, options, answer) =>
      lookup(host, options, (error, found, family) => {
        const isOutside = error === null && !addressesOf(found).every(isLoopback);
        if (isOutside) answer(new Error(`a test tried to connect to ${addressesOf(found)}`));
        else answer(error, found, family);
      }),
  };
}

const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;

function guardedConnect(this: Socket, ...args: unknown[]): Socket {
  // Node's own callers pass one array: [options, callback].
  const [first, ...rest] = (Array.isArray(args[0]) ? args[0] : args) as unknown[];
  if (typeof first !== 'object' || first === null) return connect.call(this, ...args);
  const target = first as Target;
  const host = target.host ?? 'localhost';
  if (typeof target.path !== 'string' && isIP(host) !== 0 && !isLoopback(host)) {
    process.nextTick(() => this.destroy(new Error(`a test tried to connect to ${host}`)));
    return this;
  }
  return connect.call(this, guarded(target), ...rest);
}

// Files that share a process share this, too: it is put in front of the real one once.
if (connect.name !== guardedConnect.name) {
  Socket.prototype.connect = guardedConnect as typeof Socket.prototype.connect;
}
