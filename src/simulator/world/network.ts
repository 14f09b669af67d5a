/**
 * The simulated network, as TCP looks to an SCX: messages of one connection arrive in order, after
 * the one-way delay; a connection that loses a segment too often breaks, and both ends learn of it.
 *
 * Its faults have names: `breakRate`, `jitterMs` and `lossRate` (segments.ts), `cut` (a partition,
 * see connections.ts), `narrow` (a path with too little bandwidth, see bottlenecks.ts), and the
 * death of an SCX with or without resets.
 *
 * It is composed of lanes.ts (which connections are open), connections.ts (what they have in
 * common), control-path.ts and data-path.ts (when they open, and what they carry).
 */
import { type Connections, createConnections } from './connections.js';
import { type ControlPath, createControlPath } from './control-path.js';
import { createDataPath, type DataPath } from './data-path.js';
import {
  createNetworkContext,
  type Impairments,
  type NetworkCounters,
  type NetworkOptions,
} from './network-context.js';
import type { SimulatedScx } from './simulated-scx.js';

export interface Network
  extends Impairments,
    ControlPath,
    DataPath,
    Pick<Connections, 'cut' | 'onDeath'> {
  readonly counters: NetworkCounters;
  /** Delivers what arrived while the SCX was frozen. */
  thaw(scx: SimulatedScx): void;
}

/** Creates a network without connections or faults. */
export function createNetwork(options: NetworkOptions): Network {
  const context = createNetworkContext(options);
  const connections = createConnections(context);
  const { cut, onDeath } = connections;
  // The impairments stay one object: `network.lossRate = 0.05` is what the segments read.
  return Object.assign(context.impairments, {
    counters: context.counters,
    cut,
    onDeath,
    ...createControlPath(context, connections),
    ...createDataPath(context, connections),
    thaw: context.deferred.release,
  });
}
