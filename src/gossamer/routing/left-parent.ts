/**
 * The exchange of two subtrees (Beyond §3.6): an asker leaves a place at its parent, and the
 * neighbour that is evicted for it may take that place. The asker names the parent that it would
 * leave, and what sources cost there; so the asked node can tell what its neighbour would lose
 * (mesh/evictions.ts), and where it should look.
 */
import type { LeftParent } from '../core/message.js';
import type { NodeId } from '../core/node.js';
import type { Routing } from './routing.js';

/**
 * The parent over which we reach most sources; null: there is none, or its path leads over the asked
 * node, so that the place there is below that node's neighbour.
 */
export function leftParent(
  routing: Pick<Routing, 'table' | 'rttMs' | 'reachedOver'>,
  asked: NodeId,
): LeftParent | null {
  let found: LeftParent | null = null;
  for (const { nextHop: id, route } of routing.table.values()) {
    if (id === undefined || route.path.includes(asked)) continue;
    const scxs = routing.reachedOver(id);
    if (scxs.length <= (found?.costs.length ?? 0)) continue;
    const distanceMs = (routing.rttMs(id) ?? 0) / 2;
    const costs = scxs.map((scx) => {
      const costMs = (routing.table.get(scx)?.route.costMs ?? 0) - distanceMs;
      return { scx, costMs: Math.max(0, costMs) };
    });
    found = { id, costs };
  }
  return found;
}
