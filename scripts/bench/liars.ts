/**
 * What listeners notice of SCXs that lie (src/simulator/faults/liars.ts): for each manner and share of
 * liars, the ADUs and titles that honest SCXs receive, and the longest time without sound of each,
 * over some seeds; under the rules of production and, beside them, those of the paper.
 *
 * 200 seeds take an hour or more. With --log each session is noted when it has been played, and is
 * not played again: the benchmark can be ended and continued, and several processes can share the
 * work, each with seeds of its own.
 */
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import { createRng } from '../../src/lib/rng.js';
import type { FaultReport } from '../../src/simulator/faults/fault-report.js';
import { runFaults } from '../../src/simulator/faults/fault-run.js';
import { MANNERS, type Manner } from '../../src/simulator/faults/liars.js';
import type { Topology } from '../../src/simulator/topology/topology.js';
import { drawTransitStub, TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { createLog } from './log.js';
import { quantile } from './machine/quantile.js';

export const flags: Benchmark['flags'] = {
  seeds: { standard: '10', help: 'sessions for each row' },
  from: { standard: '1', help: 'the first seed' },
  scxs: { standard: '30', help: 'SCXs of a session' },
  shares: { standard: '30', help: 'liars, % of the SCXs, e.g. 10,20,30' },
  manners: { standard: `any,${MANNERS.join(',')}`, help: 'how they lie; any: each as it is drawn' },
  profiles: { standard: 'fast,paper', help: 'fast is production' },
  log: { standard: '', help: 'a file where sessions are noted, and found again' },
};

/** The mesh settles for this time, and is lied to for the second and another 30 s at least, ms. */
const SETTLE_MS = 30_000;
const LASTING_MS = 30_000;

/** One session, by what it is drawn from. */
interface Session {
  readonly profile: string;
  readonly manner: string;
  readonly percent: number;
  readonly scxs: number;
  readonly seed: number;
}

/** What is measured of a session. */
type Outcome = Pick<FaultReport, 'delivery' | 'titles' | 'pausesMs' | 'broken'>;

const configOf = (profile: string): GossamerConfig => (profile === 'paper' ? PAPER : FAST);

const mannerOf = (word: string): Manner | undefined => MANNERS.find((manner) => manner === word);

function topologyOf(seed: number, scxs: number): Topology {
  const drawn = drawTransitStub(TS1000N, createRng(seed).fork('topology'), scxs);
  if (!drawn.ok) throw new Error(drawn.problems.join('; '));
  return { kind: 'graph', graph: drawn.value.graph };
}

function play({ profile, manner, percent, scxs, seed }: Session): Outcome {
  const { delivery, titles, pausesMs, broken } = runFaults({
    ...{ seed, scxs, sources: 1, config: configOf(profile) },
    ...{ settleMs: SETTLE_MS, lastingMs: LASTING_MS },
    topology: topologyOf(seed, scxs),
    scenario: { kind: 'liars', share: percent / 100, manner: mannerOf(manner) },
  });
  return { delivery, titles, pausesMs: pausesMs.map((pause) => round(pause, 0)), broken };
}

const share = (tallies: readonly { readonly due: number; readonly missed: number }[]): number => {
  const due = tallies.reduce((sum, each) => sum + each.due, 0);
  const missed = tallies.reduce((sum, each) => sum + each.missed, 0);
  return round((100 * (due - missed)) / due, 3);
};

/** Stalls: the longest of each honest SCX, over those of all sessions. */
function rowOf(names: Row, outcomes: readonly Outcome[]): Row {
  const stalls = outcomes.flatMap(({ pausesMs }) => pausesMs);
  return {
    ...names,
    seeds: outcomes.length,
    'ADUs, %': share(outcomes.map(({ delivery }) => delivery)),
    'titles, %': share(outcomes.flatMap(({ titles }) => titles ?? [])),
    'stall p50, ms': round(quantile(stalls, 0.5), 0),
    'stall p99, ms': round(quantile(stalls, 0.99), 0),
    'stall max, ms': round(Math.max(...stalls), 0),
    'invariants broken': outcomes.filter(({ broken }) => broken !== null).length,
  };
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const seeds = numberOf(given, 'seeds');
  const from = numberOf(given, 'from');
  const scxs = numberOf(given, 'scxs');
  const log = createLog<Session, Outcome>(String(given.log));
  const rows: Row[] = [];
  for (const profile of wordsOf(given, 'profiles')) {
    for (const manner of wordsOf(given, 'manners')) {
      for (const percent of wordsOf(given, 'shares').map(Number)) {
        const outcomes = Array.from({ length: seeds }, (_, index) =>
          log.of({ profile, manner, percent, scxs, seed: from + index }, play),
        );
        rows.push(rowOf({ profile, manner, 'liars, %': percent }, outcomes));
        console.error(JSON.stringify(rows.at(-1)));
      }
    }
  }
  return rows;
}
