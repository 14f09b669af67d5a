/**
 * How far clusters are from a network of listeners, as far as that is known; nobody is probed for it. One
 * source of distances is asked after the other; a network that none knows has no order.
 */
import type { LiveCluster } from '../clusters/live-cluster.js';

/** A source of distances. */
export interface Distances {
  /** Whether it knows anything: then other networks may get other answers. */
  knowsAny(): boolean;
  /**
   * The clusters, the nearest first, those that are as far in the given order; undefined: the network is not known.
   * @param network as networkOf() (http/ip-address.ts) writes it; '' if that is not known
   */
  order(network: string, clusters: readonly LiveCluster[]): readonly LiveCluster[] | undefined;
}

/** The first of several sources that knows a network. */
export const firstOf = (sources: readonly Distances[]): Distances => ({
  knowsAny: () => sources.some((source) => source.knowsAny()),
  order: (network, clusters) => {
    for (const source of sources) {
      const ordered = source.knowsAny() ? source.order(network, clusters) : undefined;
      if (ordered !== undefined) return ordered;
    }
    return undefined;
  },
});
