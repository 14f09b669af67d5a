/**
 * How near the trees of a profile come to the best ones that a centralised search finds, how soon,
 * and at what cost: means over draws, as in §5.4. Draw n has seed `seed + n` and the topology n of
 * the list, which begins anew after its last; so two versions are compared on the same draws.
 *
 * With several sources the search still finds a tree for each source alone, while a protocol has one
 * mesh for all of them: the excess over it is then an upper bound.
 */
import { openTopology, type TopologySource } from '../../src/cli/simulate/topology-file.js';
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { type ExperimentReport, runExperiment } from '../../src/simulator/experiment/experiment.js';
import { ratioOf } from '../../src/simulator/experiment/settling.js';
import { statisticsOf } from '../../src/simulator/metrics/statistics.js';
import { TS1000N } from '../../src/simulator/topology/transit-stub.js';
import { type Benchmark, numberOf, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  topology: { standard: 'transit-stub', help: 'as of simulate, e.g. gtitm:A,gtitm:B,rtt:C' },
  draws: { standard: '5', help: 'runs that each row has the means of' },
  scxs: { standard: '100', help: 'SCXs of a session, e.g. 100,350' },
  sources: { standard: '1', help: 'sources of a session, e.g. 1,5' },
  profiles: { standard: 'fast', help: 'fast is production' },
  seconds: { standard: '300', help: 'simulated seconds, at least 60' },
  set: {
    standard: '',
    help: 'constants that replace those of the profiles, e.g. probeBackoff=1.1',
  },
  seed: { standard: '1', help: 'the seed of the first draw' },
};

/** By §5.1 a mesh is quiet after this time without a change, ms. */
const QUIET_MS = 100_000;

interface Session {
  readonly profile: string;
  readonly config: GossamerConfig;
  readonly scxs: number;
  readonly sources: number;
  readonly untilMs: number;
}

function configOf(profile: string, changes: string): GossamerConfig {
  const config: Record<string, unknown> = { ...(profile === 'paper' ? PAPER : FAST) };
  for (const change of changes.split(',').filter(Boolean)) {
    const [name = '', value = ''] = change.split('=');
    if (config[name] === undefined) throw new UserError(EXIT.usage, `no constant "${name}"`);
    config[name] = JSON.parse(value) as unknown;
  }
  return config as unknown as GossamerConfig;
}

const play = (
  { config, scxs, sources, untilMs }: Session,
  topology: TopologySource,
  seed: number,
): ExperimentReport =>
  runExperiment({
    ...{ topology: topology(seed, scxs), seed, scxs, sources, config, untilMs },
    ...{ joinWithinMs: 5000, adusPerSecond: 0 },
  });

const mean = (values: readonly (number | undefined)[], digits = 3): number =>
  round(statisticsOf(values.filter((value) => value !== undefined)).mean, digits);

/** The mean cost ratio of all trees at an instant. */
const ratioAt = ({ samples }: ExperimentReport, instant: number): number | undefined => {
  const sample = samples.find(({ atMs }) => atMs === instant);
  return sample && ratioOf(sample);
};

const finalOf = ({ samples }: ExperimentReport): number | undefined => {
  const last = samples.at(-1);
  return last && ratioOf(last);
};

const bestOf = ({ sources }: ExperimentReport): number =>
  statisticsOf(sources.map(({ yardstick }) => yardstick?.ratio ?? Number.NaN)).mean;

const stressOf = ({ sources }: ExperimentReport): number =>
  Math.max(...sources.map(({ stress }) => stress?.tree.worst ?? 0));

/** Edge changes per SCX in the last part of a run. */
function lateChanges({ samples }: ExperimentReport, untilMs: number): number {
  const until = samples.findLast(({ atMs }) => atMs <= untilMs - QUIET_MS);
  return (samples.at(-1)?.edgeChangesPerScx ?? 0) - (until?.edgeChangesPerScx ?? 0);
}

/** Bytes of control traffic per SCX and second over the whole run. */
function bytesPerSecond({ traffic }: ExperimentReport, { scxs, untilMs }: Session): number {
  const bytes = Object.values(traffic).reduce((sum, kind) => sum + kind.bytes, 0);
  return (1000 * bytes) / untilMs / scxs;
}

/** The row of a session. */
function rowOf(session: Session, reports: readonly ExperimentReport[]): Row {
  const { profile, scxs, sources, untilMs } = session;
  const finals = reports.map(finalOf);
  const quiet = reports.flatMap(({ stableSinceMs }) => stableSinceMs ?? []);
  const best = mean(reports.map(bestOf));
  const over = (ratio: number): string => `${ratio} (${round(100 * (ratio / best - 1), 1)}%)`;
  return {
    ...{ profile, SCXs: scxs, sources, draws: reports.length },
    'best tree found': best,
    'ratio at 30 s': over(mean(reports.map((report) => ratioAt(report, 30_000)))),
    'ratio at 60 s': over(mean(reports.map((report) => ratioAt(report, 60_000)))),
    'final ratio': over(mean(finals)),
    'draws with all routes': finals.filter((ratio) => ratio !== undefined).length,
    'worst link stress, mean': mean(reports.map(stressOf), 1),
    'worst link stress': Math.max(...reports.map(stressOf)),
    'quiet draws': quiet.length,
    'of which last change, s': mean(quiet, 0) / 1000,
    'edge changes per SCX in the last 100 s': mean(
      reports.map((report) => lateChanges(report, untilMs)),
    ),
    'control B/s per SCX': mean(
      reports.map((report) => bytesPerSecond(report, session)),
      0,
    ),
    'worst second of an SCX, B': Math.max(
      ...reports.flatMap(({ worstSecondsBytes }) => worstSecondsBytes.slice(1)),
    ),
    'worst second of the rendezvous SCX, B': Math.max(
      ...reports.map(({ worstSecondsBytes }) => worstSecondsBytes[0] ?? 0),
    ),
  };
}

function sessionsOf(given: Parameters<Benchmark['run']>[0]): Session[] {
  const untilMs = 1000 * numberOf(given, 'seconds');
  return wordsOf(given, 'profiles').flatMap((profile) => {
    const config = configOf(profile, String(given.set));
    return wordsOf(given, 'scxs').flatMap((scxs) =>
      wordsOf(given, 'sources').map((sources) => {
        return { profile, config, scxs: Number(scxs), sources: Number(sources), untilMs };
      }),
    );
  });
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const topologies = wordsOf(given, 'topology').map((spec) => openTopology(spec, TS1000N));
  const [draws, seed] = [numberOf(given, 'draws'), numberOf(given, 'seed')];
  return sessionsOf(given).map((session) => {
    const reports = Array.from({ length: draws }, (_, draw) => {
      const topology = topologies[draw % topologies.length] as TopologySource;
      return play(session, topology, seed + draw);
    });
    return rowOf(session, reports);
  });
}
