/**
 * The loop check of §3.7: "In order to detect routing loops and avoid the counting-to-infinity
 * problem, each SCX stores in its routing table entries the complete path from it to the source
 * SCX. When a node attempts to select a better route based on a routing update received from a
 * neighboring SCX, it first checks to ensure that it is not already part of the neighbor's path,
 * thus avoiding routing loops." next-hop.ts applies it to the routes of neighbours, and
 * route-offer.ts to those of each offer.
 */
import type { Route } from '../core/message.js';
import type { NodeId } from '../core/node.js';

/** Whether a neighbour's route leads through a node: for that node it would be a loop. */
export const isLoop = (route: Route, node: NodeId): boolean => route.path.includes(node);
