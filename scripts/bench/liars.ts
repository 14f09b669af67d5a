/**
 * What listeners notice of SCXs that lie (src/simulator/faults/liars.ts): for each manner and share of
 * liars, the ADUs and titles that honest SCXs receive, and the longest time without sound of each,
 * over some seeds; under the rules of production and, beside them, those of the paper.
 */
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import { createRng } from '../../src/lib/rng.js';
import type { FaultReport } from '../../src/simulator/faults/fault-report.js';
import { runFaults } from '../../src/simulator/faults/fault-run.js';
import { MANNERS, type Manner } from '../../src/simulator/faults/liars.js';
import type { Topology } from '../../src/simulator/topology/topology.js';
import { drawTransitStub, TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { quantile } from './machine/quantile.js';

export const flags: Benchmark['flags'] = {
  seeds: { standard: '10', help: 'sessions for each row' },
  from: { standard: '1', help: 'the first seed' },
  scxs: { standard: '36', help: 'SCXs of a session' },
  shares: { standard: '10,20,30', help: 'liars, % of the SCXs' },
  manners: { standard: `any,${MANNERS.join(',')}`, help: 'how they lie; any: each as it is drawn' },
  profiles: { standard: 'fast,paper', help: 'fast is production' },
};

/** The mesh settles for this time, and is lied to for the second and another 30 s at least, ms. */
const SETTLE_MS = 30_000;
const LASTING_MS = 30_000;

const configOf = (profile: string): GossamerConfig => (profile === 'paper' ? PAPER : FAST);

const mannerOf = (word: string): Manner | undefined => MANNERS.find((manner) => manner === word);

function topologyOf(seed: number, scxs: number): Topology {
  const drawn = drawTransitStub(TS1000N, createRng(seed).fork('topology'), scxs);
  if (!drawn.ok) throw new Error(drawn.problems.join('; '));
  return { kind: 'graph', graph: drawn.value.graph };
}

const share = (tallies: readonly { readonly due: number; readonly missed: number }[]): number => {
  const due = tallies.reduce((sum, each) => sum + each.due, 0);
  const missed = tallies.reduce((sum, each) => sum + each.missed, 0);
  return round((100 * (due - missed)) / due, 3);
};

/** Stalls: the longest of each honest SCX, over those of all sessions. */
function rowOf(names: Row, reports: readonly FaultReport[]): Row {
  const stalls = reports.flatMap(({ pausesMs }) => pausesMs);
  return {
    ...names,
    'ADUs, %': share(reports.map(({ delivery }) => delivery)),
    'titles, %': share(reports.flatMap(({ titles }) => titles ?? [])),
    'stall p50, ms': round(quantile(stalls, 0.5), 0),
    'stall p99, ms': round(quantile(stalls, 0.99), 0),
    'stall max, ms': round(Math.max(...stalls), 0),
    'invariants broken': reports.filter(({ broken }) => broken !== null).length,
  };
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const [seeds, from, scxs] = [
    numberOf(given, 'seeds'),
    numberOf(given, 'from'),
    numberOf(given, 'scxs'),
  ];
  const rows: Row[] = [];
  for (const profile of wordsOf(given, 'profiles')) {
    for (const manner of wordsOf(given, 'manners')) {
      for (const percent of wordsOf(given, 'shares').map(Number)) {
        const reports = Array.from({ length: seeds }, (_, index) =>
          runFaults({
            ...{ seed: from + index, scxs, sources: 1, config: configOf(profile) },
            ...{ settleMs: SETTLE_MS, lastingMs: LASTING_MS },
            topology: topologyOf(from + index, scxs),
            scenario: { kind: 'liars', share: percent / 100, manner: mannerOf(manner) },
          }),
        );
        rows.push(rowOf({ profile, manner, 'liars, %': percent }, reports));
        console.error(JSON.stringify(rows.at(-1)));
      }
    }
  }
  return rows;
}
