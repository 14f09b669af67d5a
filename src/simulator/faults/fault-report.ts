/**
 * The result of a run under faults. An SCX is present from the first ADU that it receives until it
 * leaves or dies. Every ADU that was published while it was present is due to it, except those that
 * were in transit when it left or was cut off, and those that were published on the other side of a
 * cut.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { Drawn } from '../experiment/drawn-session.js';
import {
  countDuplicates,
  type DeliveryLog,
  delaysMs,
  type Interval,
  longestPauseMs,
  type Published,
  type Reception,
  recoveryMs,
  type Spread,
  spreadOf,
  type Tally,
  tally,
} from './delivery-log.js';
import type { FaultEvent, FaultScenario } from './scenario.js';
import type { WholeAgain } from './wholeness.js';

/** One side of a partition. */
export interface Side {
  readonly name: 'with the rendezvous point' | 'without it';
  readonly scxs: number;
  readonly sources: number;
  /** ADUs published during the cut that its SCXs received, sooner or later, %. */
  readonly givenPercent: number;
  /** From the end of the cut until they receive an ADU published after it, ms. */
  readonly recoveryMs: Spread | null;
}

export interface FaultReport {
  readonly drawn: Drawn;
  readonly scenario: FaultScenario;
  readonly events: readonly FaultEvent[];
  readonly traceHash: string;
  /** The invariant that broke, if one did: the run ended there. */
  readonly broken: string | null;
  /** SCXs that were present when the faults began, and neither left nor died. */
  readonly survivors: number;
  /** Survivors that no mesh path from the sources reached once the faults had begun. */
  readonly severed: number;
  /** From a crash, or from the end of a partition, until each survivor receives newer ADUs, ms. */
  readonly recoveryMs: Spread | null;
  /** Survivors that the mesh reaches, but that received no ADU any more. */
  readonly neverRecovered: number;
  /** The longest time without an ADU of each SCX that stayed, once the faults had begun, ms. */
  readonly pauseMs: Spread | null;
  /** Each of these times. */
  readonly pausesMs: readonly number[];
  readonly delivery: Tally;
  /** The same for titles, where there are any, and how long they were under way, ms. */
  readonly titles: (Tally & { readonly delayMs: Spread | null }) | null;
  readonly duplicates: number;
  readonly wholeAgain: WholeAgain;
  readonly sides: readonly Side[];
  /** From joining to the first ADU, of the SCXs that joined during the faults, ms. */
  readonly startMs: Spread | null;
  /** A partition must be healed within this time, ms. */
  readonly healingBoundMs: number;
}

/** The record of a run. */
export interface FaultRecord {
  readonly drawn: Drawn;
  readonly scenario: FaultScenario;
  readonly events: readonly FaultEvent[];
  readonly traceHash: string;
  readonly broken: string | null;
  /** When the faults began, when they ended, and when the run ended. */
  readonly settleMs: number;
  readonly toMs: number;
  readonly endMs: number;
  /** The SCXs that the mesh reached from all sources once the faults had begun. */
  readonly reached: ReadonlySet<number>;
  /** Each source with the SCX where it is attached. */
  readonly sources: ReadonlyMap<SourceId, number>;
  readonly receptions: readonly Reception[];
  readonly published: (source: SourceId) => Published;
  /** What was received on the channel of titles; undefined where there are none. */
  readonly titles: Pick<DeliveryLog, 'receptions' | 'published'> | undefined;
  readonly wholeAgain: WholeAgain;
  readonly healingBoundMs: number;
}

/** How long an ADU may be in transit, ms. A tree is about 200 ms deep. */
const IN_TRANSIT_MS = 1000;

/**
 * The same where liars lie to the end of the run, ms: one that is late by a stall has arrived by
 * then, and how long stalls are is measured beside it.
 */
const IN_TRANSIT_OF_LIARS_MS = 10_000;

const inTransitMs = ({ scenario }: FaultRecord): number =>
  scenario.kind === 'liars' ? IN_TRANSIT_OF_LIARS_MS : IN_TRANSIT_MS;

/** When each SCX that left or died did so, ms. */
const departures = (events: readonly FaultEvent[]): ReadonlyMap<number, number> =>
  new Map(
    events
      .filter(({ what }) => what === 'crash' || what === 'vanish' || what === 'leave')
      .flatMap(({ scxs, atMs }) => scxs.map((scx) => [scx, atMs] as const)),
  );

/** When each SCX that joined during the faults did so, ms. */
const arrivals = (events: readonly FaultEvent[]): ReadonlyMap<number, number> =>
  new Map(
    events
      .filter(({ what }) => what === 'join')
      .flatMap(({ scxs, atMs }) => scxs.map((scx) => [scx, atMs] as const)),
  );

/** The SCXs that a partition cut off, and when, ms. */
interface Cut {
  readonly away: ReadonlySet<number>;
  readonly interval: Interval;
}

function partitionOf({ scenario, events, toMs }: FaultRecord): Cut | undefined {
  const cut = events.find(({ what }) => what === 'cut');
  if (scenario.kind !== 'partition' || cut === undefined) return undefined;
  return { away: new Set(cut.scxs), interval: [cut.atMs, toMs] };
}

/** Whether a cut separates a source from an SCX that receives it. */
const isApart = (cut: Cut, { scx, source }: Reception, { sources }: FaultRecord): boolean =>
  cut.away.has(scx) !== cut.away.has(sources.get(source) as number);

