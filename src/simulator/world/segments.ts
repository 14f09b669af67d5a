/**
 * Carries segments of connections, and loses some of them. A lost segment is sent again after TCP's
 * retransmission timeout, and everything behind it in the same connection waits for it, so messages
 * of one connection always arrive in order. A segment that is lost too often breaks its connection.
 */
import { type Lane, pairOf } from './lanes.js';
import type { NetworkContext } from './network-context.js';
import type { SimulatedScx } from './simulated-scx.js';

/**
 * The least retransmission timeout of TCP, ms, as in Linux (RFC 6298: 1 s); to it comes the round
 * trip. It doubles with each loss of the same segment. Fast retransmission needs three segments
 * behind the lost one; with one frame each 26 ms it would rarely be much faster, so it is left out.
 */
const RETRANSMISSION_MIN_MS = 200;

/**
 * A connection breaks after this number of losses of one segment. Linux: 15, about a quarter of an
 * hour.
 */
const LOSSES_MAX = 8;

export interface Segments {
  /** How often the next segment is lost; undefined: it breaks its connection. */
  drawLosses(): number | undefined;
  /** When a segment arrives that was lost `losses` times, ms. */
  arrival(from: SimulatedScx, to: SimulatedScx, lane: Lane, losses: number): number;
}

/**
 * Creates the transport of segments under the context's impairments, which may change meanwhile.
 */
export function createSegments(context: NetworkContext): Segments {
  const { rng, now, impairments } = context;

  /** While there was neither jitter nor loss, no message can overtake another. */
  let hasJittered = false;

  const drawRepeats = (): number => {
    let losses = 0;
    while (losses <= LOSSES_MAX && rng.unit() < impairments.lossRate) losses++;
    return losses;
  };

  return {
    drawLosses: () => {
      const losses = impairments.lossRate > 0 ? drawRepeats() : 0;
      const isBroken = impairments.breakRate > 0 && rng.unit() < impairments.breakRate;
      return isBroken || losses > LOSSES_MAX ? undefined : losses;
    },
    arrival: (from, to, lane, losses) => {
      const delayMs = context.delayMs(from.index, to.index);
      const plain = now() + delayMs;
      hasJittered ||= impairments.jitterMs > 0 || losses > 0;
      if (!hasJittered) return plain;
      const pair = pairOf(from, to);
      const lateMs = (2 ** losses - 1) * (RETRANSMISSION_MIN_MS + 2 * delayMs);
      const jittered = plain + lateMs + impairments.jitterMs * rng.unit();
      const instant = Math.max(jittered, lane.lastArrival.get(pair) ?? 0);
      lane.lastArrival.set(pair, instant);
      return instant;
    },
  };
}
