/**
 * What disturbed the flows of one SCX, by cause: what an operator asks after a bad night. Counted over the
 * first channel of all sources, which flows all the time, and never reset: a source that ends takes
 * nothing along.
 */

/** Why a flow that was live changed its parent. */
const FAILOVER_CAUSES = [
  /** The connection to the parent, or its mesh edge, closed. */
  'closed',
  /** The parent said nothing: it hangs, or its machine or the network is gone. */
  'silent',
  /** What came over the parent came later and later. */
  'behind',
  /** The parent left the session, or refused to serve on. */
  'left',
  /** Routing found a better way, or the mesh has changed: the old parent was well. */
  'route',
] as const;

/** How ADUs came that were due while nobody delivered. */
const REPAIR_CAUSES = [
  /** From the cache of the parent that took over. */
  'failover',
  /** Lost on the way as a datagram, and asked for again. */
  'retransmission',
] as const;

/** Why ADUs are given up for good. */
const LOSS_CAUSES = [
  /** The new parent had nothing older, and nobody else was asked. */
  'unkept',
  /** Nobody filled the hole in time. */
  'givenUp',
  /** The parent skipped to live: its link to us carries too little. */
  'behind',
] as const;

export type FailoverCause = (typeof FAILOVER_CAUSES)[number];
type RepairCause = (typeof REPAIR_CAUSES)[number];
export type LossCause = (typeof LOSS_CAUSES)[number];

export interface Disturbances {
  readonly failovers: Record<FailoverCause, number>;
  /** How long nothing was there although something was due, ms: see lateness.ts. */
  stallMs: number;
  /** ADUs that came after all. */
  readonly repaired: Record<RepairCause, number>;
  /** ADUs that never came. */
  readonly lost: Record<LossCause, number>;
}

const zeroes = <Cause extends string>(causes: readonly Cause[]): Record<Cause, number> =>
  Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;

/** Nothing happened yet. */
export const createDisturbances = (): Disturbances => ({
  failovers: zeroes(FAILOVER_CAUSES),
  stallMs: 0,
  repaired: zeroes(REPAIR_CAUSES),
  lost: zeroes(LOSS_CAUSES),
});
