/**
 * The entries that an SCX keeps, by author and slot. The newest entry of a slot holds, withdrawn
 * slots included, until it expires.
 *
 * Bounded: AUTHORS_MAX, ENTRIES_MAX, and SLOTS_MAX for each author. A full table refuses authors that
 * are new: who is in it stays, so that strangers who draw many keys displace nobody.
 *
 * Two SCXs compare their tables by digests: sums over the entries of each of BUCKETS groups of
 * authors. All entries of an author are in one bucket, so an author that floods makes few others
 * be compared. A sum is made with a salt that the asker draws, so that nobody can prepare
 * entries that cancel out others.
 */
import {
  type AuthorKey,
  type AuthorTag,
  type Entry,
  type EntryId,
  type EntryStamp,
  stampOf,
  tagOf,
} from '../core/entry.js';

/** Guesses: five times the clusters, and twice the entries, of a directory of 1,000 clusters. */
export const AUTHORS_MAX = 5000;
export const ENTRIES_MAX = 25_000;

export const BUCKETS = 256;

export interface EntryTable {
  size(): number;
  get(id: EntryId): Entry | undefined;
  /** Whether an entry with this stamp would be newer than what is kept, and would have room. */
  wants(stamp: EntryStamp): boolean;
  /** Keeps an entry that `wants` approves; false if its author's tag is another author's. */
  put(entry: Entry): boolean;
  all(): Iterable<Entry>;
  /** Drops entries that expire before the instant, ms since 1970. */
  expire(atMs: number): void;
  /** The sums of all buckets. */
  sums(salt: number): Uint32Array;
  /** The stamps of the entries in a bucket. */
  stampsIn(bucket: number): EntryStamp[];
}

interface Author {
  readonly key: AuthorKey;
  readonly hash: number;
  readonly slots: Map<number, Entry>;
}

export const bucketOf = (tag: AuthorTag): number => Number.parseInt(tag.slice(0, 2), 16);

/** Spreads a number over 32 bits: the finaliser of MurmurHash3. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const hashOfTag = (tag: AuthorTag): number =>
  mix(Number.parseInt(tag.slice(0, 8), 16) ^ mix(Number.parseInt(tag.slice(8), 16)));

const U32_SPAN = 2 ** 32;

const hashOfEntry = (author: number, slot: number, issuedMs: number, salt: number): number =>
  mix(
    mix(mix(mix(author ^ salt) ^ slot) ^ Math.floor(issuedMs / U32_SPAN)) ^ (issuedMs % U32_SPAN),
  );

/** Creates an empty table. */
export function createEntryTable(): EntryTable {
  const authors = new Map<AuthorTag, Author>();
  const buckets = Array.from({ length: BUCKETS }, () => new Map<AuthorTag, Author>());
  let size = 0;

  const addAuthor = (key: AuthorKey): Author => {
    const tag = tagOf(key);
    const author: Author = { key, hash: hashOfTag(tag), slots: new Map() };
    authors.set(tag, author);
    buckets[bucketOf(tag)]?.set(tag, author);
    return author;
  };

  const dropAuthor = (tag: AuthorTag): void => {
    authors.delete(tag);
    buckets[bucketOf(tag)]?.delete(tag);
  };

  const hasRoom = (author: Author | undefined): boolean =>
    size < ENTRIES_MAX && (author !== undefined || authors.size < AUTHORS_MAX);

  return {
    size() {
      return size;
    },
    get: ({ author, slot }) => authors.get(author)?.slots.get(slot),
    wants: ({ author: tag, slot, issuedMs }) => {
      const author = authors.get(tag);
      const before = author?.slots.get(slot);
      return before === undefined ? hasRoom(author) : before.issuedMs < issuedMs;
    },
    put: (entry) => {
      const author = authors.get(tagOf(entry.author)) ?? addAuthor(entry.author);
      if (author.key !== entry.author) return false;
      if (!author.slots.has(entry.slot)) size++;
      author.slots.set(entry.slot, entry);
      return true;
    },
    *all() {
      for (const { slots } of authors.values()) yield* slots.values();
    },
    expire: (atMs) => {
      for (const [tag, { slots }] of authors) {
        for (const [slot, { issuedMs, lifeMs }] of slots) {
          if (issuedMs + lifeMs <= atMs && slots.delete(slot)) size--;
        }
        if (slots.size === 0) dropAuthor(tag);
      }
    },
    sums: (salt) => {
      const sums = new Uint32Array(BUCKETS);
      for (const [bucket, inside] of buckets.entries()) {
        for (const { hash, slots } of inside.values()) {
          for (const { slot, issuedMs } of slots.values()) {
            sums[bucket] = (sums[bucket] as number) + hashOfEntry(hash, slot, issuedMs, salt);
          }
        }
      }
      return sums;
    },
    stampsIn: (bucket) =>
      [...(buckets[bucket]?.values() ?? [])].flatMap(({ slots }) =>
        [...slots.values()].map(stampOf),
      ),
  };
}
