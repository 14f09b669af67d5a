/**
 * The SCXs that the supervisor knows: each in one phase, with an instant at which our patience
 * with that phase ends. Bounded: launched ones by the cap, adopted ones by `trackedMax`.
 */
import type { ScxStatus } from '../scx/scx-status.js';
import type { Ports } from './port-pairs.js';

/** Launching: no lease yet. Renewing: alive. Leaving: ends by itself. Killed: exit to come. */
type Phase = 'launching' | 'renewing' | 'leaving' | 'killed';

export interface TrackedScx {
  readonly id: string;
  readonly session: string;
  /** When it was launched, or when we first heard of it. */
  readonly since: number;
  ports: Ports;
  phase: Phase;
  /** Of the last lease; null before the first. */
  status: ScxStatus | null;
  /** When our patience with the phase ends. */
  due: number;
  /** Why we killed it; empty if we did not. */
  doom: string;
}

export interface ScxTable {
  get(id: string | null): TrackedScx | undefined;
  add(scx: Pick<TrackedScx, 'id' | 'session' | 'since' | 'ports' | 'phase' | 'due'>): TrackedScx;
  remove(id: string): void;
  all(): readonly TrackedScx[];
  /** A live SCX of the session other than this one. */
  heirOf(session: string, except: string | null): TrackedScx | undefined;
  readonly size: number;
  /** How many have been launched and have no lease yet. */
  readonly launching: number;
  /** The earliest end of patience; Infinity if none. */
  readonly due: number;
}

/** An empty table. */
export function createScxTable(): ScxTable {
  const scxs = new Map<string, TrackedScx>();
  const all = (): TrackedScx[] => [...scxs.values()];
  return {
    get: (id) => (id === null ? undefined : scxs.get(id)),
    add: (scx) => {
      const tracked = { ...scx, status: null, doom: '' };
      scxs.set(scx.id, tracked);
      return tracked;
    },
    remove: (id) => {
      scxs.delete(id);
    },
    all,
    heirOf: (session, except) =>
      all().find((scx) => scx.session === session && scx.id !== except && scx.phase === 'renewing'),
    get size() {
      return scxs.size;
    },
    get launching() {
      return all().filter(({ phase }) => phase === 'launching').length;
    },
    get due() {
      return all().reduce((due, scx) => Math.min(due, scx.due), Number.POSITIVE_INFINITY);
    },
  };
}

/** Whether its last lease told of listeners, or of sources that are attached to it. */
export const hadClients = ({ status }: TrackedScx): boolean =>
  status !== null && (status.listeners > 0 || status.attachedSources > 0);
