/**
 * What a lying cluster gains, and what an honest one loses, by the rule that a claim must not contradict
 * what a cluster measures itself (src/locating/claims.ts): on PlanetLab's round trips, for drawn pairs of a
 * cluster that is asked and another one, and networks of listeners.
 */
import type { Rng } from '../../../src/lib/rng.js';
import { isContradicted } from '../../../src/locating/claims.js';
import { type RttMatrix, rttMs } from '../../../src/simulator/topology/topology.js';
import { type Row, round } from '../benchmark.js';

const DRAWS = 200_000;
/** As in src/locating/choice.ts. */
const SAVED_SHARE = 0.2;
const SAVED_MS = 10;
/** What a liar claims of every network, ms. */
const LIE_MS = 1;

const isMuchNearer = (rtt: number, here: number): boolean =>
  rtt <= here - Math.max(SAVED_MS, SAVED_SHARE * here);

/** Counts, over draws. */
export function drawClaims(matrix: RttMatrix, rng: Rng): Row[] {
  const counts = { nearer: 0, refused: 0, farther: 0, lied: 0, liedUnchecked: 0 };
  for (let draw = 0; draw < DRAWS; draw++) {
    const [here = 0, other = 0, network = 0] = [0, 1, 2].map(() => rng.below(matrix.nodes));
    const toNetworkMs = rttMs(matrix, here, network);
    const toClusterMs = rttMs(matrix, here, other);
    const trueMs = rttMs(matrix, other, network);
    const measured = { toNetworkMs, toClusterMs };
    if (isMuchNearer(trueMs, toNetworkMs)) {
      counts.nearer++;
      if (isContradicted(trueMs, measured)) counts.refused++;
    } else {
      counts.farther++;
      const wouldBeSent = isMuchNearer(LIE_MS, toNetworkMs);
      if (wouldBeSent) counts.liedUnchecked++;
      if (wouldBeSent && !isContradicted(LIE_MS, measured)) counts.lied++;
    }
  }
  const percent = (part: number, of: number): number => round((100 * part) / of, 1);
  return [
    { what: 'true claims that are refused, %', seen: percent(counts.refused, counts.nearer) },
    {
      what: 'listeners that a liar gets though it is not much nearer, %',
      seen: percent(counts.lied, counts.farther),
    },
    { what: 'the same without the rule, %', seen: percent(counts.liedUnchecked, counts.farther) },
  ];
}
