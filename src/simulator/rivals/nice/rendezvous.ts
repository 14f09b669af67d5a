/**
 * The rendezvous point of NICE, which everybody knows: it tells who leads the cluster of the highest
 * layer. In the paper it leads that cluster itself for ease of exposition, and carries no data; here it
 * knows the leader, and is a member like others besides.
 */
import type { Member } from '../../../gossamer/core/node.js';

/** Who leads the cluster of the highest layer. */
interface Claim {
  readonly root: Member;
  readonly layer: number;
}

export interface Rendezvous {
  /** Notes who claims to lead the cluster of the highest layer; returns who does. */
  onClaim(from: Member, layer: number, now: number): Claim;
  /** Another one does from now on, if `from` has done so until now. */
  onYield(from: Member, to: Claim, now: number): void;
}

/** A leader that has not claimed for this time is gone, ms. */
export function createRendezvous(silentMs: number): Rendezvous {
  let known: (Claim & { readonly claimedAt: number }) | undefined;
  return {
    onClaim: (from, layer, now) => {
      const isFree = known === undefined || now - known.claimedAt >= silentMs;
      const isSame = known?.root.id === from.id;
      if (known === undefined || isFree || isSame || layer > known.layer) {
        known = { root: from, layer: Math.max(0, layer), claimedAt: now };
      }
      return { root: known.root, layer: known.layer };
    },
    onYield: (from, { root, layer }, now) => {
      if (known?.root.id === from.id) known = { root, layer, claimedAt: now };
    },
  };
}
