/**
 * How fast sessions are simulated, in simulated seconds of all SCXs together per second of processor
 * time, and in control messages per second. The digest is of the whole report: two versions that
 * print the same digest have played the same run. On a shared machine even processor time varies, so
 * two versions are compared by calling both in turn.
 */
import { createHash } from 'node:crypto';
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import { createRng } from '../../src/lib/rng.js';
import { type ExperimentReport, runExperiment } from '../../src/simulator/experiment/experiment.js';
import type { Topology } from '../../src/simulator/topology/topology.js';
import { drawTransitStub, TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { quantile } from './machine/quantile.js';

export const flags: Benchmark['flags'] = {
  scxs: { standard: '100', help: 'SCXs of a session, e.g. 100,350' },
  seconds: { standard: '120', help: 'simulated seconds' },
  profiles: { standard: 'fast,paper', help: 'fast is production' },
  adus: { standard: '0,38', help: 'ADUs that the source publishes per second; MP3 has 38' },
  runs: { standard: '3', help: 'runs for each row, which shows their median' },
  seed: { standard: '1', help: 'the seed of all runs' },
};

interface Session {
  readonly profile: string;
  readonly scxs: number;
  readonly seconds: number;
  readonly adus: number;
  readonly seed: number;
}

function topologyOf({ seed, scxs }: Session): Topology {
  const drawn = drawTransitStub(TS1000N, createRng(seed).fork('topology'), scxs);
  if (!drawn.ok) throw new Error(drawn.problems.join('; '));
  return { kind: 'graph', graph: drawn.value.graph };
}

const configOf = (profile: string): GossamerConfig => (profile === 'paper' ? PAPER : FAST);

/** Plays a session; returns its report and the processor time that it took, in seconds. */
function play(session: Session): { report: ExperimentReport; cpuS: number } {
  const { profile, scxs, seconds, adus, seed } = session;
  const topology = topologyOf(session);
  const before = process.cpuUsage();
  const report = runExperiment({
    ...{ topology, scxs, sources: 1, config: configOf(profile), seed },
    ...{ untilMs: 1000 * seconds, joinWithinMs: 5000, adusPerSecond: adus },
  });
  const { user, system } = process.cpuUsage(before);
  return { report, cpuS: (user + system) / 1e6 };
}

const digestOf = (report: ExperimentReport): string =>
  createHash('sha256').update(JSON.stringify(report)).digest('hex').slice(0, 8);

function measure(session: Session, runs: number): Row {
  const played = Array.from({ length: runs }, () => play(session));
  const cpuS = quantile(
    played.map((run) => run.cpuS),
    0.5,
  );
  const { report } = played[0] as (typeof played)[number];
  const messages = Object.values(report.traffic).reduce((sum, kind) => sum + kind.messages, 0);
  const { profile, scxs, seconds, adus } = session;
  return {
    ...{ profile, SCXs: scxs, 'simulated s': seconds, 'ADUs/s': adus },
    'processor s': round(cpuS, 2),
    'SCX-s per s': Math.round((scxs * seconds) / cpuS),
    'messages per s': Math.round(messages / cpuS),
    digest: digestOf(report),
  };
}

export async function run(flags: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const [seconds, runs, seed] = [
    numberOf(flags, 'seconds'),
    numberOf(flags, 'runs'),
    numberOf(flags, 'seed'),
  ];
  const rows = [];
  for (const profile of wordsOf(flags, 'profiles'))
    for (const scxs of wordsOf(flags, 'scxs').map(Number))
      for (const adus of wordsOf(flags, 'adus').map(Number))
        rows.push(measure({ profile, scxs, seconds, adus, seed }, runs));
  return rows;
}
