/**
 * "When an SCX leaves the session, it floods a time-stamped notification to the rest of the mesh ...
 * Since the mesh is not loop-free, SCXs use the time-stamp in the notification to detect duplicate
 * copies" (§3.5). A neighbour's failure is flooded alike by those who noticed it.
 *
 * Beyond: notices are believed only from the node itself or over a mesh edge; a node that hears of
 * its own death proves the contrary with a higher incarnation, in a third kind of notice.
 */
import { type Context, send } from '../core/context.js';
import type { Notice } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';

/**
 * Notices remembered for telling duplicates, and for how long at least, ms. Guess: 30 notices/s for
 * 30 s. More than that are not passed on: a flood that forgets what it has seen never ends.
 */
const SEEN_MAX = 1024;
const SEEN_MS = 30_000;

export interface Notices {
  /** Starts a flood of our own. */
  flood(what: Notice['what'], about: Member, now: number): void;
  /** Returns the notice when it is new and may be believed; it has been passed on then. */
  handle(from: Member, notice: Notice, now: number): Notice | undefined;
}

/** `neighbours` are those to flood to, and the only ones whose floods are believed. */
export function createNotices(context: Context, neighbours: () => Iterable<Member>): Notices {
  /** When each was first seen, the oldest first. Bounded by SEEN_MAX. */
  const seen = new Map<string, number>();

  const makeRoom = (now: number): boolean => {
    if (seen.size < SEEN_MAX) return true;
    const [oldest, seenAt] = seen.entries().next().value as [string, number];
    if (now - seenAt < SEEN_MS) return false;
    return seen.delete(oldest);
  };

  const isNew = (notice: Notice, now: number): boolean => {
    const { what, about, atMs, reporter } = notice;
    // A node dies once and returns once in each incarnation, whoever reports it first.
    const key =
      what === 'left'
        ? `left ${about.id} ${about.incarnation} ${reporter} ${atMs}`
        : `${what} ${about.id} ${about.incarnation}`;
    if (seen.has(key) || !makeRoom(now)) return false;
    seen.set(key, now);
    return true;
  };

  const passOn = (notice: Notice, except: NodeId | undefined): void => {
    for (const member of neighbours()) {
      if (member.id !== except) send(context, member.address, { kind: 'notice', notice });
    }
  };

  const isBelievable = (from: Member, notice: Notice): boolean => {
    if (from.id === notice.about.id) return true;
    for (const member of neighbours()) if (member.id === from.id) return true;
    // An accusation needs no proof: the accused just answers it.
    return notice.about.id === context.self().id;
  };

  return {
    flood: (what, about, now) => {
      const notice = { what, about, atMs: now, reporter: context.self().id };
      if (isNew(notice, now)) passOn(notice, undefined);
    },
    handle: (from, notice, now) => {
      if (!isBelievable(from, notice) || !isNew(notice, now)) return undefined;
      if (notice.about.id !== context.self().id) passOn(notice, from.id);
      return notice;
    },
  };
}
