/**
 * Whether an entry that has arrived is kept: it must be new, of a time that can be, within the rates of
 * its sender and its author, and signed. What is cheap is looked at first. The rates bound what others
 * can make this SCX verify and pass on; what exceeds them is found by a later comparison.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import {
  type AuthorTag,
  ENTRY_LIFE_MS_MAX,
  type Entry,
  type EntryStamp,
  SLOTS_MAX,
  stampOf,
  tagOf,
} from '../core/entry.js';
import type { Member, NodeId } from '../core/node.js';
import { AUTHORS_MAX, type EntryTable } from './entry-table.js';

/** What the environment knows of entries. */
export interface EntryRules {
  /** Whether the author has signed the entry. */
  verify(entry: Entry): boolean;
  /** The time of day, ms since 1970. */
  timeMs(): number;
}

/** `later`: it came unasked, and too many do; it can be asked for. */
type Verdict = 'new' | 'known' | 'refused' | 'forged' | 'later';

export interface EntryAdmission {
  onEdgeUp(member: Member): void;
  onEdgeDown(id: NodeId): void;
  /** Whether a stamp can be that of an entry that we lack. */
  isWanted(stamp: EntryStamp): boolean;
  /** `new`: it has been put into the table. */
  judge(from: NodeId, entry: Entry, wasAsked: boolean, now: number): Verdict;
}

/** Authors' clocks may be ahead by this, ms. */
const CLOCKS_MS_MAX = 600_000;

/** Entries that one neighbour may send unasked at once, and in the long run, ms each. Guess. */
const UNASKED_MAX = 2048;
const UNASKED_MS = 20;

/** New entries of one author at once, and in the long run, ms each: all slots twice. Guess. */
const ISSUED_MAX = 2 * SLOTS_MAX;
const ISSUED_MS = 5000;

/** Creates the admission to a table. */
export function createEntryAdmission(table: EntryTable, rules: EntryRules): EntryAdmission {
  /** Bounded: k1 + k2. */
  const unasked = new Map<NodeId, TokenBucket>();
  const issued = createBoundedMap<AuthorTag, TokenBucket>(AUTHORS_MAX);

  const isTimely = ({ issuedMs, lifeMs }: Entry): boolean => {
    const at = rules.timeMs();
    return issuedMs <= at + CLOCKS_MS_MAX && lifeMs <= ENTRY_LIFE_MS_MAX && issuedMs + lifeMs > at;
  };

  const mayIssue = (author: AuthorTag, now: number): boolean => {
    const rate = issued.get(author) ?? createTokenBucket(ISSUED_MAX, ISSUED_MS);
    issued.set(author, rate);
    return rate.take(now);
  };

  return {
    onEdgeUp: ({ id }) => void unasked.set(id, createTokenBucket(UNASKED_MAX, UNASKED_MS)),
    onEdgeDown: (id) => void unasked.delete(id),
    isWanted: (stamp) => stamp.issuedMs <= rules.timeMs() + CLOCKS_MS_MAX && table.wants(stamp),
    judge: (from, entry, wasAsked, now) => {
      const stamp = stampOf(entry);
      if (table.get(stamp)?.issuedMs === entry.issuedMs) return 'known';
      if (!table.wants(stamp) || !isTimely(entry)) return 'refused';
      if (!wasAsked && unasked.get(from)?.take(now) !== true) return 'later';
      if (!rules.verify(entry)) return 'forged';
      return mayIssue(tagOf(entry.author), now) && table.put(entry) ? 'new' : 'refused';
    },
  };
}
