/** The measures of a comparison: for each protocol the means over its runs. */
import { statisticsOf } from '../metrics/statistics.js';
import type { ComparisonReport } from './comparison.js';

/** One measure of a protocol over its runs. */
export interface ComparisonMeasure {
  readonly name: string;
  /** The mean over the runs that have it; null: none has. */
  readonly value: number | null;
  /** Decimals. */
  readonly digits: number;
}

const meanOf = (values: readonly (number | null | undefined)[]): number | null => {
  const known = values.filter(
    (value): value is number => typeof value === 'number' && !Number.isNaN(value),
  );
  return known.length === 0 ? null : statisticsOf(known).mean;
};

type Pick = (report: ComparisonReport) => number | null | undefined;

const overTrees =
  (pick: (tree: ComparisonReport['trees'][number]) => number | null | undefined): Pick =>
  ({ trees }) =>
    meanOf(trees.map(pick));

const MEASURES: readonly (readonly [name: string, digits: number, pick: Pick])[] = [
  ['sum of path lengths over that of the star', 2, overTrees(({ ratio }) => ratio)],
  ['the same of the best tree found', 2, overTrees(({ yardstick }) => yardstick?.ratio)],
  ['nodes without a path', 1, overTrees(({ unreached }) => unreached.length)],
  ['copies on the worst link', 1, overTrees(({ stress }) => stress?.tree.worst)],
  ['the same of the star', 1, overTrees(({ stress }) => stress?.star.worst)],
  ['transmissions per delivery', 2, ({ copies }) => copies],
  ['settled after, s', 0, ({ settledMs }) => settledMs && settledMs / 1000],
  ['control bytes per second', 0, ({ controlBytesPerSecond }) => controlBytesPerSecond],
  ['the same of the busiest node', 0, (report) => report.controlBytesPerSecondMax],
  ['frames received after the deaths, %', 2, ({ receivedPercent }) => receivedPercent],
  ['stall after the deaths, median, s', 2, ({ stallMs }) => stallMs && stallMs.p50 / 1000],
  ['stall after the deaths, longest, s', 2, ({ stallMs }) => stallMs && stallMs.max / 1000],
  ['survivors without sound at the end', 1, ({ lost }) => lost],
];

/** The measures of the runs of one protocol. */
export const comparisonMeans = (reports: readonly ComparisonReport[]): ComparisonMeasure[] =>
  MEASURES.map(([name, digits, pick]) => ({ name, digits, value: meanOf(reports.map(pick)) }));
