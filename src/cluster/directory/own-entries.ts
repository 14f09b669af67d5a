/**
 * The entries of this cluster: facts about itself in slot 0, and an announcement in each other slot
 * that is used. `update` brings them up to date with what is announced here: what has changed is
 * signed again, and what is not announced any more is withdrawn, at once.
 *
 * What does not change is signed again before it expires. Facts expire soon, so that a cluster that is
 * gone is not told of for long; as all of them are news to everybody, their interval grows with the
 * number of clusters, as in SAP (RFC 2974 §3.1), and the traffic does not.
 *
 * Bounded: the slots of an author.
 */
import type { ClusterFacts } from '../../api/directory/directory-answer.js';
import { ANNOUNCEMENT_SLOTS, ENTRY_LIFE_MS_MAX, type Entry } from '../../gossamer/core/entry.js';
import { type EntryText, packEntry } from '../../overlay/entries/entry-body.js';
import { identityOf } from '../../session/session-id.js';
import type { Published } from '../announcements/announcement-store.js';

/** What the cluster tells of one of its sessions besides the announcement. */
export type SessionFacts = Omit<ClusterFacts['sessions'][number], 'slot'>;

export interface OwnEntriesOptions {
  /** Signs an entry. */
  sign(content: Omit<Entry, 'author' | 'signature'>): Entry;
  /** What may be listed of what is announced here. */
  published(): readonly Published[];
  /** The facts, without sessions. */
  facts(): Omit<ClusterFacts, 'sessions'>;
  /** By session id. */
  sessionFacts(id: string): SessionFacts;
  /** Our entries as others have them, by slot: those of an earlier front end, too. */
  known(): ReadonlyMap<number, Entry>;
  /** How many clusters are known. */
  clusterCount(): number;
  /** ms since 1970. */
  nowMs(): number;
}

export interface OwnEntries {
  /** Signs what is due; true if anything has changed. */
  update(): boolean;
  /** Withdraws the facts, as this cluster ends; after that nothing is signed. */
  withdraw(): void;
  all(): readonly Entry[];
}

/** The interval of facts, ms: for each cluster, and its bounds. Measured: bench directory. */
const REFRESH_MS_EACH = 2500;
const REFRESH_MS_MIN = 60_000;
const REFRESH_MS_MAX = 3_600_000;

/** Facts expire when so many intervals have passed without news. Guess. */
const REFRESHES_MISSED = 3;

/** Announcements are signed again at half their life. */
const ANNOUNCEMENT_LIFE_MS = ENTRY_LIFE_MS_MAX;

/** Least time between facts that differ in numbers only, or in who is on the air, ms. Guess. */
const CHANGED_MS = 10_000;

const WITHDRAWN = new Uint8Array(0);

interface Own {
  readonly entry: Entry;
  /** The session id; undefined for facts and withdrawn slots. */
  readonly session: string | undefined;
  /** What it was made of. */
  readonly text: string;
}

const idOf = ({ announcement: { name, key } }: Published): string => identityOf(name, key).id;

/** What of the facts is worth telling at once; numbers wait for the next interval. */
const urgentOf = ({ urls, version, place, sessions }: ClusterFacts): string =>
  JSON.stringify([
    urls,
    version,
    place !== undefined,
    sessions.map(({ slot, onAir }) => [slot, onAir]),
  ]);

