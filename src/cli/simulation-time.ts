/** How long simulated runs take, about. */
import { availableParallelism } from 'node:os';
import type { Job } from './simulation-job.js';

/** Of a core's time, for a simulated second of an SCX. Measured with `simulate`, 100 to 350 SCXs. */
const SECONDS = { slow: 8e-5, fast: 1.8e-4 };

/** A profile with keep-alives more often than that is a fast one. */
const FAST_KEEP_ALIVE_MS = 1000;

/** What a source more adds, as a share of a run with one. */
const SOURCE_SHARE = 0.25;

const secondsOf = ({ scxs, sources, untilMs, config }: Job): number => {
  const rate = config.keepAliveIntervalMs < FAST_KEEP_ALIVE_MS ? SECONDS.fast : SECONDS.slow;
  return scxs * (untilMs / 1000) * rate * (1 + SOURCE_SHARE * (sources - 1));
};

/** Jobs on all cores of this machine. */
export const estimateSeconds = (jobs: readonly Job[]): number =>
  jobs.reduce((sum, job) => sum + secondsOf(job), 0) / availableParallelism();

/** "40 s", "12 min". */
export const describeTime = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
