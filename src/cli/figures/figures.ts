/**
 * `scattercast figures`: the figures of the paper's section 5 once more, from simulated sessions of the
 * machines that run in production; and what the paper does not show.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError } from '../../lib/user-error.js';
import { type ExperimentReport, JOIN_WITHIN_MS } from '../../simulator/experiment/experiment.js';
import { FIGURES, planSessions } from '../../simulator/figures/figures.js';
import { scopeOf } from '../../simulator/figures/sessions/scope.js';
import type { Session, TopologyName } from '../../simulator/figures/sessions/session.js';
import { TS1000A, TS1000N } from '../../simulator/topology/transit-stub.js';
import type { Settings } from '../options/option.js';
import { figuresOptions } from '../options/option-tables.js';
import type { Command } from '../shell/command.js';
import { describeTime, estimateSeconds } from '../simulate/expected-time.js';
import type { Job, TopologySpec } from '../simulate/job.js';
import { playJobs } from '../simulate/job-pool.js';
import { createProgress } from '../views/progress-line.js';
import { makeDirectory, writeFigures } from './figure-files.js';

type FiguresSettings = Settings<typeof figuresOptions>;

export const command: Command<typeof figuresOptions> = {
  story:
    'Plays sessions in a simulated network, with the code that runs in production, and draws from ' +
    'them figures 6 to 15 of the paper and some more: a report that any browser opens, pictures ' +
    "(SVG) and data (CSV). Each picture has the paper's own numbers in it, as far as its text has " +
    'them. The same seed gives the same data.',
  operands: [],
  options: figuresOptions,
  examples: ['scattercast figures --quick', 'scattercast figures --out report --draws 10'],
  run,
};

async function run(settings: FiguresSettings): Promise<void> {
  if (settings.quick && settings.full) {
    throw new UserError(EXIT.usage, '--quick and --full: choose one');
  }
  const matrix = settings.rtts ?? projectMatrix();
  const scope = scopeOf({ ...settings, hasMatrix: matrix !== undefined });
  const sessions = planSessions(FIGURES, scope);
  const runs = sessions.flatMap((session) =>
    Array.from({ length: session.draws }, (_, draw) => {
      return { session, job: jobOf(session, settings.seed + draw, matrix) };
    }),
  );
  // The longest first, so that none of them is played alone at the end.
  runs.sort((a, b) => estimateSeconds([b.job]) - estimateSeconds([a.job]));
  const estimate = estimateSeconds(runs.map(({ job }) => job));
  process.stderr.write(`${runs.length} runs, about ${describeTime(estimate)} on this machine\n`);
  await makeDirectory(settings.out);
  const start = performance.now();
  const played = await play(runs.map(({ job }) => job));
  const reports = new Map<string, ExperimentReport[]>();
  for (const [index, { session, job }] of runs.entries()) {
    const ofSession = reports.get(session.id) ?? [];
    ofSession[job.seed - settings.seed] = played[index] as ExperimentReport;
    reports.set(session.id, ofSession);
  }
  const path = await writeFigures(
    settings.out,
    FIGURES.map((figure) => {
      const drawing = figure.draw(({ id }) => reports.get(id) ?? [], scope);
      return { figure, drawing };
    }),
    { seed: settings.seed, runs: runs.length, scope },
  );
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${path}\n`);
  process.stderr.write(`done in ${describeTime(seconds)}\n`);
}

/** Of a checkout of the project; an installed package has none. */
function projectMatrix(): string | undefined {
  const url = new URL('../../../test/fixtures/topologies/planetlab490.txt.gz', import.meta.url);
  const path = fileURLToPath(url);
  return existsSync(path) ? path : undefined;
}

/** 2 x 4 x (1 + 44 x 31) nodes: room for 10,000 SCXs. */
const TS10000N = { ...TS1000N, stubs: 44 };

function topologyOf(name: TopologyName, matrix: string | undefined): TopologySpec {
  if (name === 'planetlab490') return { spec: `rtt:${matrix}`, transitStub: TS1000N };
  const transitStub = { ts1000n: TS1000N, ts1000a: TS1000A, ts10000n: TS10000N }[name];
  return { spec: 'transit-stub', transitStub };
}

function jobOf(session: Session, seed: number, matrix: string | undefined): Job {
  const { scxs, sources, config, untilMs } = session;
  return {
    ...{ topology: topologyOf(session.topology, matrix), seed },
    ...{ scxs, sources: Math.min(sources, scxs), config, untilMs },
    ...{ joinWithinMs: JOIN_WITHIN_MS, adusPerSecond: 0 },
  };
}

async function play(jobs: readonly Job[]): Promise<ExperimentReport[]> {
  const progress = createProgress();
  const left = new Set(jobs);
  const start = performance.now();
  const total = estimateSeconds(jobs);
  const onProgress = (index: number, nowMs: number): void => {
    const job = jobs[index] as Job;
    if (nowMs >= job.untilMs) left.delete(job);
    const open = estimateSeconds([...left]);
    const gone = (performance.now() - start) / 1000;
    // What was played tells how long the rest will take.
    const more = open === total ? open : (gone * open) / (total - open);
    progress.show(`${left.size} of ${jobs.length} runs left, about ${describeTime(more)}`);
  };
  try {
    return await playJobs(jobs, { onProgress });
  } finally {
    progress.end();
  }
}
