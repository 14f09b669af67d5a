/**
 * The output of `scattercast simulate`: for each run everything that was drawn for it, its sources
 * and its measures; then a summary of all runs.
 */
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import type { SourceReport } from '../../simulator/experiment/trees.js';
import { statisticsOf } from '../../simulator/metrics/statistics.js';
import { drawTable, indent } from '../views/plain-table.js';
import { type Measure, measuresOf } from './measures.js';

/** Shown for a missing value, and for what did not happen. */
const NONE = '-';

const fixed = (value: number | null | undefined, digits: number): string =>
  typeof value !== 'number' || Number.isNaN(value) ? NONE : value.toFixed(digits);

const SOURCE_HEAD = [
  'source SCX',
  'cost ratio',
  'over overlay paths',
  'yardstick',
  'longest, ms',
  'no route',
  'worst link',
  'star',
];

const sourceRow = (source: SourceReport): string[] => [
  `${source.scx}`,
  fixed(source.ratio, 3),
  fixed(source.overlayRatio, 3),
  fixed(source.yardstick?.ratio, 3),
  fixed(source.longestMs, 0),
  `${source.unreached.length}`,
  fixed(source.stress?.tree.worst, 0),
  fixed(source.stress?.star.worst, 0),
];

type Stress = NonNullable<SourceReport['stress']>['tree'];

const histogram = ({ histogram: bars }: Stress): string =>
  bars.map(({ copies, links }) => `${copies}:${links}`).join(' ');

const stressLines = ({ scx, stress }: SourceReport): string[] =>
  stress === null
    ? []
    : [
        `links by copies, tree of ${scx}: ${histogram(stress.tree)}`,
        `links by copies, star of ${scx}: ${histogram(stress.star)}`,
      ];

const drawnLines = ({ drawn, traceHash }: ExperimentReport): string[] => [
  `seed ${drawn.seed}   trace ${traceHash}`,
  `nodes of the SCXs (the first is the rendezvous point): ${drawn.places.join(' ')}`,
  `joins, s: ${drawn.joinInstantsMs.map((instant) => (instant / 1000).toFixed(2)).join(' ')}`,
];

const measureRow = ({ name, value, digits }: Measure): string[] => [name, fixed(value, digits)];

/** One run as text, with a final newline. */
export function runText(report: ExperimentReport): string {
  const blocks = [
    drawnLines(report).join('\n'),
    drawTable(SOURCE_HEAD, report.sources.map(sourceRow)),
    report.sources.flatMap(stressLines).join('\n'),
    drawTable(['measure', 'value'], measuresOf(report).map(measureRow)),
  ];
  const [head = '', ...rest] = blocks.filter((block) => block !== '');
  return `${[head, ...rest.map(indent)].join('\n\n')}\n`;
}

const SUMMARY_HEAD = ['over the runs', 'mean', '± 95%', 'min', 'max', 'runs'];

/** A summary of all runs as text. A measure that a run does not have is that of the other runs. */
export function summaryText(reports: readonly ExperimentReport[]): string {
  const runs = reports.map(measuresOf);
  const rows = (runs[0] ?? []).map(({ name, digits }, index) => {
    const values = runs.map((measures) => measures[index]?.value ?? null);
    const statistics = statisticsOf(values.filter((value) => value !== null));
    const { count, mean, confidence, min, max } = statistics;
    return [name, ...[mean, confidence, min, max].map((value) => fixed(value, digits)), `${count}`];
  });
  return `${drawTable(SUMMARY_HEAD, rows)}\n`;
}

const BAR_WIDTH = 30;

/** The progress line of a terminal: the simulated time of all runs together. */
export function progressLine(runs: number, nowMs: number, untilMs: number): string {
  const share = untilMs === 0 ? 1 : Math.min(1, nowMs / untilMs);
  const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
  const what = runs === 1 ? '1 run' : `${runs} runs`;
  return `${what}  [${bar}]  ${Math.round(nowMs / 1000)} of ${Math.round(untilMs / 1000)} s`;
}
