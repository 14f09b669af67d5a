/**
 * The SCXs that the supervisor knows: each in one phase, with an instant at which our patience
 * with that phase ends. Bounded: launched ones by the cap, adopted ones by `trackedMax`.
 */
import type { ScxStatus } from '../../api/scx-status.js';
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
  /** When listeners were sent to it who are in no lease yet; at most its `listenersMax`. */
  readonly reservations: number[];
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
  /** Those of a session, in whatever phase, the oldest first. */
  of(session: string): readonly TrackedScx[];
  /** An SCX of the session other than this one: a live one, or else one that is being launched. */
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
  const bySession = new Map<string, readonly TrackedScx[]>();
  const of = (session: string): readonly TrackedScx[] => bySession.get(session) ?? [];
  const file = (session: string, list: readonly TrackedScx[]): void => {
    if (list.length === 0) bySession.delete(session);
    else bySession.set(session, list);
  };
  const all = (): TrackedScx[] => [...scxs.values()];
  return {
    get: (id) => (id === null ? undefined : scxs.get(id)),
    add: (scx) => {
      const tracked = { ...scx, status: null, reservations: [], doom: '' };
      scxs.set(scx.id, tracked);
      file(scx.session, [...of(scx.session), tracked]);
      return tracked;
    },
    remove: (id) => {
      const { session } = scxs.get(id) ?? { session: '' };
      scxs.delete(id);
      file(
        session,
        of(session).filter((scx) => scx.id !== id),
      );
    },
    all,
    of,
    heirOf: (session, except) => {
      const others = of(session).filter(({ id }) => id !== except);
      const inPhase = (phase: Phase) => others.find((scx) => scx.phase === phase);
      return inPhase('renewing') ?? inPhase('launching');
    },
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
