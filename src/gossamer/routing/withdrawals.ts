/**
 * Source SCXs whose last source has left (§3.7). A withdrawal names a stamp and invalidates every
 * route up to it, so no SCX explores ever longer paths to a source that is gone. It spreads like an
 * update, and is repeated for a while, until the last old route is forgotten. Its SCX has signed it,
 * which is passed on with it.
 */
import type { Route, Withdrawal } from '../core/message.js';
import type { NodeId } from '../core/node.js';

/** How long a withdrawal is repeated, ms, and how many are kept: the oldest makes room. Guess. */
const WITHDRAWAL_MS = 120_000;
const WITHDRAWALS_MAX = 64;

export interface Withdrawals {
  /** Returns whether the withdrawal was new. */
  add(withdrawal: Withdrawal, now: number): boolean;
  isWithdrawn(route: Route): boolean;
  forgetOld(now: number): void;
  list(): Withdrawal[];
}

/** Creates a list without withdrawals. */
export function createWithdrawals(): Withdrawals {
  /** The oldest first. */
  const known = new Map<NodeId, { readonly withdrawal: Withdrawal; readonly atMs: number }>();
  const stampOf = (scx: NodeId): number => known.get(scx)?.withdrawal.stamp ?? -1;
  return {
    add: (withdrawal, now) => {
      const { scx, stamp } = withdrawal;
      if (stamp <= stampOf(scx)) return false;
      known.delete(scx);
      if (known.size >= WITHDRAWALS_MAX) known.delete(known.keys().next().value as NodeId);
      known.set(scx, { withdrawal, atMs: now });
      return true;
    },
    isWithdrawn: ({ scx, stamp }) => stamp <= stampOf(scx),
    forgetOld: (now) => {
      for (const [scx, { atMs }] of known) if (now - atMs > WITHDRAWAL_MS) known.delete(scx);
    },
    list: () => [...known.values()].map(({ withdrawal }) => withdrawal),
  };
}
