/**
 * What a directory session costs and how soon entries are everywhere, in the simulator (src/simulator/directory/):
 * sessions of some sizes, by default between real places (PlanetLab's round trips).
 */
import { openTopology } from '../../src/cli/simulate/topology-file.js';
import { type DirectoryReport, runDirectory } from '../../src/simulator/directory/directory-run.js';
import { TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { quantile } from './machine/quantile.js';

const PLANETLAB = 'test/fixtures/topologies/planetlab490.txt.gz';

export const flags: Benchmark['flags'] = {
  scxs: { standard: '50,100,200', help: 'clusters of a session' },
  entries: { standard: '10000', help: 'announcements in all' },
  quiet: { standard: '600', help: 'for how long the quiet time is measured, s' },
  topology: { standard: `rtt:${PLANETLAB}`, help: 'as simulate has it' },
  seed: { standard: '1', help: 'the seed' },
};

/** How often clusters tell their facts again. */
const REFRESH_MS_PER_CLUSTER = 2500;
const PROBES = 50;
const REFRESH_MS_MIN = 60_000;

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

const rowOf = (scxs: number, report: DirectoryReport): Row => ({
  clusters: scxs,
  entries: report.entries,
  'everywhere p50, ms': round(quantile(report.spreadMs, 0.5), 0),
  'everywhere max, ms': round(Math.max(...report.spreadMs), 0),
  'newcomer complete, ms': round(report.newcomerMs, 0),
  'quiet: entries, kbit/s': round(mean(report.quietKbps), 2),
  'quiet: all control, kbit/s': round(mean(report.quietTotalKbps), 2),
  'quiet: all control, max': round(Math.max(...report.quietTotalKbps), 2),
  'healed after a cut, ms': round(report.healedMs, 0),
  'flood: everywhere max, ms': round(Math.max(...report.floodedSpreadMs), 0),
  'flood: sent, kbit/s': round(mean(report.floodKbps), 2),
  'incomplete at the end': report.incomplete,
});

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const seed = numberOf(given, 'seed');
  const entries = numberOf(given, 'entries');
  const topologyOf = openTopology(`${given.topology}`, TS1000N);
  return wordsOf(given, 'scxs')
    .map(Number)
    .map((scxs) => {
      const report = runDirectory({
        ...{ topology: topologyOf(seed, scxs + 1), seed, scxs },
        announcementsPerScx: Math.min(256, Math.ceil(entries / scxs)),
        refreshMs: Math.max(REFRESH_MS_MIN, scxs * REFRESH_MS_PER_CLUSTER),
        probes: PROBES,
        quietMs: 1000 * numberOf(given, 'quiet'),
      });
      const row = rowOf(scxs, report);
      console.error(JSON.stringify(row));
      return row;
    });
}
