/**
 * The quality of the mesh (SIGMETRICS 2000, section 3.2, figures 3 and 4): what a link would gain, and
 * what a link is used for. Thresholds "are based on the member's estimation of group size, and the
 * number of neighbours"; the paper gives no numbers.
 */
import type { NodeId } from '../../../gossamer/core/node.js';
import type { Route } from './messages.js';
import type { Neighbour, RoutingTable } from './routes.js';

/**
 * Figure 3, EvaluateUtility: over all members that come nearer over the new link, the share by which
 * they do.
 * @param distanceMs to the node that the link would lead to
 * @param theirs that node's routes
 */
export function utilityOf(
  to: NodeId,
  distanceMs: number,
  ours: RoutingTable,
  theirs: ReadonlyMap<NodeId, Route>,
): number {
  let utility = 0;
  for (const [member, { costMs }] of ours) {
    const beyondMs = member === to ? 0 : (theirs.get(member)?.costMs ?? Number.POSITIVE_INFINITY);
    const newMs = distanceMs + beyondMs;
    if (newMs < costMs) utility += (costMs - newMs) / costMs;
  }
  return utility;
}

/**
 * Figure 4, EvaluateConsensusCost: the number of members to which either end's next hop is the other
 * end, whichever is more.
 */
export function consensusCost(self: NodeId, neighbour: Neighbour, ours: RoutingTable): number {
  const { id } = neighbour.member;
  let [toThem, toUs] = [0, 0];
  for (const { path } of ours.values()) if (path[0] === id) toThem++;
  for (const { path } of neighbour.routes.values()) if (path[0] === self) toUs++;
  return Math.max(toThem, toUs);
}

/** Links that a member keeps whatever they are worth. Guess. */
const LINKS_MIN = 3;

/** A link is added if its utility is above this share of the group: more, the more there are. Guess. */
const ADD_SHARE_MIN = 0.02;
const ADD_SHARE_MAX = 0.1;

/** A link is dropped if its consensus cost is below this share of the group. Guess. */
const DROP_SHARE_MAX = 0.08;

/** How full a node is beyond LINKS_MIN, 0 to 1. */
const fullness = (links: number, linksMax: number): number =>
  Math.max(0, links - LINKS_MIN) / Math.max(1, linksMax - LINKS_MIN);

/** The utility above which a link is added. */
export const addThreshold = (group: number, links: number, linksMax: number): number =>
  group * (ADD_SHARE_MIN + (ADD_SHARE_MAX - ADD_SHARE_MIN) * fullness(links, linksMax));

/** The consensus cost below which a link is dropped. */
export const dropThreshold = (group: number, links: number, linksMax: number): number =>
  group * DROP_SHARE_MAX * fullness(links, linksMax);
