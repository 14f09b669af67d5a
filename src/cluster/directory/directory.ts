/**
 * The part of a cluster in the directory (§2.2, docs/directory.md): a session like any other, in which
 * this cluster keeps an SCX. The front end signs what the cluster tells of itself (own-entries.ts), and
 * collects what others tell (board.ts).
 *
 * The directory's announcement lies on the web; it is fetched at the start and then now and then, and
 * a cluster that cannot fetch it goes on with the one that it has learned before.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ClusterFacts } from '../../api/directory/directory-answer.js';
import type { ToldEntries } from '../../api/directory/entries.js';
import type { Entry } from '../../gossamer/core/entry.js';
import { authorKeyOf, signEntry } from '../../overlay/entries/entry-signature.js';
import { createLatch } from '../../runtime/latch.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { isDirectory, isPublic } from '../../session/announcement.js';
import type { PublicKey } from '../../session/public-key.js';
import type { SessionIdentity } from '../../session/session-id.js';
import type { AnnouncementFinder, Known } from '../announcements/announcement-finder.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { factsOf } from '../announcements/launch-facts.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Board } from './board.js';
import { createOwnEntries, type SessionFacts } from './own-entries.js';

export interface DirectoryOptions {
  /** Of the directory's announcement; undefined: this cluster takes part in none. */
  readonly url: string | undefined;
  readonly board: Board;
  readonly store: AnnouncementStore;
  readonly finder: AnnouncementFinder;
  readonly fleet: Fleet;
  readonly clusterKey: SigningKey;
  /** Facts about the cluster, without its place. */
  facts(): Omit<ClusterFacts, 'sessions' | 'place'>;
  /** By session id. */
  sessionFacts(id: string): SessionFacts;
  /** Whether this front end speaks for the cluster, if it has several; default: it does. */
  readonly leads?: (() => boolean) | undefined;
  readonly log: Logger;
}

export interface Directory {
  /** The directory session's id; undefined until it is known. */
  session(): string | undefined;
  readonly instance: string;
  /** Where this cluster is, by the network coordinates of the directory; undefined: not known yet. */
  place(): ToldEntries['place'] | undefined;
  /** The clusters that the directory's announcement lists, if it is a private one. */
  members(): readonly PublicKey[];
  onTold(entries: readonly Entry[], place: ToldEntries['place']): void;
  own(): { readonly version: string; readonly entries: readonly Entry[] };
  changed(withinMs: number): Promise<void>;
  /** What is announced here has changed. */
  update(): void;
  /** This cluster ends: tells the others. Resolves when its SCX has got that, or has had its time. */
  withdraw(): Promise<void>;
  close(): void;
}

/** How often the directory's announcement is asked for, also while it cannot be had, ms. */
const FETCH_MS = 60_000;
const RETRY_MS = 5000;
/** Interval at which own entries are looked at without a reason, ms. */
const LOOK_MS = 1000;

/** Time for the SCX to ask, and to pass on what it gets, ms. */
const WITHDRAW_MS = 300;
const SPREAD_MS = 50;

const NOT_ONE = 'the announcement of --directory is not that of a directory';

/** Creates the part; nothing happens before the first look. */
export function createDirectory(options: DirectoryOptions): Directory {
  const { url, board, store, finder, fleet, clusterKey, log } = options;
  const { leads = () => true } = options;
  const author = authorKeyOf(clusterKey.publicKey);
  const instance = randomBytes(12).toString('base64url');
  let session: string | undefined;
  let place: ToldEntries['place'] | undefined;
  let members: readonly PublicKey[] = [];
  let askedAt = 0;
  let revision = 0;
  let hasLed = false;
  let changes = createLatch();
  const given = createLatch();
  let hasEnded = false;
  let timers: NodeJS.Timeout[] = [];

  const openOwn = () =>
    createOwnEntries({
      sign: (content) => signEntry(content, session ?? '', clusterKey),
      published: () => store.all().filter(({ announcement }) => isPublic(announcement)),
      facts: () => ({ ...options.facts(), ...(place === undefined ? {} : { place }) }),
      sessionFacts: options.sessionFacts,
      known: () => board.entriesOf(author),
      clusterCount: () => board.clusters().length,
      nowMs: steadyTimeMs,
    });
  let own = openOwn();

  const publish = (): void => {
    board.learn(own.all());
    revision++;
    changes.resolve();
    changes = createLatch();
  };

  /** A front end that begins to speak for the cluster has others told all, also what it has told before. */
  const update = (): void => {
    if (session === undefined) return;
    const hadLed = hasLed;
    hasLed = leads();
    if (hasLed && (own.update() || !hadLed)) publish();
  };

  /** Entries are signed for one session: in another directory all are new. */
  const enter = ({ id, text }: SessionIdentity): void => {
    log.info({ session: text }, 'takes part in the directory');
    if (session !== undefined) fleet.unkeep(session);
    session = id;
    own = openOwn();
  };

  const join = (known: Known): void => {
    if (!isDirectory(known.announcement)) return log.error({ url }, NOT_ONE);
    members = known.announcement.privacy?.clusters ?? [];
    if (session !== known.session.id) enter(known.session);
    if (!known.isPublished) fleet.keep(known.session.id, factsOf(known));
    update();
  };

  const fetch = async (from: string): Promise<void> => {
    askedAt = performance.now();
    const found = await finder.find(from, undefined);
    if (found.ok) join(found.value);
    else log.warn({ url: from, why: found.problem.message }, 'The directory cannot be joined yet.');
  };

  if (url !== undefined) {
    setImmediate(() => void fetch(url));
    const look = (): void => {
      update();
      const waitMs = session === undefined ? RETRY_MS : FETCH_MS;
      if (performance.now() - askedAt > waitMs) void fetch(url);
    };
    timers = [setInterval(look, LOOK_MS)];
    for (const timer of timers) timer.unref();
  }
  return {
    session: () => session,
    instance,
    place: () => place,
    members: () => members,
    onTold: (entries, at) => {
      if (at.error < 1) place = at;
      board.learn(entries);
    },
    own: () => {
      if (hasEnded) given.resolve();
      return { version: `${instance}.${revision}`, entries: leads() ? own.all() : [] };
    },
    changed: (withinMs) => {
      const { promise } = changes;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
      });
      return Promise.race([promise, late]).finally(() => clearTimeout(timer));
    },
    update,
    withdraw: async () => {
      if (session === undefined) return;
      own.withdraw();
      hasEnded = true;
      publish();
      await Promise.race([given.promise.then(() => pause(SPREAD_MS)), pause(WITHDRAW_MS)]);
    },
    close: () => {
      for (const timer of timers) clearInterval(timer);
      changes.resolve();
    },
  };
}
