/**
 * One simulated run as a job for another thread. A job and its events are plain data, because they
 * are copied between threads. A topology travels as its SPEC, and each thread opens it for itself.
 */
import { UserError } from '../../lib/user-error.js';
import {
  type ExperimentOptions,
  type ExperimentReport,
  runExperiment,
} from '../../simulator/experiment/experiment.js';
import type { TransitStubOptions } from '../../simulator/topology/transit-stub.js';
import { recordingTo } from '../recording/simulated-recorder.js';
import { tracingTo } from '../recording/trace-file.js';
import { openTopology, type TopologySource } from './topology-file.js';

/** The SPEC of `--topology`, with the parameters of a graph that is drawn. */
export interface TopologySpec {
  readonly spec: string;
  readonly transitStub: TransitStubOptions;
}

/** A run to play. */
export interface Job
  extends Omit<ExperimentOptions, 'topology' | 'onProgress' | 'looks' | 'observers'> {
  readonly topology: TopologySpec;
  /** The seed from which a topology is drawn; default: that of the run. */
  readonly topologySeed?: number;
  /** The file to which the run is recorded. */
  readonly record?: string | undefined;
  /** The file to which its trace is written. */
  readonly trace?: string | undefined;
}

/** An event of a job, as its thread reports it. */
export type JobEvent =
  | { readonly kind: 'progress'; readonly nowMs: number }
  | { readonly kind: 'done'; readonly report: ExperimentReport }
  /** The job cannot be played, for a reason that the user can fix. */
  | {
      readonly kind: 'refused';
      readonly exitCode: UserError['exitCode'];
      readonly message: string;
    };

/**
 * Creates a player of jobs. It keeps the last topology, because most jobs in a row have the same
 * file.
 */
export function createPlayer(): (job: Job, tell: (event: JobEvent) => void) => void {
  let kept: { readonly key: string; readonly open: TopologySource } | undefined;
  const topologyOf = ({ topology, seed, topologySeed = seed, scxs }: Job) => {
    const key = JSON.stringify(topology);
    if (kept?.key !== key) kept = { key, open: openTopology(topology.spec, topology.transitStub) };
    return kept.open(topologySeed, scxs);
  };
  const play = (job: Job, tell: (event: JobEvent) => void): ExperimentReport => {
    const topology = topologyOf(job);
    const onProgress = (nowMs: number): void => tell({ kind: 'progress', nowMs });
    return recordingTo(job.record, (looks) =>
      tracingTo(job.trace, (observers) =>
        runExperiment({ ...job, topology, onProgress, looks, observers }),
      ),
    );
  };
  return (job, tell) => {
    try {
      tell({ kind: 'done', report: play(job, tell) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell({ kind: 'refused', exitCode: error.exitCode, message: error.message });
    }
  };
}
