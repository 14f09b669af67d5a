/**
 * Entries: small facts that every SCX of a session is to know, each signed by its author. A directory
 * of sessions and clusters consists of them. The protocol does not interpret bodies.
 *
 * An author has a bounded number of slots, and the newest entry of a slot replaces earlier ones. So
 * an author can replace and crowd out its own entries only.
 */

/** The author's public key: 64 lower-case hexadecimal digits. */
export type AuthorKey = string & { readonly brand: 'AuthorKey' };

/**
 * The first 16 digits of an author's key, which stand for it where entries are only named. Two
 * authors with the same digits exclude each other: the one that an SCX has known longer stays.
 */
export type AuthorTag = string & { readonly brand: 'AuthorTag' };

/** The slots of an author are 0 to SLOTS_MAX - 1. */
export const SLOTS_MAX = 257;

/** Slot 0 is for facts about the author; these are for announcements. */
export const ANNOUNCEMENT_SLOTS = SLOTS_MAX - 1;

/** Bytes of the body of an entry, at most. An announcement, compressed, has 300 to 1500. */
export const ENTRY_BODY_BYTES_MAX = 3072;

/** How long an entry can be valid, ms. */
export const ENTRY_LIFE_MS_MAX = 48 * 3_600_000;

/** Names a slot. */
export interface EntryId {
  readonly author: AuthorTag;
  readonly slot: number;
}

/** Names an entry: a slot, and which of its entries. */
export interface EntryStamp extends EntryId {
  /** The author's clock when it signed, ms since 1970. */
  readonly issuedMs: number;
}

export interface Entry {
  readonly author: AuthorKey;
  readonly slot: number;
  readonly issuedMs: number;
  /** From `issuedMs`, at most ENTRY_LIFE_MS_MAX. */
  readonly lifeMs: number;
  /** Empty: the slot is withdrawn. */
  readonly body: Uint8Array;
  /** 64 bytes; the environment makes and verifies it. */
  readonly signature: Uint8Array;
}

const TAG_DIGITS = 16;

export const tagOf = (author: AuthorKey): AuthorTag => author.slice(0, TAG_DIGITS) as AuthorTag;

export const stampOf = ({ author, slot, issuedMs }: Entry): EntryStamp => ({
  author: tagOf(author),
  slot,
  issuedMs,
});
