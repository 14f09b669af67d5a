/**
 * One look at a running session: the trees, the mesh, and the control traffic since the last look.
 */
import type { ControlTraffic } from '../metrics/control-traffic.js';
import type { Stabilisation } from '../metrics/stabilisation.js';
import type { World } from '../world/world.js';
import type { Trees } from './trees.js';

/** The session at one instant. */
export interface Sample {
  readonly atMs: number;
  /** C / C_star of each source's tree; null while no SCX has a route. */
  readonly ratios: readonly (number | null)[];
  /** SCXs without a route to some source, including those that have yet to join. */
  readonly unreached: number;
  /** Since the beginning, each edge counted at both ends. */
  readonly edgeChangesPerScx: number;
  /** Control traffic per SCX since the last sample: the mean, and that of the busiest SCX. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly bytesPerSecondMax: number;
}

export interface SamplerOptions {
  readonly world: World;
  /** How many SCXs will have joined in the end. */
  readonly scxs: number;
  readonly trees: Trees;
  readonly stabilisation: Stabilisation;
  readonly traffic: ControlTraffic;
}

/** Creates a function that turns the traffic since its last call into rates. */
function createRates(traffic: ControlTraffic, scxs: number) {
  let [messages, bytes, since] = [0, 0, 0];
  return (now: number) => {
    const perSecond = 1000 / (now - since);
    const rates = {
      messagesPerSecond: ((traffic.total.messages - messages) * perSecond) / scxs,
      bytesPerSecond: ((traffic.total.bytes - bytes) * perSecond) / scxs,
      bytesPerSecondMax: Math.max(0, ...traffic.takeBytesByScx().filter(Boolean)) * perSecond,
    };
    ({ messages, bytes } = traffic.total);
    since = now;
    return rates;
  };
}

/** Creates a function that samples a world; the first sample has the traffic since 0 ms. */
export function createSampler(options: SamplerOptions): () => Sample {
  const { world, scxs, trees, stabilisation, traffic } = options;
  const takeRates = createRates(traffic, scxs);
  return () => {
    const costs = trees.costs();
    const missing = new Set(costs.flatMap(({ unreached }) => unreached));
    return {
      atMs: world.now(),
      ratios: costs.map(({ ratio }) => (Number.isNaN(ratio) ? null : ratio)),
      unreached: missing.size + scxs - world.scxs.length,
      edgeChangesPerScx: stabilisation.changes / scxs,
      ...takeRates(world.now()),
    };
  };
}
