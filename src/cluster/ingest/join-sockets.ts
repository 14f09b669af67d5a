/**
 * Two connections made into one. A side that reads slowly slows the other one down; when one side
 * ends, the other is ended as well, after what is still on its way.
 */
import type { Socket } from 'node:net';

/** A side that does not read the last bytes within this is cut off, ms. Guess. */
const LINGER_MS = 5000;

function endWith(one: Socket, other: Socket): void {
  const end = (): void => {
    other.destroySoon();
    const cutting = setTimeout(() => other.destroy(), LINGER_MS);
    other.once('close', () => clearTimeout(cutting));
  };
  if (one.closed) end();
  else one.once('close', end);
}

/** Joins them. Without `isAnswered` what comes from upstream is read and dropped. */
export function joinSockets(client: Socket, upstream: Socket, { isAnswered = true } = {}): void {
  for (const socket of [client, upstream]) socket.on('error', () => undefined); // its close follows
  endWith(client, upstream);
  endWith(upstream, client);
  client.pipe(upstream);
  if (isAnswered) upstream.pipe(client);
  else upstream.resume();
}
