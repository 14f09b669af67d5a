/**
 * Two connections made into one. What one side is slow to take, the other has to wait with; one side's
 * end is the other's, after what is under way.
 */
import type { Socket } from 'node:net';

/** Who does not take the last bytes is cut off, ms. Guess. */
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

/** From now on, what comes from one goes to the other; what is not to be answered is not. */
export function splice(client: Socket, upstream: Socket, { isAnswered = true } = {}): void {
  for (const socket of [client, upstream]) socket.on('error', () => undefined); // its close follows
  endWith(client, upstream);
  endWith(upstream, client);
  client.pipe(upstream);
  if (isAnswered) upstream.pipe(client);
  else upstream.resume();
}
