/**
 * One mesh against two levels (docs/levels.md): the same sessions of several sizes, on generated
 * topologies with a node for each SCX, in the simulator. Sizes up to 10,000 are possible:
 * `npm run bench -- levels --scxs 10000 --flat-max 0 --seconds 300`.
 */
import { createRng } from '../../src/lib/rng.js';
import { type LevelsReport, runLevels } from '../../src/simulator/levels/levels-run.js';
import type { Topology } from '../../src/simulator/topology/topology.js';
import { drawTransitStub, TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  scxs: { standard: '100,200,400', help: 'SCXs of a session' },
  seconds: { standard: '90', help: 'simulated time' },
  'flat-max': { standard: '1000', help: 'sessions with more SCXs than this are not played flat' },
  frames: { standard: '2', help: 'frames that the source publishes in a second' },
  deaths: { standard: '2', help: 'representatives that die in a row before the end' },
  seed: { standard: '1', help: 'the seed' },
};

/** The stubs of ts1000n; for smaller sessions fewer of them, so that SCXs are as dense. */
function topologyOf(seed: number, scxs: number): Topology {
  const routers = Math.max(1, Math.round(scxs / (2 * (1 + TS1000N.stubs * TS1000N.stubNodes))));
  const options = { ...TS1000N, transitNodes: Math.min(TS1000N.transitNodes, routers) };
  const drawn = drawTransitStub(options, createRng(seed).fork('topology'), scxs);
  if (!drawn.ok) throw new Error(drawn.problems.join('; '));
  return { kind: 'graph', graph: drawn.value.graph };
}

const rowOf = (scxs: number, levels: number, report: LevelsReport, cpuSeconds: number): Row => ({
  SCXs: scxs,
  levels,
  ratio: round(report.ratio, 3),
  'settled, s': report.settledMs === undefined ? '-' : round(report.settledMs / 1000, 0),
  'frames missed': report.missed,
  'missed after deaths': levels === 1 ? '-' : report.missedAfterDeaths,
  'control, kB/s': round(report.bytesPerSecond / 1000, 2),
  'control of the busiest, kB/s': round(report.bytesPerSecondMost / 1000, 2),
  'members known': round(report.known, 0),
  'members known, most': report.knownMost,
  neighbourhoods: report.neighbourhoods.length,
  'largest, smallest': `${report.neighbourhoods[0] ?? '-'}, ${report.neighbourhoods.at(-1) ?? '-'}`,
  representatives: report.representatives,
  moves: report.moves,
  'computed in, s': round(cpuSeconds, 0),
  'memory of the process, MB': round(process.memoryUsage().rss / 1e6, 0),
});

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const seed = numberOf(given, 'seed');
  const untilMs = 1000 * numberOf(given, 'seconds');
  const frameMs = 1000 / numberOf(given, 'frames');
  const flatMax = Number(given['flat-max']);
  const rows: Row[] = [];
  for (const scxs of wordsOf(given, 'scxs').map(Number)) {
    for (const levels of scxs <= flatMax ? ([1, 2] as const) : ([2] as const)) {
      const before = process.cpuUsage().user;
      const report = runLevels({
        ...{ topology: topologyOf(seed, scxs), seed, scxs, levels, untilMs, frameMs },
        deaths: levels === 2 ? Number(given.deaths) : 0,
      });
      rows.push(rowOf(scxs, levels, report, (process.cpuUsage().user - before) / 1e6));
      console.error(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}
