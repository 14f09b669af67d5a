/**
 * Launching an SCX on the Swarm: making sure that its session has a service whose SCX is still to be
 * heard of. That is repeated until an SCX of the session has been heard of, as another front end may
 * remove what was awaited here, and an engine refuses while the Swarm elects a leader.
 *
 * A spare (waiting-spares.ts) that takes the session saves the wait for a service to start, and is
 * preferred to one that is still to start.
 *
 * A service that is suspected is removed, and another SCX is started, away from the machines that are
 * silent. The engine would start one elsewhere by itself, but not before it gives the machine up.
 * A front end that is cut off itself suspects all others. So it goes on at once only if more than half of
 * the front ends answer. Otherwise the engine must have removed the service first, which needs a majority
 * of managers, and a leader: electing one takes 10 to 40 s.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Launch } from '../../../api/scx-launch.js';
import { createBoundedMap } from '../../../lib/bounds/bounded-map.js';
import { type Engine, EngineError, type EngineService } from './engine.js';
import type { Machines } from './machines.js';
import {
  CLUSTER_LABEL,
  freeName,
  openLaunch,
  SESSION_LABEL,
  type ServiceTemplate,
  serviceName,
  serviceSpec,
  sessionDocument,
  sessionLabel,
} from './scx-service.js';
import type { ScxWatch } from './scx-watch.js';
import type { ServiceTable } from './service-table.js';
import type { WaitingSpares } from './waiting-spares.js';

export interface ServiceLaunchingOptions extends ServiceTemplate {
  readonly engine: Engine;
  readonly leaseSecret: string;
  readonly table: ServiceTable;
  readonly machines: Pick<Machines, 'frontEnds'>;
  readonly watch: Pick<ScxWatch, 'ask' | 'isMajority'>;
  readonly spares: Pick<WaitingSpares, 'give' | 'isStarting'>;
  readonly log: Logger;
  /** How long nothing is launched at first, ms. Default: 3 s. */
  readonly learningMs?: number;
}

export interface ServiceLaunching {
  /** Resolves when the service exists. Rejects when the engine refuses it. */
  launch(launch: Launch): Promise<{ readonly pid: number }>;
  /** An SCX of the session has been heard of: nothing is awaited any more. */
  onScx(session: string): void;
  isAwaited(session: string): boolean;
  /** The launch with this id has come to nothing: services that do not even run are removed. */
  giveUp(id: string): Promise<void>;
  /** Removes the service with this id as soon as the engine does it; no SCX of it is wanted any more. */
  remove(service: string): void;
  /** The last launch of a session. */
  lastOf(session: string): Launch | undefined;
  /** Removes services that do not run, and that nobody waits for. */
  sweep(): Promise<void>;
  close(): void;
}

/**
 * A front end that has just been started does not know yet which SCXs there are: each renews its lease
 * within that, ms, as a question to a machine that was away may last for two seconds.
 */
const LEARNING_MS = 3000;
const RETRY_MS = 200;
/** Between two looks at a service that is awaited, ms. */
const LOOK_MS = 1000;
/** The engine refuses while a leader is elected: a removal is tried for this long, ms. */
const REMOVAL_MS = 30_000;
const SESSIONS_MAX = 10_000; // more than a cluster runs

