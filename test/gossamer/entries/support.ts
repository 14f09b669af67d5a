/** Entries of authors that are numbers. One whose signature begins with 0 counts as forged. */
import type { AuthorKey, AuthorTag, Entry } from '../../../src/gossamer/core/entry.js';

export const authorOf = (number: number): AuthorKey =>
  number.toString(16).padStart(16, '0').padEnd(64, 'a') as AuthorKey;

export const tagOfNumber = (number: number): AuthorTag =>
  number.toString(16).padStart(16, '0') as AuthorTag;

export const entryOf = (author: number, slot: number, more: Partial<Entry> = {}): Entry => ({
  author: authorOf(author),
  slot,
  issuedMs: 1000,
  lifeMs: 3_600_000,
  body: Uint8Array.of(1),
  signature: new Uint8Array(64).fill(1),
  ...more,
});

export const FORGED = new Uint8Array(64);
