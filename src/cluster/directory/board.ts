/**
 * What this front end knows of the directory: the entries that its SCX in the directory session has told
 * it (entry-routes.ts). The SCX has verified that their authors, which are clusters, have signed
 * them. An announcement in an entry is signed by its session besides, which is verified here: a
 * cluster can tell of any announcement, but cannot alter one.
 *
 * An announcement is listed while a cluster that tells of it is heard: until the facts of that cluster
 * expire. Soft state, bounded as the table of entries is (gossamer/entries/entry-table.ts).
 */
import { type ClusterFacts, clusterFactsSchema } from '../../api/directory/directory-answer.js';
import { announcementPath } from '../../api/publishing.js';
import { type AuthorKey, type Entry, stampOf, tagOf } from '../../gossamer/core/entry.js';
import { createEntryTable } from '../../gossamer/entries/entry-table.js';
import { unpackEntry } from '../../overlay/entries/entry-body.js';
import { authorKeyOf, publicKeyOf } from '../../overlay/entries/entry-signature.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { isPublic, type SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import type { PublicKey } from '../../session/public-key.js';
import { identityOf, type SessionIdentity } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';

/** A cluster that takes part. */
export interface KnownCluster {
  readonly key: PublicKey;
  readonly facts: ClusterFacts;
  /** When it told them, by its clock, ms since 1970. */
  readonly toldMs: number;
}

/** An announcement that a cluster tells of. */
export interface Listing {
  readonly session: SessionIdentity;
  readonly announcement: SignedAnnouncement;
  readonly xml: string;
  readonly slot: number;
  readonly cluster: KnownCluster;
  /** At that cluster. */
  readonly url: string;
}

export interface Board {
  /** Takes entries; those that are older than what is known change nothing. */
  learn(entries: readonly Entry[]): void;
  /** The entries of one author, withdrawn ones included, by slot. */
  entriesOf(author: AuthorKey): ReadonlyMap<number, Entry>;
  /** Those that are heard. */
  clusters(): readonly KnownCluster[];
  /** One of them. */
  cluster(key: PublicKey): KnownCluster | undefined;
  /** All that is listed; a session that several clusters announce is there for each of them. */
  listings(): readonly Listing[];
  /** The newest announcement of a session, by its id. */
  find(id: string): Listing | undefined;
  /** Changes when the board does. */
  readonly version: number;
}

/** What is read of a body. */
type Content =
  | { readonly kind: 'facts'; readonly facts: ClusterFacts }
  | {
      readonly kind: 'announcement';
      readonly announcement: SignedAnnouncement;
      readonly xml: string;
    };

function readFacts(text: string): Content | undefined {
  try {
    const facts = clusterFactsSchema.safeParse(JSON.parse(text));
    return facts.success ? { kind: 'facts', facts: facts.data } : undefined;
  } catch {
    return undefined;
  }
}

function readListed(xml: string, nowMs: number): Content | undefined {
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok || !isPublic(parsed.value)) return undefined;
  const verified = verifyAnnouncement(parsed.value, nowMs);
  return verified.ok ? { kind: 'announcement', announcement: verified.value, xml } : undefined;
}

function readEntry({ slot, body }: Entry, nowMs: number): Content | undefined {
  const unpacked = unpackEntry(body);
  if (unpacked?.kind === 'facts') return slot === 0 ? readFacts(unpacked.text) : undefined;
  if (unpacked?.kind === 'announcement' && slot > 0) return readListed(unpacked.text, nowMs);
  return undefined;
}

const isNewer = (one: Listing, other: Listing | undefined): boolean =>
  other === undefined || one.announcement.issuedMs > other.announcement.issuedMs;

/** Creates a board without entries; `nowMs` since 1970. */
export function createBoard(nowMs: () => number): Board {
  const table = createEntryTable();
  /** What was read of the entries in the table. */
  const contents = new WeakMap<Entry, Content>();
  let version = 0;
  let drawn: { version: number; listings: Listing[]; byId: Map<string, Listing> } | undefined;

  const clusterOf = (author: AuthorKey, facts: Entry | undefined): KnownCluster | undefined => {
    const content = facts && contents.get(facts);
    if (facts === undefined || content?.kind !== 'facts') return undefined;
    return { key: publicKeyOf(author), facts: content.facts, toldMs: facts.issuedMs };
  };

  const byAuthor = (): Map<AuthorKey, Map<number, Entry>> => {
    const authors = new Map<AuthorKey, Map<number, Entry>>();
    for (const entry of table.all()) {
      const slots = authors.get(entry.author) ?? new Map<number, Entry>();
      authors.set(entry.author, slots.set(entry.slot, entry));
    }
    return authors;
  };

  const listingOf = (entry: Entry, cluster: KnownCluster): Listing | undefined => {
    const content = contents.get(entry);
    if (content?.kind !== 'announcement') return undefined;
    const { announcement, xml } = content;
    const session = identityOf(announcement.name, announcement.key);
    const url = `${cluster.facts.urls[0]}${announcementPath(sessionPath(session))}`;
    return { session, announcement, xml, slot: entry.slot, cluster, url };
  };

  const expire = (): void => {
    const before = table.size();
    table.expire(nowMs());
    if (table.size() !== before) version++;
  };

  const draw = () => {
    expire();
    if (drawn?.version === version) return drawn;
    const listings: Listing[] = [];
    const byId = new Map<string, Listing>();
    for (const [author, slots] of byAuthor()) {
      const cluster = clusterOf(author, slots.get(0));
      if (cluster === undefined) continue;
      for (const entry of slots.values()) {
        const listing = listingOf(entry, cluster);
        if (listing === undefined) continue;
        listings.push(listing);
        if (isNewer(listing, byId.get(listing.session.id))) byId.set(listing.session.id, listing);
      }
    }
    drawn = { version, listings, byId };
    return drawn;
  };

  return {
    learn: (entries) => {
      for (const entry of entries) {
        if (!table.wants(stampOf(entry)) || !table.put(entry)) continue;
        version++;
        const content = readEntry(entry, nowMs());
        if (content !== undefined) contents.set(entry, content);
      }
    },
    entriesOf: (author) => byAuthor().get(author) ?? new Map(),
    clusters: () => {
      expire();
      return [...byAuthor()].flatMap(([author, slots]) => clusterOf(author, slots.get(0)) ?? []);
    },
    cluster: (key) => {
      const author = authorKeyOf(key);
      const facts = table.get({ author: tagOf(author), slot: 0 });
      const isHeard = facts?.author === author && facts.issuedMs + facts.lifeMs > nowMs();
      return isHeard ? clusterOf(author, facts) : undefined;
    },
    listings: () => draw().listings,
    find: (id) => draw().byId.get(id),
    get version() {
      expire();
      return version;
    },
  };
}
