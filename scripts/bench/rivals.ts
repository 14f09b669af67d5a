/**
 * Gossamer and its rivals of the literature on the same draws and faults, in the simulator
 * (src/simulator/rivals/): means over some draws, a row for each protocol.
 */
import { openTopology } from '../../src/cli/simulate/topology-file.js';
import { FAST, PAPER } from '../../src/gossamer/core/config.js';
import { type ComparisonReport, compare } from '../../src/simulator/rivals/comparison.js';
import { comparisonMeans } from '../../src/simulator/rivals/comparison-means.js';
import { PROTOCOLS, type ProtocolName } from '../../src/simulator/rivals/protocols.js';
import { TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, type Flags, numberOf, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  protocols: { standard: PROTOCOLS.join(','), help: 'which' },
  profile: { standard: 'fast', help: "Gossamer's: fast is production, paper the paper's" },
  topology: { standard: 'transit-stub', help: 'as simulate has it' },
  scxs: { standard: '100', help: 'nodes of a session' },
  sources: { standard: '1', help: 'sources' },
  adus: { standard: '10', help: 'ADUs that each source publishes per second' },
  joins: { standard: '5', help: 'the time within which all nodes join, s' },
  settle: { standard: '180', help: 'when nodes die, s' },
  kind: { standard: 'crash', help: 'crash: processes die; vanish: machines, without notice' },
  share: { standard: '0.1', help: 'the share of the nodes that die at once' },
  draws: { standard: '3', help: 'draws for each protocol' },
  seed: { standard: '1', help: 'the seed of the first draw' },
};

function play(flags: Flags, protocol: ProtocolName): ComparisonReport[] {
  const scxs = numberOf(flags, 'scxs');
  const open = openTopology(`${flags.topology}`, TS1000N);
  return Array.from({ length: numberOf(flags, 'draws') }, (_, draw) => {
    const seed = numberOf(flags, 'seed') + draw;
    return compare({
      ...{ protocol, seed, scxs, topology: open(seed, scxs), sources: numberOf(flags, 'sources') },
      config: flags.profile === 'paper' ? PAPER : FAST,
      adusPerSecond: numberOf(flags, 'adus'),
      joinWithinMs: 1000 * numberOf(flags, 'joins'),
      ...{ settleMs: 1000 * numberOf(flags, 'settle'), watchMs: 60_000 },
      fault: {
        kind: flags.kind === 'vanish' ? 'vanish' : 'crash',
        share: numberOf(flags, 'share'),
      },
    });
  });
}

export async function run(flags: Flags): Promise<Row[]> {
  const names = wordsOf(flags, 'protocols');
  return PROTOCOLS.filter((name) => names.includes(name)).map((protocol) => {
    const measures = comparisonMeans(play(flags, protocol));
    const cells = measures.map(({ name, value, digits }) => [
      name,
      value === null ? '-' : round(value, digits),
    ]);
    const row: Row = { protocol, ...Object.fromEntries(cells) };
    console.error(JSON.stringify(row));
    return row;
  });
}
