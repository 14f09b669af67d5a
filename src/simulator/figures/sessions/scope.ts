/** The extent of the simulations for the figures, which determines their running time. */
import type { Scope, TopologyName } from './session.js';

export interface ScopeOptions {
  readonly draws: number;
  readonly scxs: number;
  readonly quick: boolean;
  readonly full: boolean;
  /** Whether there is a matrix of real round trips. */
  readonly hasMatrix: boolean;
}

/** Figure 9 has four draws of each of 25 topologies: 100 in all (§5.3). */
const MANY = 4;

/** What is beyond the paper's figures gets this share of the draws. */
const FEW = 0.3;

/** Session sizes, as shares of the usual one: 10 to 350 for 100 (§5.4). */
const SIZES = [0.1, 0.5, 1, 2, 3.5];
const SIZES_FULL = [0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5];
const LARGE_SIZES = [1000, 3000, 10_000];

/** Simulated time. In longer runs the mean cost ratio fell by less than 3% after it. */
const UNTIL_MS = { paper: 480_000, fast: 180_000 };
const UNTIL_QUICK_MS = { paper: 180_000, fast: 90_000 };

const QUICK_DRAWS = 3;

/** The scope for what the user asked for. */
export function scopeOf({ draws, scxs, quick, full, hasMatrix }: ScopeOptions): Scope {
  const most = quick ? Math.min(QUICK_DRAWS, draws) : draws;
  const topologies: TopologyName[] = ['ts1000n', 'ts1000a'];
  if (hasMatrix) topologies.push('planetlab490');
  return {
    draws: most,
    manyDraws: quick ? most : MANY * most,
    fewDraws: full ? most : Math.ceil(most * FEW),
    scxs,
    sizes: (full ? SIZES_FULL : SIZES).map((share) => Math.max(2, Math.round(share * scxs))),
    largeSizes: full ? LARGE_SIZES : [],
    untilMs: quick ? UNTIL_QUICK_MS : UNTIL_MS,
    topologies,
  };
}
