/**
 * Plays simulated runs on all cores. Which thread plays which run, and which run ends first,
 * depends on the machine. But each run draws everything from its own seed, and the reports come in
 * the order of the jobs, so the output is always the same.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { UserError } from '../../lib/user-error.js';
import { startThread } from '../../runtime/thread.js';
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import type { Job, JobEvent } from './job.js';

export interface PoolOptions {
  /** Default: one for each core. */
  readonly threads?: number;
  /** Called with the simulated time of a run, ms. */
  readonly onProgress?: (job: number, nowMs: number) => void;
  /** Called in the order of the jobs. */
  readonly onReport?: (report: ExperimentReport, job: number) => void;
}

/**
 * The most memory of a thread, MB. Messages live briefly: in a larger young generation fewer of
 * them survive a collection. Measured: a fifth less time with 1000 SCXs. 3000 SCXs need 1.5 GB, so
 * 10,000 may need 5 GB (guess).
 */
const resourceLimits = { maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 8192 };

const startWorker = (): Worker => startThread('cli/simulate/job-worker', { resourceLimits });

/** Plays all jobs and returns their reports; rejects with a UserError if a job cannot be played. */
export async function playJobs(
  jobs: readonly Job[],
  options: PoolOptions = {},
): Promise<ExperimentReport[]> {
  const reports = new Array<ExperimentReport | undefined>(jobs.length).fill(undefined);
  const waiting = [...jobs.entries()];
  let reported = 0;

  const onDone = (index: number, report: ExperimentReport): void => {
    reports[index] = report;
    for (let next = reports[reported]; next !== undefined; next = reports[++reported]) {
      options.onReport?.(next, reported);
    }
  };

  /** Plays jobs on one thread until no job waits. */
  const work = async (worker: Worker): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, job] = next;
      const report = await playOn(worker, job, (nowMs) => options.onProgress?.(index, nowMs));
      onDone(index, report);
    }
  };

  const threads = Math.min(options.threads ?? availableParallelism(), jobs.length);
  const workers = Array.from({ length: threads }, startWorker);
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return reports.filter((report) => report !== undefined);
}

function playOn(
  worker: Worker,
  job: Job,
  onProgress: (nowMs: number) => void,
): Promise<ExperimentReport> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      end();
    };
    const onMessage = (event: JobEvent): void => {
      if (event.kind === 'progress') return onProgress(event.nowMs);
      if (event.kind === 'done') return settle(() => resolve(event.report));
      settle(() => reject(new UserError(event.exitCode, event.message)));
    };
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (code: number): void =>
      settle(() => reject(new Error(`a thread of the simulation ended with code ${code}`)));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
