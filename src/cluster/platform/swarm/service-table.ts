/**
 * What this front end knows of the services of its cluster, beyond what the engine knows:
 * - heard: the SCX renews its lease here.
 * - ended: the SCX has ended; the supervisor has not said yet whether another one follows.
 * - suspected: the SCX was silent, and its machine did not answer.
 * - over: the SCX has left in order, or the service was removed. No SCX of it is wanted any more.
 *
 * A service is known by the id that the engine has drawn for it, as names are used again: what is over
 * for one front end must not be so for the next service of that name, which another one has created.
 *
 * All of it is soft state. Bounded: heard ones by the supervisor, the others by REMEMBERED_MAX.
 */
import { createBoundedMap } from '../../../lib/bounds/bounded-map.js';

/** An SCX that renews its lease. */
interface HeardScx {
  readonly id: string;
  readonly session: string;
  readonly service: string;
  readonly machine: string;
  readonly httpUrl: string;
}

export interface ServiceTable {
  onLease(scx: HeardScx): void;
  /** The SCX with this id, if it is heard of. */
  heard(id: string): HeardScx | undefined;
  /** The SCXs of a service that are heard of. */
  ofService(service: string): readonly HeardScx[];
  /** The SCX has ended; false if it was not heard of. */
  forget(id: string): boolean;
  /** An SCX that has ended, once. */
  takeEnded(id: string): HeardScx | undefined;
  suspect(scx: HeardScx): void;
  /** The SCXs of a session that are suspected, until they are heard of again. */
  suspected(session: string): readonly HeardScx[];
  trust(service: string): void;
  /** Machines that were silent a short while ago. */
  silentMachines(): readonly string[];
  becomeOver(service: string): void;
  isOver(service: string): boolean;
}

const REMEMBERED_MAX = 10_000;
/** A machine whose SCX was silent gets no new one for this long, ms, unless it is heard of. Guess. */
const AVOID_MS = 30_000;
const MACHINES_MAX = 256;

/** Creates an empty table; `now` in ms, monotonic. */
export function createServiceTable(now = (): number => performance.now()): ServiceTable {
  const heard = new Map<string, HeardScx>();
  const ended = createBoundedMap<string, HeardScx>(REMEMBERED_MAX);
  const suspected = createBoundedMap<string, HeardScx>(REMEMBERED_MAX);
  const over = createBoundedMap<string, true>(REMEMBERED_MAX);
  const silent = createBoundedMap<string, number>(MACHINES_MAX);
  return {
    onLease: (scx) => {
      heard.set(scx.id, scx);
      suspected.delete(scx.service);
      silent.delete(scx.machine);
    },
    heard: (id) => heard.get(id),
    ofService: (service) => [...heard.values()].filter((scx) => scx.service === service),
    forget: (id) => {
      const scx = heard.get(id);
      if (scx === undefined) return false;
      ended.set(id, scx);
      return heard.delete(id);
    },
    takeEnded: (id) => {
      const scx = ended.get(id);
      ended.delete(id);
      return scx;
    },
    suspect: (scx) => {
      suspected.set(scx.service, scx);
      silent.set(scx.machine, now());
    },
    suspected: (session) =>
      [...suspected.entries()].flatMap(([, scx]) => (scx.session === session ? [scx] : [])),
    trust: (service) => void suspected.delete(service),
    silentMachines: () =>
      [...silent.entries()].flatMap(([machine, at]) => (now() - at < AVOID_MS ? [machine] : [])),
    becomeOver: (service) => over.set(service, true),
    isOver: (service) => over.has(service),
  };
}
