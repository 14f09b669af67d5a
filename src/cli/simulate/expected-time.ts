/** Estimates how long simulated runs take, so that a long command can say so before it begins. */
import { availableParallelism } from 'node:os';
import type { Job } from './job.js';

/** Processor time, s, of a simulated second of a session with one SCX. Measured with `simulate`. */
const SECONDS = { slow: 1.2e-5, fast: 3.5e-5 };

/** The exponent with which that grows with the SCXs of a session. Measured from 100 to 350. */
const GROWTH = 1.5;

/** The cost of each additional source, as a share of a run with one source. */
const SOURCE_SHARE = 0.25;

const secondsOf = ({ scxs, sources, untilMs, config }: Job): number => {
  const rate = config.exchangesEdges ? SECONDS.fast : SECONDS.slow;
  return scxs ** GROWTH * (untilMs / 1000) * rate * (1 + SOURCE_SHARE * (sources - 1));
};

/** The time of some jobs on all cores of this machine, s. */
export const estimateSeconds = (jobs: readonly Job[]): number =>
  jobs.reduce((sum, job) => sum + secondsOf(job), 0) / availableParallelism();

/** A time as text: "40 s", "12 min". */
export const describeTime = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
