/**
 * The SCXs of this cluster, as the front end sees them: the supervisor machine with a platform
 * and timers around it. Everything here acts; what is to be done, supervisor.ts decides.
 */

import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { drive } from '../../lib/machine.js';
import { createRng } from '../../lib/rng.js';
import { drawId } from '../../runtime/secrets.js';
import type { Found, Platform } from '../platform/platform.js';
import { createLeases } from '../supervisor/leases.js';
import { createSupervisor } from '../supervisor/supervisor.js';
import type { SupervisorConfig } from '../supervisor/supervisor-config.js';
import type {
  LaunchFacts,
  LaunchOrder,
  Outcome,
  SupervisorEffect,
  SupervisorInput,
} from '../supervisor/supervisor-types.js';
import { createDraining, type Draining } from './draining.js';
import { type Audience, createAudiences } from './listener-totals.js';

/** What every SCX of this cluster is launched with. */
export type LaunchTemplate = Omit<
  Launch,
  | 'id'
  | 'session'
  | 'rendezvous'
  | 'formerNeighbours'
  | 'httpPort'
  | 'overlayPort'
  | keyof LaunchFacts
>;

/** What a client wants: an SCX of this session, within its patience. */
export type ScxRequest = Omit<Extract<SupervisorInput, { kind: 'want' }>, 'kind' | 'request'>;

/** What an SCX is told when it renews its lease. */
interface LeaseAnswer {
  /** It is a rendezvous point of its session (§3.4). */
  readonly rendezvous: boolean;
  /** It must stay when its last client has gone. */
  readonly keep: boolean;
  /** There is an order for it to hand over to a successor. */
  readonly handOver?: true;
}

export interface FleetOptions {
  readonly platform: Platform;
  /** The platform's list: SCXs that outlived an earlier front end. */
  readonly found: readonly Found[];
  readonly config: SupervisorConfig;
  readonly template: LaunchTemplate;
  readonly log: Logger;
  /** Hears of each effect; for counting. */
  readonly onEffect: (effect: SupervisorEffect) => void;
}

export interface Fleet {
  /** An SCX of the session, launched if need be. Never rejects. */
  want(wanted: ScxRequest): Promise<Outcome>;
  /** From now on the session always has an SCX here. */
  keep(session: string, facts: LaunchFacts): void;
  unkeep(session: string): void;
  /** An SCX's renewal; undefined if there is no such process. */
  renew(status: ScxStatus): LeaseAnswer | undefined;
  /** The SCXs whose leases hold, of one session or all. */
  statuses(session?: string): readonly ScxStatus[];
  /** The session's listeners so far. */
  audience(session: string): Audience;
  /** SCX processes, those without a lease included. */
  readonly size: number;
  /** Replaces SCXs by new processes; see draining.ts. */
  readonly drain: Draining['drain'];
  /** Ends all SCXs; answers when they are gone, or given up. */
  stopAll(): Promise<void>;
}

const now = (): number => performance.now();

/** A fleet that watches what was found. */
export function createFleet(options: FleetOptions): Fleet {
  const { platform, config, log } = options;
  const rng = createRng(randomInt(2 ** 31));
  const supervisor = createSupervisor(config, rng, drawId);
  const leases = createLeases(config.leaseMs);
  const audiences = createAudiences();
  const answers = new Map<number, (outcome: Outcome) => void>(); // bounded by waitingMax
  const timers = new Set<NodeJS.Timeout>(); // each is earlier than those before it
  let requestCount = 0;
  let onEmpty: () => void = () => undefined;

  const launchOf = ({ facts, ports, ...order }: LaunchOrder): Launch => ({
    ...{ ...options.template, ...facts, ...order },
    ...{ httpPort: ports.http, overlayPort: ports.overlay },
  });

  const launch = async (order: LaunchOrder): Promise<void> => {
    const { id, session, rendezvous } = order;
    try {
      const { pid } = await platform.launch(launchOf(order));
      log.info({ session, id, pid, rendezvous }, 'launched an SCX');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      feed({ kind: 'launchFailed', id, reason });
    }
  };

  const perform = (effect: SupervisorEffect): void => {
    options.onEffect(effect);
    if (effect.kind === 'launch') {
      void launch(effect.order);
    } else if (effect.kind === 'stop') {
      platform.stop(effect.id, effect.signal);
    } else if (effect.kind === 'answer') {
      answers.get(effect.request)?.(effect.outcome);
      answers.delete(effect.request);
    } else {
      log[effect.level]({ session: effect.session }, effect.message);
    }
  };

  const wakeAt = (instant: number, wake: () => void): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        wake();
        if (supervisor.size === 0) onEmpty();
      },
      Math.ceil(instant - now()),
    );
    timers.add(timer);
  };

  const feed = drive(supervisor, { now, perform, wakeAt });

  platform.onExit((exit) => {
    log.info({ ...exit }, 'an SCX ended');
    leases.drop(exit.id);
    feed({ kind: 'exited', ...exit });
    if (supervisor.size === 0) onEmpty();
  });
  for (const found of options.found) {
    log.info({ session: found.session, id: found.id, pid: found.pid }, 'found an SCX');
    feed({ kind: 'found', ...found });
  }

  const draining = createDraining({
    platform,
    plan: supervisor.planSuccessor,
    launchOf: (id, session, plan) => launchOf({ id, session, ...plan, formerNeighbours: [] }),
    statuses: () => leases.all(now()),
  });

  return {
    want: (wanted) =>
      new Promise((fulfil) => {
        const request = requestCount++;
        answers.set(request, fulfil);
        feed({ kind: 'want', request, ...wanted });
      }),
    keep: (session, facts) => feed({ kind: 'keep', session, facts }),
    unkeep: (session) => feed({ kind: 'unkeep', session }),
    renew: (status) => {
      const { id, session, pid } = status;
      if (!supervisor.knows(id, session) && !platform.adopt(id, session, pid)) return undefined;
      feed({ kind: 'lease', status });
      if (!supervisor.knows(id, session)) return undefined;
      leases.renew(status, now());
      audiences.onLease(session, leases.of(session, now()));
      const kept = supervisor.keeps(id);
      const order = draining.isOrdered(id) ? { handOver: true as const } : {};
      return { rendezvous: kept, keep: kept, ...order };
    },
    drain: draining.drain,
    statuses: (session) => (session === undefined ? leases.all(now()) : leases.of(session, now())),
    audience: audiences.of,
    get size() {
      return supervisor.size;
    },
    stopAll: async () => {
      const empty = new Promise<void>((fulfil) => {
        onEmpty = fulfil;
      });
      feed({ kind: 'stopAll' });
      if (supervisor.size > 0) await empty;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
