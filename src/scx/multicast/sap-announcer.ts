/**
 * Tells players of the local network that there is a stream (rtp/sap.ts), while it is on the air and may
 * be told of. When it ends, or its description changes, the old announcement is withdrawn.
 *
 * Departure: RFC 2974 §3.1 wants 300 s between announcements; here they are sent more often, so that a
 * listener need not wait for five minutes. A session sends 20 bytes a second.
 */

import { encodeSap, sapHash } from '../../rtp/sap.js';
import type { MulticastSocket } from '../../runtime/system/multicast-socket.js';

export interface SapAnnouncer {
  /** To be called about once a second; undefined: there is nothing to tell of. */
  tick(description: string | undefined): void;
  /** Withdraws what was announced. */
  end(): void;
}

/** Interval between announcements, ms. Guess. */
const INTERVAL_MS = 30_000;

/** Creates an announcer that has said nothing. `origin`: our IPv4 address. */
export function createSapAnnouncer(
  sockets: readonly Pick<MulticastSocket, 'send'>[],
  origin: string,
  now: () => number,
): SapAnnouncer {
  let announced: string | undefined;
  let dueAt = Number.NEGATIVE_INFINITY;

  const send = (description: string, isDeletion: boolean): void => {
    const bytes = encodeSap({ origin, hash: sapHash(description), description, isDeletion });
    for (const socket of sockets) socket.send(bytes);
  };

  const tick = (description: string | undefined): void => {
    if (announced !== undefined && announced !== description) send(announced, true);
    const isDue = announced !== description || now() >= dueAt;
    announced = description;
    if (description === undefined || !isDue) return;
    dueAt = now() + INTERVAL_MS;
    send(description, false);
  };

  return { tick, end: () => tick(undefined) };
}
