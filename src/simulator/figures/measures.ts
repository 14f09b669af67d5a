/**
 * The measures of a report that figures show. A measure is undefined when the run ended before it
 * could be taken; the mean is then that of the other draws.
 */
import type { ExperimentReport } from '../experiment/experiment.js';
import { settledSince } from '../experiment/settling.js';
import { type Statistics, statisticsOf } from '../metrics/statistics.js';
import type { Point, Position } from './presentation/chart.js';

export type Measure = (report: ExperimentReport) => number | undefined;

const SECOND_MS = 1000;

const inSeconds = (instantMs: number | null | undefined): number | undefined =>
  typeof instantMs === 'number' ? instantMs / SECOND_MS : undefined;

/** The mean cost ratio of the trees at the end; undefined when an SCX has no route. */
export const finalRatio: Measure = ({ sources }) =>
  sources.some(({ unreached }) => unreached.length > 0)
    ? undefined
    : statisticsOf(sources.map(({ ratio }) => ratio)).mean;

/** The mean cost ratio of the best trees that a search finds, each for its own source. */
export const yardstickRatio: Measure = ({ sources }) => {
  const ratios = sources.flatMap(({ yardstick }) => yardstick?.ratio ?? []);
  return ratios.length < sources.length ? undefined : statisticsOf(ratios).mean;
};

/** The instant from which the ratio stays within 5% of the final one, s. */
export const settledSeconds: Measure = ({ samples }) => inSeconds(settledSince(samples));

/** §5.1's rule: the instant since which the mesh was unchanged for 100 s, s. */
export const quietSeconds: Measure = ({ stableSinceMs }) => inSeconds(stableSinceMs);

/** When the last SCX knew 90% of the others, s. */
export const mostKnownSeconds: Measure = ({ discovery: { most } }) =>
  most.includes(null) ? undefined : inSeconds(Math.max(...most.map(Number)));

/** The steady state: this number of samples at the end. */
const STEADY_SAMPLES = 6;

/** Control bytes per second of an SCX in the steady state. */
export const steadyBytesPerSecond: Measure = ({ samples }) =>
  statisticsOf(samples.slice(-STEADY_SAMPLES).map((sample) => sample.bytesPerSecond)).mean;

/** A measure over the draws in which it is known. */
export const over = (reports: readonly ExperimentReport[], measure: Measure): Statistics =>
  statisticsOf(reports.map(measure).filter((value) => value !== undefined));

/** A mean with its interval as a point of a picture; none when no draw has the value. */
export function pointOf(x: Position, { count, mean, confidence }: Statistics): Point[] {
  if (count === 0) return [];
  if (Number.isNaN(confidence)) return [{ x, y: mean }];
  return [{ x, y: mean, low: mean - confidence, high: mean + confidence }];
}
