/**
 * The hysteresis of edges under `fast` (Beyond §3.6, where H is constant): "A higher value of H will
 * result in fewer changes to the mesh structure, but may result in a less efficient mesh." A young
 * mesh wants the second, an old one the first. So the least gain of a change doubles at a regular
 * interval, until the mesh is quiet. It begins anew for the SCX that joins, at the neighbours of one
 * that dies or leaves, and everywhere when a source appears.
 */
import type { GossamerConfig } from '../core/config.js';
import type { NodeId } from '../core/node.js';

/** It doubles no further when a change must gain this share of the cost. Guess: hardly any does. */
const SHARE_MAX = 0.25;

export interface Hysteresis {
  /** The least gain, as a share of the cost of the sources that are known now. */
  share(sources: Iterable<NodeId>, now: number): number;
  /** An edge is missing through no choice of ours, or we have joined. */
  onDisturbed(now: number): void;
}

/** Creates the hysteresis of an SCX that joins at its first disturbance. */
export function createHysteresis(config: GossamerConfig): Hysteresis {
  const { gainLeast, gainDoublingMs, sourcesMax } = config;
  let since = 0;
  /** The sources that were known at any time: a route that is lost and found again is no news. */
  const known = new Set<NodeId>();

  const hear = (sources: Iterable<NodeId>, now: number): void => {
    for (const source of sources) {
      if (known.has(source)) continue;
      if (known.size >= sourcesMax) known.clear();
      known.add(source);
      since = now;
    }
  };

  return {
    share: (sources, now) => {
      hear(sources, now);
      return Math.min(SHARE_MAX, gainLeast * 2 ** ((now - since) / gainDoublingMs));
    },
    onDisturbed: (now) => {
      since = now;
    },
  };
}
