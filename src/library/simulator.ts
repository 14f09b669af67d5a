/**
 * `scattercast/simulator`: sessions of Gossamer machines in a simulated network (docs/library.md),
 * with the topologies, faults and measures that `scattercast simulate` uses.
 */
export {
  type Drawn,
  drawSession,
  JOIN_WITHIN_MS,
  type SessionOptions,
} from '../simulator/experiment/drawn-session.js';
export {
  type ExperimentOptions,
  type ExperimentReport,
  runExperiment,
} from '../simulator/experiment/experiment.js';
export type { Looks } from '../simulator/experiment/looks.js';
export type { Sample } from '../simulator/experiment/sample.js';
export { ratioOf, settledSince } from '../simulator/experiment/settling.js';
export type { FaultReport } from '../simulator/faults/fault-report.js';
export { type FaultOptions, runFaults } from '../simulator/faults/fault-run.js';
export type { FaultScenario } from '../simulator/faults/scenario.js';
export { createControlTraffic } from '../simulator/metrics/control-traffic.js';
export { type Cost, measureCost, overlayDistances } from '../simulator/metrics/cost-ratio.js';
export { type LinkStress, measureStress } from '../simulator/metrics/link-stress.js';
export { type Statistics, statisticsOf } from '../simulator/metrics/statistics.js';
export { type DelayMs, readTrees, type Tree, treeHops } from '../simulator/metrics/tree.js';
export { findYardstick } from '../simulator/metrics/yardstick.js';
export {
  type ComparisonOptions,
  type ComparisonReport,
  compare,
} from '../simulator/rivals/comparison.js';
export { PROTOCOLS, type ProtocolName } from '../simulator/rivals/protocols.js';
export { type Distances, measureDistances } from '../simulator/topology/distances.js';
export { createGraph, type Graph, type Link } from '../simulator/topology/graph.js';
export { readGtitm } from '../simulator/topology/gtitm-reader.js';
export { readRtts } from '../simulator/topology/rtt-reader.js';
export { type RttMatrix, sizeOf, type Topology } from '../simulator/topology/topology.js';
export {
  drawTransitStub,
  type TransitStubOptions,
  TS1000A,
  TS1000N,
} from '../simulator/topology/transit-stub.js';
export { type Checker, createChecker } from '../simulator/world/checker.js';
export type { Network } from '../simulator/world/network.js';
export type { SimulatedScx } from '../simulator/world/simulated-scx.js';
export {
  createWorld,
  type Observer,
  type World,
  type WorldOptions,
} from '../simulator/world/world.js';
