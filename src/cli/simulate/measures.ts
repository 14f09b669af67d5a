/**
 * The measures of a simulated run, in the order of §5. A run prints a line for each of them, and
 * the summary has a line for each of them over all runs.
 */
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import type { Sample } from '../../simulator/experiment/sample.js';
import type { SourceReport } from '../../simulator/experiment/trees.js';
import { statisticsOf } from '../../simulator/metrics/statistics.js';

/** One measure of a run; null: not reached by the end of the run, or not measurable in it. */
export interface Measure {
  readonly name: string;
  readonly value: number | null;
  /** Decimals. */
  readonly digits: number;
}

/** Instants for which the cost ratio is printed, s; those after the end are left out. */
const INSTANTS_S = [10, 30, 60, 120, 300];

/** The steady state: this number of samples at the end. */
const STEADY_SAMPLES = 20;

const meanOf = (values: readonly (number | null | undefined)[]): number | null => {
  const known = values.filter((value) => typeof value === 'number' && !Number.isNaN(value));
  return known.length === 0 ? null : statisticsOf(known as number[]).mean;
};

const worstOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);

/** The instant of the last SCX, s; null when one of them has none. */
function lastSecond(instantsMs: readonly (number | null)[]): number | null {
  const known = instantsMs.filter((instant) => instant !== null);
  return known.length < instantsMs.length ? null : Math.max(...known) / 1000;
}

const shareBy = (instantsMs: readonly (number | null)[], seconds: number): number => {
  const known = instantsMs.filter((instant) => instant !== null && instant <= seconds * 1000);
  return (100 * known.length) / instantsMs.length;
};

const ratioAt = (samples: readonly Sample[], seconds: number): Measure[] => {
  const sample = samples.find(({ atMs }) => atMs === seconds * 1000);
  if (sample === undefined) return [];
  return [{ name: `cost ratio at ${seconds} s`, value: meanOf(sample.ratios), digits: 3 }];
};

const costMeasures = (sources: readonly SourceReport[]): Measure[] => [
  { name: 'cost ratio at the end', value: meanOf(sources.map((s) => s.ratio)), digits: 3 },
  {
    name: 'cost over shortest overlay paths',
    value: meanOf(sources.map((s) => s.overlayRatio)),
    digits: 3,
  },
  {
    name: 'yardstick: best tree found',
    value: meanOf(sources.map((s) => s.yardstick?.ratio)),
    digits: 3,
  },
  { name: 'longest path, ms', value: worstOf(sources.map((s) => s.longestMs)), digits: 0 },
  {
    name: 'SCXs without a route at the end',
    value: worstOf(sources.map((s) => s.unreached.length)),
    digits: 0,
  },
];

const stressMeasures = (sources: readonly SourceReport[]): Measure[] => [
  {
    name: 'copies on the worst link, tree',
    value: worstOf(sources.flatMap((s) => s.stress?.tree.worst ?? [])),
    digits: 1,
  },
  {
    name: 'copies on the worst link, star',
    value: worstOf(sources.flatMap((s) => s.stress?.star.worst ?? [])),
    digits: 1,
  },
];

const discoveryMeasures = ({ most, all }: ExperimentReport['discovery']): Measure[] => [
  { name: 'all know 90% after, s', value: lastSecond(most), digits: 1 },
  { name: 'all know 100% after, s', value: lastSecond(all), digits: 1 },
  { name: 'know 90% after 20 s, % of SCXs', value: shareBy(most, 20), digits: 0 },
  { name: 'know 100% after 60 s, % of SCXs', value: shareBy(all, 60), digits: 0 },
];

function trafficMeasures(samples: readonly Sample[]): Measure[] {
  const steady = samples.slice(-STEADY_SAMPLES);
  const mean = (pick: (sample: Sample) => number): number | null => meanOf(steady.map(pick));
  return [
    {
      name: 'control messages/s per SCX, steady',
      value: mean((s) => s.messagesPerSecond),
      digits: 2,
    },
    { name: 'control bytes/s per SCX, steady', value: mean((s) => s.bytesPerSecond), digits: 0 },
    {
      name: 'control bytes/s of the busiest SCX, maximum',
      value: worstOf(samples.map((s) => s.bytesPerSecondMax)),
      digits: 0,
    },
  ];
}

const receptionMeasures = (reception: ExperimentReport['reception']): Measure[] => {
  if (reception === null) return [];
  const { missed, incomplete, firstMs, delayMs } = reception;
  const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : ms / 1000);
  return [
    { name: 'ADUs missed by all SCXs together', value: missed, digits: 0 },
    { name: 'SCXs that missed an ADU', value: incomplete, digits: 0 },
    { name: 'from joining to the first ADU, mean, s', value: seconds(firstMs?.mean), digits: 2 },
    {
      name: 'from joining to the first ADU, longest, s',
      value: seconds(firstMs?.longest),
      digits: 2,
    },
    { name: 'from publishing to delivery, mean, ms', value: delayMs, digits: 0 },
  ];
};

/** The measures of one run. */
export function measuresOf(report: ExperimentReport): readonly Measure[] {
  const { samples, sources, discovery, stableSinceMs, edgeChangesPerScx } = report;
  const stable = stableSinceMs === null ? null : stableSinceMs / 1000;
  return [
    ...INSTANTS_S.flatMap((seconds) => ratioAt(samples, seconds)),
    ...costMeasures(sources),
    ...stressMeasures(sources),
    ...discoveryMeasures(discovery),
    { name: 'mesh stable (quiet for 100 s) since, s', value: stable, digits: 0 },
    { name: 'edge changes per SCX', value: edgeChangesPerScx, digits: 1 },
    ...trafficMeasures(samples),
    ...receptionMeasures(report.reception),
  ];
}
