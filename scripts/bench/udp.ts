/**
 * A channel announced as UDP over a chain of SCXs whose links lose datagrams at random. An ADU is
 * in time when an SCX delivers it within two seconds of its publication. The overhead is all that
 * SCXs send beyond each ADU once over each link: repairs, NACKs, beats, the datagrams' own headers,
 * and what goes over TCP.
 */
import { type Flag, type Flags, numberOf, type Row, round } from './benchmark.js';
import { type ChainReport, type HopReport, measureChain } from './udp/measure.js';

export const flags: Readonly<Record<string, Flag>> = {
  loss: { standard: '5', help: 'datagrams lost on each link, percent' },
  hops: { standard: '4', help: 'links in the chain' },
  delay: { standard: '20', help: 'of each link, one way, ms' },
  seconds: { standard: '60', help: 'duration of the measurement, s' },
  seed: { standard: '1', help: 'of the random losses' },
};

/** Outside the range of ports that outgoing connections take. */
const FIRST_PORT = 28_600;

const quantile = (sorted: readonly number[], share: number): number =>
  round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);

const percent = (share: number): number => round(100 * share, 3);

function rowOf(report: ChainReport, hop: HopReport): Row {
  const { frames, datagramBytes, tcpBytes, aduBytes, audioBytes } = report;
  const bytes = datagramBytes + tcpBytes;
  return {
    hop: hop.hop,
    frames,
    'in time %': percent(hop.inTime / frames),
    'not delivered': frames - hop.latenciesMs.length,
    'out of order': hop.disordered,
    repaired: hop.repaired,
    missed: hop.missed,
    duplicate: hop.duplicate,
    'latency p50 ms': quantile(hop.latenciesMs, 0.5),
    'latency p99 ms': quantile(hop.latenciesMs, 0.99),
    'latency max ms': quantile(hop.latenciesMs, 1),
    'fallbacks to TCP': hop.fallbacks,
    'all: overhead over ADUs %': percent(bytes / aduBytes - 1),
    'all: overhead over audio %': percent(bytes / audioBytes - 1),
    'all: bytes over TCP': tcpBytes,
    'all: lost %': percent(report.lost),
  };
}

export async function run(flags: Flags): Promise<Row[]> {
  const report = await measureChain({
    hops: numberOf(flags, 'hops'),
    delayMs: numberOf(flags, 'delay'),
    seconds: numberOf(flags, 'seconds'),
    seed: numberOf(flags, 'seed'),
    loss: Number(flags.loss) / 100,
    firstPort: FIRST_PORT,
  });
  return report.hops.map((hop) => rowOf(report, hop));
}
