/** How long simulated runs take, about. */
import { availableParallelism } from 'node:os';
import type { Job } from './job.js';

/** Of a core's time for a simulated second of a session of one SCX. Measured with `simulate`. */
const SECONDS = { slow: 1.2e-5, fast: 3.5e-5 };

/** How that grows with the SCXs of a session. Measured from 100 to 350. */
const GROWTH = 1.5;

/** What a source more adds, as a share of a run with one. */
const SOURCE_SHARE = 0.25;

const secondsOf = ({ scxs, sources, untilMs, config }: Job): number => {
  const rate = config.exchangesEdges ? SECONDS.fast : SECONDS.slow;
  return scxs ** GROWTH * (untilMs / 1000) * rate * (1 + SOURCE_SHARE * (sources - 1));
};

/** Jobs on all cores of this machine. */
export const estimateSeconds = (jobs: readonly Job[]): number =>
  jobs.reduce((sum, job) => sum + secondsOf(job), 0) / availableParallelism();

/** "40 s", "12 min". */
export const describeTime = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