/** Creates the launching; nothing is launched yet. */
export function createServiceLaunching(options: ServiceLaunchingOptions): ServiceLaunching {
  const { engine, prefix, leaseSecret, table, machines, watch, spares, log } = options;
  const learnedAt = performance.now() + (options.learningMs ?? LEARNING_MS);
  const launches = createBoundedMap<string, Launch>(SESSIONS_MAX);
  const awaited = new Map<string, Launch>(); // by the supervisor's id, and bounded by it
  let unneeded: ReadonlySet<string> = new Set();
  let isClosed = false;

  const isHeard = (service: string): boolean => table.ofService(service).length > 0;

  const servicesOf = (session: string): Promise<readonly EngineService[]> =>
    engine.services(`${CLUSTER_LABEL}=${prefix}`, `${SESSION_LABEL}=${sessionLabel(session)}`);

  const create = async (launch: Launch, existing: readonly EngineService[]): Promise<void> => {
    const name = freeName(serviceName(prefix, launch.session, 0), existing);
    const secretName = `${prefix}-lease`;
    const secret = { id: await engine.secret(secretName, leaseSecret), name: secretName };
    const avoided = table.silentMachines();
    const document = sessionDocument(options, launch, machines.frontEnds());
    const labels = { [SESSION_LABEL]: sessionLabel(launch.session) };
    const spec = serviceSpec(options, { name, labels, document, secret, avoided });
    const service = await engine.createService(spec);
    if (service === undefined) return; // another front end has been faster
    log.info({ service, name, session: launch.session, avoided }, 'created a service');
  };

  /** Whether an SCX of the service is still to come. */
  const isToCome = ({ id }: EngineService): boolean => !table.isOver(id) && !isHeard(id);

  /** Removes the services of silent SCXs. Whether one of these answers again, and is to come. */
  const answersAgain = async (session: string): Promise<boolean> => {
    const suspected = table.suspected(session);
    if (suspected.length > 0 && (await watch.isMajority(machines.frontEnds()))) {
      for (const { service } of suspected) {
        table.trust(service);
        remove(service);
      }
      return false;
    }
    for (const { service, httpUrl } of suspected) {
      const isThere = (await watch.ask(httpUrl)) === 'answers';
      if (!isThere) await engine.removeService(service); // needs a majority
      table.trust(service);
      if (isThere) return true;
      table.becomeOver(service);
    }
    return false;
  };

  /** Gives the session to a spare. What was to be started for it is not wanted any more. */
  const isGiven = async (launch: Launch): Promise<boolean> => {
    const open = openLaunch(launch, machines.frontEnds());
    if (!(await spares.give(open, table.silentMachines()))) return false;
    const existing = await servicesOf(launch.session);
    for (const { id } of existing.filter(isToCome)) remove(id);
    return true;
  };

  const ensure = async (launch: Launch): Promise<void> => {
    const { id, session } = launch;
    if (spares.isStarting(session) || (await answersAgain(session))) return;
    if (!awaited.has(id) || (await isGiven(launch))) return;
    const existing = await servicesOf(session);
    if (!existing.some(isToCome) && awaited.has(id)) await create(launch, existing);
  };

  /** Ensures until it is not needed any more; `onDone` hears of the first success or refusal. */
  const ensureOn = async (launch: Launch, onDone: (error?: Error) => void): Promise<void> => {
    await pause(Math.max(0, learnedAt - performance.now()), undefined, { ref: false });
    while (awaited.has(launch.id) && !isClosed) {
      try {
        await ensure(launch);
        onDone();
        await pause(LOOK_MS, undefined, { ref: false });
      } catch (error) {
        const { message } = error as Error;
        const isRefused = error instanceof EngineError && error.status < 500;
        if (isRefused) return onDone(error);
        log.debug({ message }, 'the Docker engine does not launch an SCX yet');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
    onDone();
  };

  const removeSoon = async (service: string): Promise<void> => {
    const until = performance.now() + REMOVAL_MS;
    while (performance.now() < until && !isClosed) {
      try {
        return await engine.removeService(service);
      } catch {
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
    log.warn({ service }, 'a service could not be removed; it is tried again');
  };

  const remove = (service: string): void => {
    table.becomeOver(service);
    void removeSoon(service);
  };

  const isAwaited = (session: string): boolean =>
    [...awaited.values()].some((launch) => launch.session === session);

  const removeIdle = async (services: readonly string[], why: string): Promise<void> => {
    for (const service of services) {
      const isUsed = isHeard(service) || (await engine.isRunning(service));
      if (isUsed && !table.isOver(service)) continue;
      log.warn({ service }, why);
      remove(service);
    }
  };

  return {
    launch: (launch) => {
      launches.set(launch.session, launch);
      awaited.set(launch.id, launch);
      return new Promise((resolve, reject) => {
        void ensureOn(launch, (error) => {
          if (error !== undefined) reject(error);
          else resolve({ pid: 1 });
        });
      });
    },
    onScx: (session) => {
      for (const launch of awaited.values())
        if (launch.session === session) awaited.delete(launch.id);
    },
    isAwaited,
    giveUp: async (id) => {
      const launch = awaited.get(id);
      awaited.delete(id);
      if (launch === undefined) return;
      const why = 'a service has not started its SCX in time, and is removed';
      await servicesOf(launch.session)
        .then((found) =>
          removeIdle(
            found.map(({ id: service }) => service),
            why,
          ),
        )
        .catch(({ message }: Error) => log.warn({ message }, 'the Docker engine does not answer'));
    },
    remove,
    lastOf: (session) => launches.get(session),
    sweep: async () => {
      try {
        const all = await engine.services(`${CLUSTER_LABEL}=${prefix}`);
        const wanted = new Set([...awaited.values()].map(({ session }) => sessionLabel(session)));
        const isWanted = (id: string, label = ''): boolean =>
          wanted.has(label) && !table.isOver(id);
        const idle = all.flatMap(({ id, labels }) =>
          isHeard(id) || isWanted(id, labels[SESSION_LABEL]) ? [] : [id],
        );
        await removeIdle(
          idle.filter((id) => unneeded.has(id)),
          'a service runs nothing, and is removed',
        );
        unneeded = new Set(idle);
      } catch (error) {
        log.debug({ message: (error as Error).message }, 'services cannot be looked at');
      }
    },
    close: () => {
      isClosed = true;
    },
  };
}
