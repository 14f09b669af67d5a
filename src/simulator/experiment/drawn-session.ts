/**
 * A session of §5.1: SCXs at random nodes of a topology, "a well known rendezvous SCX. All
 * remaining SCXs join the session at a random instant within the first five seconds of the
 * experiment", and sources at randomly chosen SCXs. Everything that chance decides is drawn here,
 * before the run begins, so that a report can show it and two profiles can be compared on the same
 * draw.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { Rng } from '../../lib/rng.js';
import { sizeOf, type Topology } from '../topology/topology.js';

/** The parameters from which a session is drawn. */
export interface SessionOptions {
  readonly topology: Topology;
  readonly seed: number;
  /** At most the number of nodes in the topology. */
  readonly scxs: number;
  readonly sources: number;
  /** The profile, its degree included. */
  readonly config: GossamerConfig;
  /** All SCXs join within this time, ms. */
  readonly joinWithinMs: number;
}

/** "All remaining SCXs join ... within the first five seconds" (§5.1), ms. */
export const JOIN_WITHIN_MS = 5000;

/** The drawn values. */
export interface Drawn {
  readonly seed: number;
  /** By SCX: its node in the topology; SCX 0 is the rendezvous point. */
  readonly places: readonly number[];
  /** By SCX, ascending, ms. */
  readonly joinInstantsMs: readonly number[];
  /** The source SCXs. */
  readonly sources: readonly number[];
}

/** Draws nodes, instants of joining and sources, each from a stream of its own. */
export function drawSession(options: SessionOptions, rng: Rng): Drawn {
  const { seed, scxs, sources, topology, joinWithinMs } = options;
  const nodes = Array.from({ length: sizeOf(topology) }, (_, node) => node);
  const places = rng.fork('places').sample(nodes, scxs);
  const joins = rng.fork('joins');
  const later = Array.from({ length: scxs - 1 }, () => joins.unit() * joinWithinMs);
  const joinInstantsMs = [0, ...later.sort((a, b) => a - b)];
  const indexes = Array.from({ length: scxs }, (_, index) => index);
  return { seed, places, joinInstantsMs, sources: rng.fork('sources').sample(indexes, sources) };
}
