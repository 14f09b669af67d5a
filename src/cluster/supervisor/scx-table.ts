/**
 * The SCXs that the supervisor knows: each in one phase, with the deadline of that phase and with
 * what it reported last. All of it is soft state: a front end that was restarted learns it again
 * from the next renewals. Bounded: launched SCXs by the cap, adopted ones by `trackedMax`.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import type { Origin } from '../places/places.js';
import type { Ports } from '../ports/port-pairs.js';

/** Launching: no lease yet. Renewing: alive. Leaving: ends by itself. Killed: exit to come. */
type Phase = 'launching' | 'renewing' | 'leaving' | 'killed';

export interface TrackedScx {
  readonly id: string;
  readonly session: string;
  /** When it was launched, or when we first heard of it. */
  readonly since: number;
  /** What caused its launch, as far as that is known. */
  readonly origin: Origin;
  ports: Ports;
  phase: Phase;
  /** As of the last lease renewal; null before the first. */
  status: ScxStatus | null;
  /** When that was; -Infinity before the first. */
  renewedAt: number;
  /** It replaces one that died with clients, which connect again without asking here. */
  isRestart: boolean;
  /** When a client was last sent to it; -Infinity before the first. */
  usedAt: number;
  /** It was told to end although its linger has not passed, for a session that needs its place. */
  isEvicted: boolean;
  /** When listeners were sent to it that no renewal reports yet; at most its `listenersMax`. */
  readonly reservations: number[];
  /** The deadline of the phase. */
  due: number;
  /** Why it was killed; empty if it was not. */
  killReason: string;
}

export interface ScxTable {
  get(id: string | null): TrackedScx | undefined;
  add(
    scx: Pick<TrackedScx, 'id' | 'session' | 'since' | 'origin' | 'ports' | 'phase' | 'due'>,
  ): TrackedScx;
  remove(id: string): void;
  /** The SCX has another id from now on. */
  rename(id: string, to: string): TrackedScx | undefined;
  all(): readonly TrackedScx[];
  /** The SCXs of a session, in whatever phase, the oldest first. */
  of(session: string): readonly TrackedScx[];
  /** An SCX of the session other than this one: a live one, or else one that is being launched. */
  replacementOf(session: string, except: string | null): TrackedScx | undefined;
  /**
   * What SCXs that renewed after `since` reported last, of one session or all, by session and id.
   */
  statuses(since: number, session?: string): readonly ScxStatus[];
  readonly size: number;
  /** How many have been launched and have no lease yet. */
  readonly launching: number;
  /** The earliest deadline; Infinity if none. */
  readonly due: number;
}

const UNREPORTED = {
  ...{ status: null, renewedAt: Number.NEGATIVE_INFINITY },
  ...{ isRestart: false, killReason: '' },
  ...{ usedAt: Number.NEGATIVE_INFINITY, isEvicted: false },
};

const bySessionAndId = (a: ScxStatus, b: ScxStatus): number =>
  a.session === b.session ? (a.id < b.id ? -1 : 1) : a.session < b.session ? -1 : 1;

/** Creates an empty table. */
export function createScxTable(): ScxTable {
  const scxs = new Map<string, TrackedScx>();
  const bySession = new Map<string, readonly TrackedScx[]>();
  const of = (session: string): readonly TrackedScx[] => bySession.get(session) ?? [];
  const file = (session: string, list: readonly TrackedScx[]): void => {
    if (list.length === 0) bySession.delete(session);
    else bySession.set(session, list);
  };
  const all = (): TrackedScx[] => [...scxs.values()];
  const remove = (id: string): void => {
    const { session } = scxs.get(id) ?? { session: '' };
    scxs.delete(id);
    file(
      session,
      of(session).filter((scx) => scx.id !== id),
    );
  };
  const put = (scx: TrackedScx): TrackedScx => {
    scxs.set(scx.id, scx);
    file(scx.session, [...of(scx.session), scx]);
    return scx;
  };
  return {
    get: (id) => (id === null ? undefined : scxs.get(id)),
    add: (scx) => put({ ...scx, ...UNREPORTED, reservations: [] }),
    remove,
    rename: (id, to) => {
      const scx = scxs.get(id);
      if (scx === undefined) return undefined;
      remove(id);
      return put({ ...scx, id: to });
    },
    all,
    of,
    replacementOf: (session, except) => {
      const others = of(session).filter(({ id }) => id !== except);
      const inPhase = (phase: Phase) => others.find((scx) => scx.phase === phase);
      return inPhase('renewing') ?? inPhase('launching');
    },
    statuses: (since, session) =>
      (session === undefined ? all() : of(session))
        .flatMap(({ status, renewedAt }) => (status === null || renewedAt <= since ? [] : [status]))
        .sort(bySessionAndId),
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

/**
 * Whether its last renewal reported listeners, or sources that are attached to it; or listeners were
 * sent to it after `since`, who are there or on their way.
 */
export const hadClients = ({ status, reservations }: TrackedScx, since: number): boolean =>
  status !== null &&
  (status.listeners > 0 || status.attachedSources > 0 || reservations.some((at) => at > since));

/** Whether nobody needs it: it runs without clients, and none was sent to it after `since`. */
export const isIdleScx = (scx: TrackedScx, since: number): boolean =>
  scx.phase === 'renewing' && scx.status !== null && scx.usedAt <= since && !hadClients(scx, since);
