/**
 * Counts the accepted connections of an overlay port. Anybody can open connections and send
 * nothing, so those that have not sent HELLO yet ("pending") have a limit of their own, in total
 * and for each IP address, and cannot use up the capacity for those that have.
 */
import type { Socket } from 'node:net';
import type { OverlayLimits } from './limits.js';

export interface InboundCounts {
  /** Whether another connection from this IP address must be closed at once. */
  isFull(host: string): boolean;
  /** Whether too many connections from this IP address wait for a delayed refusal. */
  hasCrowd(host: string): boolean;
  /** Whether no connection can be admitted. */
  readonly isInboundFull: boolean;
  /** Counts an accepted socket until it is closed. Call the result once it has been admitted. */
  add(socket: Socket, host: string): () => void;
}

/** Creates counts, all zero. */
export function createInboundCounts(limits: OverlayLimits): InboundCounts {
  /** Pending connections by IP address. Bounded: pendingMax. */
  const byHost = new Map<string, number>();
  let pending = 0;
  let inbound = 0;

  const countOf = (host: string): number => byHost.get(host) ?? 0;

  const addPending = (host: string, change: 1 | -1): void => {
    const count = countOf(host) + change;
    pending += change;
    if (count === 0) byHost.delete(host);
    else byHost.set(host, count);
  };

  return {
    isFull: (host) => pending >= limits.pendingMax || countOf(host) >= limits.pendingPerHostMax,
    hasCrowd: (host) => countOf(host) > limits.delayedPerHostMax,
    get isInboundFull() {
      return inbound >= limits.inboundMax;
    },
    add: (socket, host) => {
      let isAdmitted = false;
      addPending(host, 1);
      socket.on('close', () => {
        if (isAdmitted) inbound--;
        else addPending(host, -1);
      });
      return () => {
        isAdmitted = true;
        addPending(host, -1);
        inbound++;
      };
    },
  };
}
