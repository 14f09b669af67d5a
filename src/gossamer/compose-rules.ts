/**
 * Creates the rules of one SCX. Each gets a context and the facts that it must tell (facts.ts);
 * nothing is decided here.
 */
import type { Rng } from '../lib/rng.js';
import type { Alarms } from './core/alarms.js';
import type { GossamerConfig } from './core/config.js';
import type { ClockedContext, Context } from './core/context.js';
import { createOwnCoordinates } from './core/coordinates.js';
import type { Effect } from './core/effects.js';
import type { Member } from './core/node.js';
import { createDiscovery } from './discovery/discovery.js';
import { createMembership } from './discovery/membership.js';
import { createRendezvous } from './discovery/rendezvous.js';
import { createDistribution } from './distribution/distribution.js';
import { createEntries } from './entries/entries.js';
import type { EntryRules } from './entries/entry-admission.js';
import * as facts from './facts.js';
import { createDepartures } from './leaves/departures.js';
import { createHeartbeat } from './leaves/heartbeat.js';
import { createLiveness } from './leaves/liveness.js';
import { createNotices } from './leaves/notices.js';
import { createLifecycle } from './lifecycle.js';
import { createEdgeExchange } from './mesh/edge-exchange.js';
import { createEdgeReports } from './mesh/edge-reports.js';
import { createMesh, type FormerEdge } from './mesh/mesh.js';
import { createOptimizer } from './mesh/optimizer.js';
import { createPings } from './routing/pings.js';
import { createRouting } from './routing/routing.js';
import { type ClockedName, neighboursOf, type Rules } from './rules.js';

export interface GossamerOptions {
  readonly self: Member;
  readonly config: GossamerConfig;
  readonly rng: Rng;
  /** The announcement's rendezvous locations. */
  readonly locations: readonly string[];
  /** The edges of a predecessor that died and that we replace. */
  readonly formerEdges?: readonly FormerEdge[];
  /** Undefined: the session has no entries. */
  readonly entries?: EntryRules | undefined;
}

/** @param emit called with each effect of the rules */
export function composeRules(
  options: GossamerOptions,
  alarms: Alarms<ClockedName>,
  emit: (effect: Effect) => void,
): Rules {
  const { config, rng, self: born, locations, formerEdges = [] } = options;
  const rules = (): Rules => all;
  const life = createLifecycle({
    ...{ born, config, wakeBy: alarms.alarm('life') },
    facts: facts.lifecycleFacts(rules, formerEdges),
  });
  const context: Context = { config, rng, self: life.self, emit };
  const clocked = (name: ClockedName): ClockedContext => ({
    ...context,
    wakeBy: alarms.alarm(name),
  });

  /** Source SCXs and the heartbeat generator stay known while others make room. */
  const membership = createMembership(
    context,
    (id) => routing.table.has(id) || heartbeat.generator() === id,
  );
  const ownCoordinates = createOwnCoordinates(rng);
  const pings = createPings(clocked('pings'), facts.pingFacts(rules));
  const mesh = createMesh(clocked('mesh'), facts.meshFacts(rules));
  const notices = createNotices(context, () => neighboursOf({ mesh }));
  const departures = createDepartures({
    ...{ context, membership, notices, pings },
    facts: facts.departuresFacts(rules),
  });
  const liveness = createLiveness(clocked('liveness'), facts.livenessFacts(rules));
  const discovery = createDiscovery(clocked('discovery'), membership, facts.memberListFacts(rules));
  const rendezvous = createRendezvous(clocked('rendezvous'), locations, discovery.contact);
  const heartbeat = createHeartbeat(clocked('heartbeat'), facts.heartbeatFacts(rules));
  const routing = createRouting(clocked('routing'), facts.routingFacts(rules));
  const distribution = createDistribution(clocked('distribution'), facts.distributionFacts(rules));
  const edgeReports = createEdgeReports(config, facts.edgeReportsView(rules));
  const exchangeView = facts.edgeExchangeView(rules);
  const edgeExchange = createEdgeExchange(context, edgeReports, exchangeView);
  const optimizer = createOptimizer({
    ...{ context: clocked('optimizer'), membership, mesh, pings, routing, heartbeat },
    ...{ exchange: edgeExchange, reports: edgeReports, ownCoordinates: ownCoordinates.current },
  });

  const entries = createEntries(clocked('entries'), options.entries, facts.entriesFacts(rules));

  const all: Rules = {
    context,
    life,
    membership,
    ownCoordinates,
    pings,
    mesh,
    notices,
    departures,
    liveness,
    discovery,
    rendezvous,
    heartbeat,
    routing,
    distribution,
    edgeReports,
    edgeExchange,
    optimizer,
    entries,
  };
  return all;
}
