/**
 * The rules of one SCX: one machine for each concern of §3, which together are the protocol.
 * compose-rules.ts creates them, facts.ts carries facts between them, and gossamer.ts hands them
 * what comes from outside.
 */
import type { Context } from './core/context.js';
import type { OwnCoordinates } from './core/coordinates.js';
import type { Member } from './core/node.js';
import type { Discovery } from './discovery/discovery.js';
import type { Membership } from './discovery/membership.js';
import type { Rendezvous } from './discovery/rendezvous.js';
import type { Distribution } from './distribution/distribution.js';
import type { Entries } from './entries/entries.js';
import type { Departures } from './leaves/departures.js';
import type { Heartbeat } from './leaves/heartbeat.js';
import type { Liveness } from './leaves/liveness.js';
import type { Notices } from './leaves/notices.js';
import type { Lifecycle } from './lifecycle.js';
import type { EdgeExchange } from './mesh/edge-exchange.js';
import type { EdgeReports } from './mesh/edge-reports.js';
import type { Mesh } from './mesh/mesh.js';
import type { Optimizer } from './mesh/optimizer.js';
import type { Pings } from './routing/pings.js';
import type { Routing } from './routing/routing.js';

/** The rules that have work at instants of their own, in the order in which they run. */
export const CLOCKED = [
  'life',
  'pings',
  'mesh',
  'liveness',
  'discovery',
  'rendezvous',
  'heartbeat',
  'routing',
  'distribution',
  'optimizer',
  'entries',
] as const;

export type ClockedName = (typeof CLOCKED)[number];

export interface Rules {
  readonly context: Context;
  readonly life: Lifecycle;
  readonly membership: Membership;
  readonly ownCoordinates: OwnCoordinates;
  readonly pings: Pings;
  readonly mesh: Mesh;
  readonly notices: Notices;
  readonly departures: Departures;
  readonly liveness: Liveness;
  readonly discovery: Discovery;
  readonly rendezvous: Rendezvous;
  readonly heartbeat: Heartbeat;
  readonly routing: Routing;
  readonly distribution: Distribution;
  readonly edgeReports: EdgeReports;
  readonly edgeExchange: EdgeExchange;
  readonly optimizer: Optimizer;
  readonly entries: Entries;
}

/** The members that are our neighbours in the mesh. */
export function* neighboursOf({ mesh }: Pick<Rules, 'mesh'>): Iterable<Member> {
  for (const { member } of mesh.neighbours.values()) yield member;
}
