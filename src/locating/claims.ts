/**
 * Which claims of other clusters measured round trips contradict. From us to a network and on to
 * another cluster is a way from us to that cluster, so its round trip is not shorter than the direct
 * one: a cluster that is 100 ms away cannot be 5 ms from a network that is 5 ms from us.
 *
 * Routes of the Internet are no straight lines: such a way is often somewhat shorter than the direct
 * one. So a claim must be wrong by a factor. Measured on PlanetLab (`npm run bench -- locating --claims`): 1 of
 * 500 true claims is refused; with a factor of 1.1 it would be 1 of 60.
 */

/** A way over a network may be shorter than the direct one by this factor, and by this, ms. */
const DETOUR_FACTOR = 1.5;
const DETOUR_MS = 5;

/** What we have measured ourselves, round trips, ms; undefined: unknown. */
export interface Measured {
  /** From us to the cluster that claims something. */
  readonly toClusterMs: number | undefined;
  /** From us to the network. */
  readonly toNetworkMs: number | undefined;
}

const isTooShort = (wayMs: number, directMs: number): boolean =>
  wayMs < directMs / DETOUR_FACTOR - DETOUR_MS;

/** Whether a cluster cannot be as near to a network as it claims, ms. */
export function isContradicted(claimedMs: number, { toClusterMs, toNetworkMs }: Measured): boolean {
  if (toClusterMs === undefined || toNetworkMs === undefined) return false;
  return isTooShort(claimedMs + toNetworkMs, toClusterMs);
}

/** Whether a cluster cannot be where it says: `predictedMs` from us, by its coordinates and ours. */
export const isMisplaced = (predictedMs: number, toClusterMs: number | undefined): boolean =>
  toClusterMs !== undefined && isTooShort(predictedMs, toClusterMs);