/** The SCXs that lie: what they receive matters to nobody. */
const liarsOf = (events: readonly FaultEvent[]): ReadonlySet<number> =>
  new Set(events.filter(({ what }) => what.startsWith('lie')).flatMap(({ scxs }) => scxs));

/** What honest SCXs received from the sources of others. */
const listeningTo = (receptions: readonly Reception[], record: FaultRecord): Reception[] => {
  const liars = liarsOf(record.events);
  return receptions.filter(
    ({ scx, source }) => record.sources.get(source) !== scx && !liars.has(scx),
  );
};

function titlesOf(record: FaultRecord): FaultReport['titles'] {
  if (record.titles === undefined) return null;
  const { receptions, published } = record.titles;
  const listening = listeningTo(receptions, record);
  const interval = [record.settleMs, record.endMs - inTransitMs(record)] as const;
  const delays = listening.flatMap((reception) =>
    delaysMs(reception, published(reception.source), interval),
  );
  const tallied = deliveryOf({ ...record, published }, listening);
  return { ...tallied, delayMs: spreadOf(delays) };
}

function deliveryOf(record: FaultRecord, received: readonly Reception[]): Tally {
  const gone = departures(record.events);
  const cut = partitionOf(record);
  const total = { due: 0, missed: 0 };
  for (const reception of received) {
    const untilMs = (gone.get(reception.scx) ?? record.endMs) - inTransitMs(record);
    const isCutOff = cut !== undefined && isApart(cut, reception, record);
    const [from, to] = cut?.interval ?? [0, 0];
    const outOfReach: Interval[] = isCutOff ? [[from - IN_TRANSIT_MS, to]] : [];
    // Liars lie from then on: before, nothing was missed that counts.
    if (record.scenario.kind === 'liars') outOfReach.push([0, record.settleMs]);
    const { due, missed } = tally(
      reception,
      record.published(reception.source),
      untilMs,
      outOfReach,
    );
    total.due += due;
    total.missed += missed;
  }
  return total;
}

const recoveriesOf = (record: FaultRecord, received: readonly Reception[]): (number | null)[] =>
  received.map((reception) =>
    recoveryMs(reception, record.published(reception.source), record.toMs),
  );

const known = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value) => typeof value === 'number');

function sideOf(record: FaultRecord, cut: Cut, isAway: boolean): Side {
  const { drawn, receptions, published } = record;
  const received = receptions.filter(({ scx }) => cut.away.has(scx) === isAway);
  const [from, to] = cut.interval;
  let [due, missed] = [0, 0];
  for (const reception of received) {
    const counts = tally(reception, published(reception.source), to, [[0, from]]);
    due += counts.due;
    missed += counts.missed;
  }
  return {
    name: isAway ? 'without it' : 'with the rendezvous point',
    scxs: new Set(received.map(({ scx }) => scx)).size,
    sources: drawn.sources.filter((scx) => cut.away.has(scx) === isAway).length,
    givenPercent: due === 0 ? 100 : (100 * (due - missed)) / due,
    recoveryMs: spreadOf(known(recoveriesOf(record, received))),
  };
}

function startsOf({ events, receptions }: FaultRecord): number[] {
  const joined = arrivals(events);
  return receptions.flatMap(({ scx, instantsMs }) => {
    const atMs = joined.get(scx);
    return atMs === undefined || instantsMs[0] === undefined ? [] : [instantsMs[0] - atMs];
  });
}

/** Whether recovery is measured: only where the faults end at one instant. */
const hasEnd = ({ kind }: FaultScenario): boolean =>
  kind === 'crash' || kind === 'vanish' || kind === 'partition';

/** The report of a run. */
export function measureFaults(record: FaultRecord): FaultReport {
  const { scenario, events, receptions, drawn, reached, settleMs, endMs } = record;
  const gone = departures(events);
  const listening = listeningTo(receptions, record);
  const stayed = listening.filter(({ scx }) => scx < drawn.joinInstantsMs.length && !gone.has(scx));
  const cut = partitionOf(record);
  const mayBeCut = cut !== undefined || scenario.kind === 'liars';
  const isReached = ({ scx }: Reception): boolean => mayBeCut || reached.has(scx);
  const pausesMs = stayed.filter(isReached).map((r) => longestPauseMs(r, settleMs, endMs));
  const recoveries = hasEnd(scenario) ? recoveriesOf(record, stayed.filter(isReached)) : [];
  const lost = [...gone.keys(), ...liarsOf(events)].filter(isFirst(drawn));
  const survivors = drawn.joinInstantsMs.length - lost.length;
  return {
    ...{ drawn, scenario, events, traceHash: record.traceHash, broken: record.broken, survivors },
    severed: stayed.filter((reception) => !isReached(reception)).length,
    recoveryMs: spreadOf(known(recoveries)),
    neverRecovered: recoveries.filter((recovery) => recovery === null).length,
    pauseMs: spreadOf(pausesMs),
    pausesMs,
    delivery: deliveryOf(record, listening),
    titles: titlesOf(record),
    duplicates: receptions.reduce((total, reception) => total + countDuplicates(reception), 0),
    wholeAgain: record.wholeAgain,
    sides: cut === undefined ? [] : [sideOf(record, cut, false), sideOf(record, cut, true)],
    startMs: spreadOf(startsOf(record)),
    healingBoundMs: record.healingBoundMs,
  };
}

/** Whether an SCX was present from the beginning. */
const isFirst =
  ({ joinInstantsMs }: Drawn) =>
  (scx: number): boolean =>
    scx < joinInstantsMs.length;
