/**
 * The context that the parts of the simulated network share: the world around it, and their
 * counters.
 */
import type { Address } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import { createDeferred, type Deferred } from './deferred.js';
import { createLanes, type Lanes } from './lanes.js';
import type { SimulatedScx } from './simulated-scx.js';

/** The world around the network. */
export interface NetworkOptions {
  readonly rng: Rng;
  /** One-way delay between two SCXs by index, ms. */
  readonly delayMs: (from: number, to: number) => number;
  /** Simulated time, ms. */
  now(): number;
  at(instant: number, action: () => void): void;
  /** The SCX with an address, alive or dead. */
  find(address: Address): SimulatedScx | undefined;
}

/** Since the beginning of the run. */
export interface NetworkCounters {
  /** Control messages sent. */
  messages: number;
  /** ADUs forwarded. */
  adus: number;
  /** Connections broken by an impairment. */
  broken: number;
}

/** The impairments of the network. All of it may change during a run. */
export interface Impairments {
  /** Share of messages that break their connection, 0..1. */
  breakRate: number;
  /** Uniform extra delay, ms. */
  jitterMs: number;
  /** Share of segments that are lost and sent again, 0..1; each message is one segment. */
  lossRate: number;
}

export interface NetworkContext extends NetworkOptions {
  readonly lanes: Lanes;
  /** What arrives at frozen SCXs. */
  readonly deferred: Deferred;
  readonly counters: NetworkCounters;
  readonly impairments: Impairments;
}

/** Creates a perfect network without connections. */
export const createNetworkContext = (options: NetworkOptions): NetworkContext => ({
  ...options,
  lanes: createLanes(options.now),
  deferred: createDeferred(),
  counters: { messages: 0, adus: 0, broken: 0 },
  impairments: { breakRate: 0, jitterMs: 0, lossRate: 0 },
});
