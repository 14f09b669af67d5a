/**
 * Detects that a session has become as good as it gets. The paper's rule, no change of the mesh for
 * 100 seconds (§5.1; stabilisation.ts), is not met by meshes that keep exchanging edges of nearly
 * the same value. Beyond: a session has settled when its cost ratio stays near its final value and
 * every SCX has a route.
 */
import { statisticsOf } from '../metrics/statistics.js';
import type { Sample } from './sample.js';

/** How near, as a share of the final value. */
const NEAR = 0.05;

/** The mean cost ratio of all trees; undefined while an SCX lacks a route. */
export function ratioOf({ ratios, unreached }: Sample): number | undefined {
  const known = ratios.filter((ratio) => ratio !== null);
  if (unreached > 0 || known.length < ratios.length) return undefined;
  return statisticsOf(known).mean;
}

/**
 * The first instant since which all samples are near the last one, ms; undefined: not by the end.
 */
export function settledSince(samples: readonly Sample[]): number | undefined {
  const ratios = samples.map(ratioOf);
  const final = ratios.at(-1);
  if (final === undefined) return undefined;
  const isFar = (ratio: number | undefined): boolean =>
    ratio === undefined || Math.abs(ratio - final) > NEAR * final;
  return samples[ratios.findLastIndex(isFar) + 1]?.atMs;
}
