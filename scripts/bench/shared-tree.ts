/**
 * Many senders of a few packets each over one shared tree (docs/levels.md), in the simulator: for some
 * numbers of senders and shares of lost packets, what comes, what it costs, and what each SCX keeps.
 */
import { createRng } from '../../src/lib/rng.js';
import { runShared } from '../../src/simulator/shared/shared-run.js';
import { drawTransitStub, TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  scxs: { standard: '50', help: 'SCXs of the session' },
  senders: { standard: '10,1000', help: 'senders in all' },
  packets: { standard: '3000', help: 'packets of all senders together, within a minute' },
  loss: { standard: '0,5', help: 'packets, heads and NACKs that each link loses, %' },
  crashes: { standard: '0', help: 'SCXs that crash while packets are sent' },
  seed: { standard: '1', help: 'the seed' },
};

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const seed = numberOf(given, 'seed');
  const scxs = numberOf(given, 'scxs');
  const drawn = drawTransitStub(TS1000N, createRng(seed).fork('topology'));
  if (!drawn.ok) throw new Error(drawn.problems.join('; '));
  const topology = { kind: 'graph', graph: drawn.value.graph } as const;
  const rows: Row[] = [];
  for (const senders of wordsOf(given, 'senders').map(Number)) {
    for (const loss of wordsOf(given, 'loss').map(Number)) {
      const report = runShared({
        ...{ topology, seed, scxs, senders, sendingMs: 60_000, lossRate: loss / 100 },
        packetsPerSender: Math.max(1, Math.round(numberOf(given, 'packets') / senders)),
        crashes: Number(given.crashes),
      });
      rows.push({
        senders,
        'loss, %': loss,
        'delivered, %': round((100 * report.delivered) / report.due, 3),
        'delivered twice': report.repeated,
        'packets sent': report.sent.packets,
        'packets lost': report.lost.packets,
        NACKs: report.sent.nacks,
        'NACKs lost': report.lost.nacks,
        heads: report.sent.heads,
        'kept by an SCX: packets': report.packetsKept,
        'links, most': report.linksKept,
        'sources known': report.sourcesKnown,
      });
      console.error(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}
