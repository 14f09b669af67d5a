/** Ports for programs that must be told theirs, and cannot ask the system for a free one. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that the system gives to outgoing connections, which could take one meanwhile.
 */
const PORTS = { first: 20_000, count: 12_000 };

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  const opened = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return opened;
};

/** The first of `count` ports in a row that are free now, on every address. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = PORTS.first + randomInt(PORTS.count - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
}
