/**
 * The SCXs of this cluster, as the front end sees them: the supervisor with a platform and timers
 * around it (supervision.ts), their replacement by new processes (draining.ts), and the number of
 * listeners that each session has had (listener-totals.ts).
 */
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { LeaseTerms } from '../../api/lease.js';
import type { LaunchFacts } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { createRng } from '../../lib/rng.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import type { Spare } from '../platform/spares.js';
import { createMulticastGroups } from '../ports/multicast-groups.js';
import { createSupervisor } from '../supervisor/supervisor.js';
import type { SupervisorConfig } from '../supervisor/supervisor-config.js';
import { createDraining, type Draining } from './draining.js';
import { type LaunchTemplate, launchFrom } from './launch-document.js';
import { createListenerTotals, type ListenerTotals } from './listener-totals.js';
import { createScxKeys } from './scx-keys.js';
import { type Supervision, type SupervisionOptions, superviseScxs } from './supervision.js';

/** The answer to an SCX that renews its lease (api/lease.ts). */
type LeaseAnswer = Pick<LeaseTerms, 'rendezvous' | 'handOver'> & { readonly keep: boolean };

/** The answer, and whether it is the first SCX of its session. */
interface Renewed {
  readonly answer: LeaseAnswer;
  readonly isFirst: boolean;
}

export interface FleetOptions
  extends Pick<SupervisionOptions, 'platform' | 'found' | 'log' | 'onEffect'> {
  readonly config: SupervisorConfig;
  readonly template: LaunchTemplate;
  /** Signs for the SCXs that are launched. */
  readonly clusterKey: SigningKey;
}

export interface Fleet {
  /** An SCX of the session, launched if necessary. Never rejects. */
  readonly want: Supervision['want'];
  /** From now on the session always has an SCX here. */
  keep(session: string, facts: LaunchFacts): void;
  unkeep(session: string): void;
  /** An SCX renews its lease; undefined if there is no such process. */
  renew(status: ScxStatus): Renewed | undefined;
  /** The SCXs whose leases hold, of one session or all, by session and id. */
  statuses(session?: string): readonly ScxStatus[];
  /** The sessions that have an SCX, or are about to have one, whether it has reported or not. */
  sessions(): readonly string[];
  /** Whether it is one of them. */
  has(session: string): boolean;
  /** How many listeners the session has had. */
  readonly listenersOf: ListenerTotals['of'];
  /** SCX processes, those without a lease included. */
  readonly size: number;
  /** Processes that wait for a launch; they are no SCXs yet. */
  readonly spares: readonly Spare[];
  /** Replaces SCXs by new processes; see draining.ts. */
  readonly drain: Draining['drain'];
  /** Ends all SCXs; resolves when they have ended, or are given up. */
  readonly stopAll: Supervision['stopAll'];
}

const now = (): number => performance.now();

/** Creates a fleet of the SCXs that were found. */
export function createFleet(options: FleetOptions): Fleet {
  const { platform, found, config, log, onEffect } = options;
  const keys = createScxKeys();
  const supervisor = createSupervisor(config, createRng(randomInt(2 ** 31)), keys.drawId);
  const { multicast } = options.template;
  const groups = multicast && createMulticastGroups(multicast.groups, supervisor.sessions);
  const groupOf = (session: string): string | null => groups?.groupOf(session) ?? null;
  const launchOf = launchFrom(options.template, keys.takeSeed, groupOf, options.clusterKey);
  const listenerTotals = createListenerTotals();
  const { feed, want, stopAll } = superviseScxs({
    ...{ supervisor, platform, found, launchOf, log, onEffect, now },
  });
  const statuses: Fleet['statuses'] = (session) => supervisor.statuses(now(), session);
  const draining = createDraining({
    ...{ platform, statuses },
    drawId: keys.drawId,
    plan: supervisor.planSuccessor,
    launchOf: (id, session, plan) =>
      launchOf({ id, session, ...plan, formerNeighbours: [], encoderTitles: [] }),
  });
  return {
    want,
    keep: (session, facts) => feed({ kind: 'keep', session, facts }),
    unkeep: (session) => feed({ kind: 'unkeep', session }),
    renew: (status) => {
      const { id, session, pid } = status;
      if (!supervisor.knows(id, session) && !platform.adopt(id, session, pid)) return undefined;
      feed({ kind: 'lease', status });
      if (status.multicast?.group !== undefined) groups?.onFound(session, status.multicast.group);
      if (!supervisor.knows(id, session)) return undefined;
      listenerTotals.onLease(session, statuses(session));
      const keep = supervisor.keeps(id);
      const order = draining.isOrdered(id) ? { handOver: true } : {};
      const isFirst = supervisor.isFirst(id);
      return { answer: { rendezvous: supervisor.isRendezvous(id), keep, ...order }, isFirst };
    },
    drain: draining.drain,
    statuses,
    sessions: supervisor.sessions,
    has: supervisor.has,
    listenersOf: listenerTotals.of,
    get size() {
      return supervisor.size;
    },
    get spares() {
      return platform.spares();
    },
    stopAll,
  };
}
