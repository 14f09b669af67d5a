/**
 * Recognises new heartbeats (§3.5). Heartbeats are flooded over a mesh with loops, so each SCX
 * remembers the highest sequence number of each generator and passes on only higher ones.
 */
import type { NodeId } from '../core/node.js';

/**
 * Generators that are remembered; an announcement names 16 rendezvous points at most. A generator
 * makes room for another one only after a long silence. Until then further ones are ignored;
 * otherwise forgotten duplicates would circulate for ever.
 */
const GENERATORS_MAX = 32;

/**
 * A generator is forgotten after a silence of this many heartbeat timeouts. Then any number counts
 * as new again, so a lie with a far too high number mutes a rendezvous point no longer than that.
 */
const SILENT_TIMEOUTS = 10;

/** Whether a heartbeat is new; if so it is remembered. */
export type IsNewHeartbeat = (generator: NodeId, sequence: number, now: number) => boolean;

/** Creates the test for new heartbeats; none has been received. */
export function createGeneratorSequences(heartbeatTimeoutMs: number): IsNewHeartbeat {
  /** The generator that has been silent for longest first. Bounded by GENERATORS_MAX. */
  const sequences = new Map<NodeId, { readonly number: number; readonly atMs: number }>();

  const isForgotten = (atMs: number, now: number): boolean =>
    now - atMs >= SILENT_TIMEOUTS * heartbeatTimeoutMs;

  const makeRoom = (now: number): boolean => {
    if (sequences.size < GENERATORS_MAX) return true;
    const [oldest, { atMs }] = sequences.entries().next().value as [NodeId, { atMs: number }];
    return isForgotten(atMs, now) && sequences.delete(oldest);
  };

  return (generator, number, now) => {
    const last = sequences.get(generator);
    if (last !== undefined && number <= last.number && !isForgotten(last.atMs, now)) return false;
    if (last === undefined && !makeRoom(now)) return false;
    sequences.delete(generator);
    sequences.set(generator, { number, atMs: now });
    return true;
  };
}
