/**
 * The output of `scattercast simulate --faults`: for each run the faults, the SCXs that they hit,
 * and what listeners would have noticed; then a summary of all runs.
 */
import { type Spread, spreadOf } from '../../simulator/faults/delivery-log.js';
import type { FaultReport, Side } from '../../simulator/faults/fault-report.js';
import type { FaultEvent } from '../../simulator/faults/scenario.js';
import { drawTable, indent } from '../views/plain-table.js';

/** Shown for a missing value, and for what did not happen. */
const NONE = '-';

const whole = (value: number | null | undefined): string =>
  typeof value === 'number' ? value.toFixed(0) : NONE;

/** The most events that are shown; more would fill the screen. */
const EVENTS_SHOWN_MAX = 20;

const eventText = ({ atMs, what, scxs }: FaultEvent): string =>
  `${(atMs / 1000).toFixed(2)} s ${what} ${scxs.join(' ')}`.trimEnd();

function eventLines(events: readonly FaultEvent[]): string[] {
  const shown = events.slice(0, EVENTS_SHOWN_MAX).map(eventText);
  const rest = events.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more (--json shows all)`] : shown;
}

const drawnLines = ({ drawn, traceHash, events, broken }: FaultReport): string[] => [
  `seed ${drawn.seed}   trace ${traceHash}`,
  `nodes of the SCXs (the first is the rendezvous point): ${drawn.places.join(' ')}`,
  `source SCXs: ${drawn.sources.join(' ')}`,
  ...eventLines(events),
  ...(broken === null
    ? []
    : [`BROKEN: ${broken}`, `replay: the same command with --seed ${drawn.seed} --runs 1`]),
];

const DURATION_HEAD = ['time, ms', 'p50', 'p99', 'max', 'of'];

const durationRow = (name: string, spread: Spread | null): string[] => [
  name,
  ...[spread?.p50, spread?.p99, spread?.max].map(whole),
  `${spread?.count ?? 0}`,
];

const sideRow = ({ name, scxs, sources, givenPercent, recoveryMs }: Side): string[] => [
  name,
  `${scxs}`,
  `${sources}`,
  givenPercent.toFixed(1),
  ...[recoveryMs?.p50, recoveryMs?.p99, recoveryMs?.max].map(whole),
];

const SIDE_HEAD = ['side', 'SCXs', 'sources', 'received, %', 'recovery p50, ms', 'p99', 'max'];

/** Four decimals: shares close to 100 differ in what is missing. */
const receivedPercent = ({ due, missed }: FaultReport['delivery']): string =>
  due === 0 ? NONE : ((100 * (due - missed)) / due).toFixed(4);

const titleRows = ({ titles }: FaultReport): string[][] =>
  titles === null
    ? []
    : [
        ['titles due to SCXs present', `${titles.due}`],
        ['titles received by SCXs present, %', receivedPercent(titles)],
      ];

const measureRows = (report: FaultReport): string[][] => {
  const { delivery, wholeAgain } = report;
  return [
    ['survivors', `${report.survivors}`],
    ['survivors that the mesh did not reach at first', `${report.severed}`],
    ['survivors that received no ADU again', `${report.neverRecovered}`],
    ['ADUs due to SCXs present', `${delivery.due}`],
    ['ADUs missed by SCXs present', `${delivery.missed}`],
    ['ADUs received by SCXs present, %', receivedPercent(delivery)],
    ...titleRows(report),
    ['duplicates delivered', `${report.duplicates}`],
    ['trees whole after, ms', whole(wholeAgain.tree)],
    ['mesh whole after, ms', whole(wholeAgain.mesh)],
    ['one heartbeat after, ms', whole(wholeAgain.heartbeat)],
    ['invariants broken', report.broken === null ? '0' : '1'],
  ];
};

const durationRows = (report: FaultReport): string[][] =>
  [
    ['recovery of survivors', report.recoveryMs] as const,
    ['longest pause of SCXs that stayed', report.pauseMs] as const,
    ...(report.titles === null ? [] : [['way of titles', report.titles.delayMs] as const]),
    ['newcomers: from joining to the first ADU', report.startMs] as const,
  ]
    .filter(([, spread]) => spread !== null)
    .map(([name, spread]) => durationRow(name, spread));

/** One run as text, with a final newline. */
export function faultText(report: FaultReport): string {
  const { sides, healingBoundMs } = report;
  const bound = `a partition must be healed within ${healingBoundMs} ms of its end`;
  const blocks = [
    drawTable(DURATION_HEAD, durationRows(report)),
    ...(sides.length === 0 ? [] : [drawTable(SIDE_HEAD, sides.map(sideRow)), bound]),
    drawTable(['measure', 'value'], measureRows(report)),
  ];
  return `${[drawnLines(report).join('\n'), ...blocks.map(indent)].join('\n\n')}\n`;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const spreadOver = (
  reports: readonly FaultReport[],
  pick: (report: FaultReport) => number | null,
): Spread | null => spreadOf(reports.map(pick).filter((value) => value !== null));

/** A value of each run, distributed over the runs. */
const SUMMARY: readonly (readonly [string, (report: FaultReport) => number | null])[] = [
  ['recovery: median of a run', (report) => report.recoveryMs?.p50 ?? null],
  ['recovery: p99 of a run', (report) => report.recoveryMs?.p99 ?? null],
  ['recovery: longest of a run', (report) => report.recoveryMs?.max ?? null],
  ['longest pause of a run', (report) => report.pauseMs?.max ?? null],
  ['trees whole', (report) => report.wholeAgain.tree],
  ['mesh whole', (report) => report.wholeAgain.mesh],
  ['one heartbeat', (report) => report.wholeAgain.heartbeat],
];

/** A summary of all runs as text, with a final newline. */
export function faultSummaryText(reports: readonly FaultReport[]): string {
  const due = sum(reports.map(({ delivery }) => delivery.due));
  const missed = sum(reports.map(({ delivery }) => delivery.missed));
  const rows = SUMMARY.map(([name, pick]) => durationRow(name, spreadOver(reports, pick)));
  const totals = [
    `ADUs due to SCXs present: ${due}, missed: ${missed}, ` +
      `received: ${receivedPercent({ due, missed })} %`,
    `duplicates: ${sum(reports.map(({ duplicates }) => duplicates))}`,
    `survivors that received no ADU again: ${sum(reports.map(({ neverRecovered }) => neverRecovered))}`,
    `runs with a broken invariant: ${reports.filter(({ broken }) => broken !== null).length}`,
  ];
  const head = ['over the runs, ms', 'p50', 'p99', 'max', 'runs'];
  return `${drawTable(head, rows)}\n\n${totals.join('\n')}\n`;
}
