/**
 * Launching an SCX on the Swarm: making sure that its session has a service whose SCX is still to be
 * heard of. That is repeated until an SCX of the session has been heard of, as another front end may
 * remove what was awaited here, and an engine refuses while the Swarm elects a leader.
 *
 * A service that is suspected is removed, and another one is created, away from the machines that are
 * silent. The engine would start the SCX elsewhere by itself, but not before it gives the machine up.
 * A front end that is cut off itself suspects all others. It can remove nothing, as the engine needs
 * a majority of managers for that; and before it tries, it asks the SCX once more.
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
  SESSION_LABEL,
  type ServiceTemplate,
  serviceName,
  serviceSpec,
  sessionLabel,
} from './scx-service.js';
import type { ScxWatch } from './scx-watch.js';
import type { ServiceTable } from './service-table.js';

export interface ServiceLaunchingOptions extends ServiceTemplate {
  readonly engine: Engine;
  readonly leaseSecret: string;
  readonly table: ServiceTable;
  readonly machines: Pick<Machines, 'frontEnds'>;
  readonly watch: Pick<ScxWatch, 'ask'>;
  readonly log: Logger;
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

const RETRY_MS = 200;
/** Between two looks at a service that is awaited, ms. */
const LOOK_MS = 1000;
/** The engine refuses while a leader is elected: a removal is tried for this long, ms. */
const REMOVAL_MS = 30_000;
const SESSIONS_MAX = 10_000; // more than a cluster runs

/** Creates the launching; nothing is launched yet. */
export function createServiceLaunching(options: ServiceLaunchingOptions): ServiceLaunching {
  const { engine, prefix, leaseSecret, table, machines, watch, log } = options;
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
    const order = { launch, name, secret, avoided, frontEnds: machines.frontEnds() };
    const service = await engine.createService(serviceSpec(options, order));
    if (service === undefined) return; // another front end has been faster
    log.info({ service, name, session: launch.session, avoided }, 'created a service');
  };

  /** Whether an SCX of the service is still to come. One that is suspected and silent is removed. */
  const isToCome = async ({ id }: EngineService): Promise<boolean> => {
    if (table.isOver(id) || isHeard(id)) return false;
    const suspected = table.suspected(id);
    if (suspected === undefined) return true;
    if ((await watch.ask(suspected.httpUrl)) === 'answers') {
      table.trust(id);
      return true;
    }
    await engine.removeService(id);
    table.becomeOver(id);
    return false;
  };

  const ensure = async (launch: Launch): Promise<void> => {
    const existing = await servicesOf(launch.session);
    const toCome = await Promise.all(existing.map(isToCome));
    if (!toCome.includes(true) && awaited.has(launch.id)) await create(launch, existing);
  };

  /** Ensures until it is not needed any more; `onDone` hears of the first success or refusal. */
  const ensureOn = async (launch: Launch, onDone: (error?: Error) => void): Promise<void> => {
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
