/**
 * Plays the sessions that the figures need, and writes the figures.
 *
 * Figures share sessions, and a session has several draws; each draw is one run, with a seed of its
 * own. The runs are played on all cores and end in any order. So the reports are sorted by session
 * and draw before a figure sees them, and the same seed gives the same bytes.
 */

import { join } from 'node:path';
import { JOIN_WITHIN_MS } from '../../simulator/experiment/drawn-session.js';
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import { FIGURES, planSessions } from '../../simulator/figures/figures.js';
import type { Scope, Session, TopologyName } from '../../simulator/figures/sessions/session.js';
import { TS1000A, TS1000N } from '../../simulator/topology/transit-stub.js';
import { remark } from '../shell/output.js';
import { describeTime, estimateSeconds } from '../simulate/expected-time.js';
import type { Job, TopologySpec } from '../simulate/job.js';
import { playJobs } from '../simulate/job-pool.js';
import { createProgress } from '../views/progress-line.js';
import { makeDirectory, writeFigures } from './figure-files.js';
import { createRunStore, hashCode, type RunStore } from './run-store.js';

export interface FiguresRequest {
  /** Path of the directory that gets the files; made if it is not there. */
  readonly out: string;
  readonly scope: Scope;
  /** Draw n of every session has the seed `seed + n`. */
  readonly seed: number;
  /** Path of a file of measured round trips; without one `scope` must not name planetlab490. */
  readonly matrix: string | undefined;
}

/** One draw of a session. */
interface Run {
  readonly session: Session;
  readonly draw: number;
  readonly job: Job;
}

/**
 * Plays the sessions and writes the page, the pictures and the data; progress goes to stderr.
 * Returns the path of the page. Rejects with a UserError if a file cannot be read or written.
 */
export async function makeFigures(request: FiguresRequest): Promise<string> {
  const { out, scope, seed } = request;
  const runs = planRuns(request);
  // Before the runs: a directory that cannot be written must not be found out an hour later.
  await makeDirectory(out);
  const store = createRunStore(join(out, 'runs'), hashCode());
  const reports = bySession(runs, await playMissing(runs, store));
  const drawn = FIGURES.map((figure) => {
    const drawing = figure.draw(({ id }) => reports.get(id) ?? [], scope);
    return { figure, drawing };
  });
  return writeFigures(out, drawn, { seed, runs: runs.length, scope });
}

/** All runs, the longest first, so that none of them is played alone at the end. */
function planRuns({ scope, seed, matrix }: FiguresRequest): Run[] {
  const runs = planSessions(FIGURES, scope).flatMap((session) =>
    Array.from({ length: session.draws }, (_, draw): Run => {
      return { session, draw, job: jobOf(session, seed, draw, matrix) };
    }),
  );
  return runs.sort((a, b) => estimateSeconds([b.job]) - estimateSeconds([a.job]));
}

/** The reports by the id of their session, in the order of the draws. */
function bySession(
  runs: readonly Run[],
  played: readonly ExperimentReport[],
): ReadonlyMap<string, readonly ExperimentReport[]> {
  const reports = new Map<string, ExperimentReport[]>();
  for (const [index, report] of played.entries()) {
    const { session, draw } = runs[index] as Run;
    const ofSession = reports.get(session.id) ?? [];
    ofSession[draw] = report;
    reports.set(session.id, ofSession);
  }
  return reports;
}

/** 2 x 4 x (1 + 44 x 31) nodes: room for 10,000 SCXs. */
const TS10000N = { ...TS1000N, stubs: 44 };

function topologyOf(name: TopologyName, matrix: string | undefined): TopologySpec {
  if (name === 'planetlab490') return { spec: `rtt:${matrix}`, transitStub: TS1000N };
  const transitStub = { ts1000n: TS1000N, ts1000a: TS1000A, ts10000n: TS10000N }[name];
  return { spec: 'transit-stub', transitStub };
}

function jobOf(session: Session, seed: number, draw: number, matrix: string | undefined): Job {
  const { scxs, sources, config, untilMs, endsWhenQuiet, topologies } = session;
  return {
    ...{ topology: topologyOf(session.topology, matrix), seed: seed + draw },
    topologySeed: seed + (draw % topologies),
    ...{ scxs, sources: Math.min(sources, scxs), config, untilMs, endsWhenQuiet },
    ...{ joinWithinMs: JOIN_WITHIN_MS, adusPerSecond: 0 },
  };
}

/** The reports of all runs, in their order; those of an earlier command are not played again. */
async function playMissing(runs: readonly Run[], store: RunStore): Promise<ExperimentReport[]> {
  const known = runs.map(({ job }) => store.load(job));
  const jobs = runs.flatMap(({ job }, index) => (known[index] === undefined ? [job] : []));
  const before = jobs.length < runs.length ? `, ${runs.length - jobs.length} played before` : '';
  const estimate = describeTime(estimateSeconds(jobs));
  remark(`${runs.length} runs${before}, about ${estimate} on this machine`);
  const played = jobs.length > 0 ? await play(jobs, store) : [];
  return known.map((report) => report ?? (played.shift() as ExperimentReport));
}

/** Plays the jobs; a line on a terminal shows how many are left, and for how long. */
async function play(jobs: readonly Job[], store: RunStore): Promise<ExperimentReport[]> {
  const progress = createProgress();
  const left = new Set(jobs);
  const start = performance.now();
  const total = estimateSeconds(jobs);
  const onProgress = (index: number, nowMs: number): void => {
    const job = jobs[index] as Job;
    if (nowMs >= job.untilMs) left.delete(job);
    const open = estimateSeconds([...left]);
    const gone = (performance.now() - start) / 1000;
    // The estimate is for another machine; once jobs have ended their time corrects it.
    const more = open === total ? open : (gone * open) / (total - open);
    progress.show(`${left.size} of ${jobs.length} runs left, about ${describeTime(more)}`);
  };
  try {
    const onReport = (report: ExperimentReport, index: number): void =>
      store.save(jobs[index] as Job, report);
    return await playJobs(jobs, { onProgress, onReport });
  } finally {
    progress.end();
  }
}
