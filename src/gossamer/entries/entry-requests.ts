/**
 * The slots of which neighbours have newer entries than we: from whom to ask them, and when again.
 * A slot is asked of one neighbour at a time, and a neighbour for at most WINDOW slots at a time, so
 * answers are paced by who receives them. What a neighbour claims to have holds for that neighbour
 * only: one that claims more than it has keeps nobody from asking others.
 *
 * Bounded: WISHES_MAX slots, and for each the neighbours (k1 + k2) that offer it.
 */
import type { EntryId, EntryStamp } from '../core/entry.js';
import type { NodeId } from '../core/node.js';
import { ENTRIES_MAX } from './entry-table.js';

const WISHES_MAX = ENTRIES_MAX;

/** Slots that one neighbour is asked for at a time: 100 kB. Guess: 1 MB/s over 100 ms. */
export const WINDOW = 256;

/** How long an answer may take, ms. Guess: a window over a slow line. */
const ANSWER_MS = 4000;

export interface EntryRequests {
  isEmpty(): boolean;
  /** A neighbour claims to have the entry; it may be asked for it from the instant `from` on. */
  offer(holder: NodeId, stamp: EntryStamp, from: number): void;
  /** What to ask of a neighbour now; it counts as asked. */
  take(holder: NodeId, now: number): readonly EntryId[];
  /** The neighbour has sent the entry. True if it was asked for that slot. */
  settle(holder: NodeId, stamp: EntryStamp): boolean;
  /** The neighbour is gone: what it was asked for is asked of others. */
  forget(holder: NodeId): void;
}

interface Wish extends EntryId {
  /** When the newest entry was issued that each neighbour claims to have. */
  readonly claims: Map<NodeId, number>;
  from: number;
  asked: { readonly holder: NodeId; readonly until: number } | undefined;
}

type Key = string;

const keyOf = ({ author, slot }: EntryId): Key => `${author}${slot}`;

/** Creates a list without wishes. */
export function createEntryRequests(): EntryRequests {
  const wishes = new Map<Key, Wish>();
  /** What each neighbour can be asked for, in order. */
  const queues = new Map<NodeId, Set<Key>>();
  /** What each neighbour has been asked for. */
  const open = new Map<NodeId, Set<Key>>();

  const setOf = (sets: Map<NodeId, Set<Key>>, holder: NodeId): Set<Key> => {
    const found = sets.get(holder) ?? new Set();
    sets.set(holder, found);
    return found;
  };

  /** The neighbour cannot, or need not, be asked for the slot any more: others may. */
  const dropClaim = (key: Key, wish: Wish, holder: NodeId): void => {
    wish.claims.delete(holder);
    queues.get(holder)?.delete(key);
    if (wish.asked?.holder === holder) {
      open.get(holder)?.delete(key);
      wish.asked = undefined;
      for (const other of wish.claims.keys()) setOf(queues, other).add(key);
    }
    if (wish.claims.size === 0) wishes.delete(key);
  };

  const giveUpLate = (holder: NodeId, now: number): void => {
    for (const key of setOf(open, holder)) {
      const wish = wishes.get(key);
      if (wish?.asked !== undefined && wish.asked.until <= now) dropClaim(key, wish, holder);
    }
  };

  const add = (key: Key, { author, slot }: EntryId, from: number): Wish | undefined => {
    if (wishes.size >= WISHES_MAX) return undefined;
    const wish: Wish = { author, slot, claims: new Map(), from, asked: undefined };
    wishes.set(key, wish);
    return wish;
  };

  return {
    isEmpty() {
      return wishes.size === 0;
    },
    offer: (holder, stamp, from) => {
      const key = keyOf(stamp);
      const wish = wishes.get(key) ?? add(key, stamp, from);
      if (wish === undefined) return;
      wish.from = Math.min(wish.from, from);
      wish.claims.set(holder, Math.max(wish.claims.get(holder) ?? 0, stamp.issuedMs));
      if (wish.asked === undefined) setOf(queues, holder).add(key);
    },
    take: (holder, now) => {
      giveUpLate(holder, now);
      const asked = setOf(open, holder);
      const queue = setOf(queues, holder);
      const taken: EntryId[] = [];
      for (const key of queue) {
        if (asked.size >= WINDOW) break;
        const wish = wishes.get(key);
        if (wish?.asked === undefined && (wish?.from ?? now) > now) continue;
        queue.delete(key);
        if (wish === undefined || wish.asked !== undefined) continue;
        wish.asked = { holder, until: now + ANSWER_MS };
        asked.add(key);
        taken.push({ author: wish.author, slot: wish.slot });
      }
      return taken;
    },
    settle: (holder, stamp) => {
      const key = keyOf(stamp);
      const wish = wishes.get(key);
      if (wish === undefined) return false;
      const wasAsked = wish.asked?.holder === holder;
      for (const [other, issuedMs] of [...wish.claims]) {
        if (other === holder || issuedMs <= stamp.issuedMs) dropClaim(key, wish, other);
      }
      return wasAsked;
    },
    forget: (holder) => {
      for (const key of [...setOf(queues, holder), ...setOf(open, holder)]) {
        const wish = wishes.get(key);
        if (wish !== undefined) dropClaim(key, wish, holder);
      }
      queues.delete(holder);
      open.delete(holder);
    },
  };
}