/** Creates entries that nobody has been told of. */
export function createOwnEntries(options: OwnEntriesOptions): OwnEntries {
  const own = new Map<number, Own>();
  let urgent = '';
  let hasEnded = false;

  /** Later than all of that slot that others have, whatever this machine's clock says. */
  const nextIssue = (slot: number): number => {
    const before = Math.max(
      own.get(slot)?.entry.issuedMs ?? 0,
      options.known().get(slot)?.issuedMs ?? 0,
    );
    return Math.max(options.nowMs(), before + 1);
  };

  const put = (
    slot: number,
    content: EntryText | undefined,
    more: Omit<Own, 'entry'>,
    lifeMs: number,
  ) => {
    const body = content === undefined ? WITHDRAWN : packEntry(content);
    if (body === undefined) return false;
    const entry = options.sign({ slot, issuedMs: nextIssue(slot), lifeMs, body });
    own.set(slot, { entry, ...more });
    return true;
  };

  /** Whether another front end of this cluster has signed a later one, when it spoke for the cluster. */
  const isReplaced = (slot: number, { entry }: Own): boolean =>
    (options.known().get(slot)?.issuedMs ?? 0) > entry.issuedMs;

  const isCurrent = (slot: number, one: Own): boolean =>
    options.nowMs() - one.entry.issuedMs < one.entry.lifeMs / 2 && !isReplaced(slot, one);

  const freeSlot = (): number | undefined => {
    for (let slot = 1; slot <= ANNOUNCEMENT_SLOTS; slot++) {
      if (own.get(slot)?.session === undefined) return slot;
    }
    return undefined;
  };

  const slotOf = (id: string): number | undefined => {
    for (const [slot, { session }] of own) if (session === id) return slot;
    return undefined;
  };

  const putAnnouncement = (published: Published): boolean => {
    const session = idOf(published);
    const slot = slotOf(session) ?? freeSlot();
    if (slot === undefined) return false;
    const before = own.get(slot);
    if (before?.session === session && before.text === published.xml && isCurrent(slot, before)) {
      return false;
    }
    const content = { kind: 'announcement', text: published.xml } as const;
    return put(slot, content, { session, text: published.xml }, ANNOUNCEMENT_LIFE_MS);
  };

  /** Slots of sessions that are not announced any more, here or by an earlier front end. */
  const withdrawOthers = (ids: ReadonlySet<string>): boolean => {
    let hasChanged = false;
    const withdraw = (slot: number): void => {
      hasChanged = put(slot, undefined, { session: undefined, text: '' }, ANNOUNCEMENT_LIFE_MS);
    };
    for (const [slot, { session }] of own) {
      if (session !== undefined && !ids.has(session)) withdraw(slot);
    }
    for (const [slot, { body }] of options.known()) {
      if (slot > 0 && body.length > 0 && own.get(slot) === undefined) withdraw(slot);
    }
    return hasChanged;
  };

  const drawFacts = (): ClusterFacts => {
    const sessions = [...own].flatMap(([slot, { session }]) =>
      session === undefined ? [] : [{ slot, ...options.sessionFacts(session) }],
    );
    return { ...options.facts(), sessions };
  };

  const refreshMs = (): number =>
    Math.min(REFRESH_MS_MAX, Math.max(REFRESH_MS_MIN, options.clusterCount() * REFRESH_MS_EACH));

  const isFactsDue = (facts: ClusterFacts): boolean => {
    const before = own.get(0);
    if (before === undefined) return true;
    const ageMs = options.nowMs() - before.entry.issuedMs;
    if (isReplaced(0, before) && ageMs >= CHANGED_MS) return true;
    return ageMs >= refreshMs() || (ageMs >= CHANGED_MS && urgentOf(facts) !== urgent);
  };

  const putFacts = (): boolean => {
    const facts = drawFacts();
    if (!isFactsDue(facts)) return false;
    const text = JSON.stringify(facts);
    const lifeMs = (REFRESHES_MISSED + 1) * refreshMs();
    if (!put(0, { kind: 'facts', text }, { session: undefined, text }, lifeMs)) return false;
    urgent = urgentOf(facts);
    return true;
  };

  return {
    update: () => {
      if (hasEnded) return false;
      const published = options.published();
      const announced = published.map(putAnnouncement);
      const withdrawn = withdrawOthers(new Set(published.map(idOf)));
      return [putFacts(), withdrawn, ...announced].includes(true);
    },
    withdraw: () => {
      hasEnded = true;
      put(0, undefined, { session: undefined, text: '' }, ANNOUNCEMENT_LIFE_MS);
    },
    all: () =>
      [...own.values()]
        .map(({ entry }) => entry)
        .filter(({ issuedMs, lifeMs }) => issuedMs + lifeMs > options.nowMs()),
  };
}
