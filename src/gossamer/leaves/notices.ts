/**
 * The leave flood (§3.5): "When an SCX leaves the session, it floods a time-stamped notification to
 * the rest of the mesh ... The departing SCX sends the notification to its immediate mesh neighbors
 * who in turn propagate it to the rest of the session. Since the mesh is not loop-free, SCXs use
 * the time-stamp in the notification to detect duplicate copies of the notification and stop
 * forwarding the copies." The failure of a neighbour is flooded in the same way by the neighbours
 * that notice it.
 *
 * Duplicates are detected by reporter and time stamp. Beyond (`refutesDeaths`): several neighbours
 * report the same failure, each with its own time stamp, so `failed` and `alive` are detected by node
 * and incarnation.
 *
 * Beyond: notices are believed only from the node itself or over a mesh edge. A node that receives
 * a notice of its own death refutes it with a higher incarnation, in a third kind of notice.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { type Context, send } from '../core/context.js';
import type { Notice } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';

/**
 * Notices that are remembered to detect duplicates, and the least time for which each is, ms.
 * Guess: 30 notices/s for 30 s. Any beyond that are not propagated; otherwise forgotten duplicates
 * would circulate for ever.
 */
const SEEN_MAX = 1024;
const SEEN_MS = 30_000;

/** Notices about one node that we pass on, at once and in the long run, ms each. Guess. */
const ABOUT_MAX = 6;
const ABOUT_MS = 5000;

/** Nodes whose notices are counted; the oldest makes room. Guess: all members. */
const BUDGETS_MAX = 512;

export interface Notices {
  /** Starts a flood of our own. */
  flood(what: Notice['what'], about: Member, now: number): void;
  /** Whether it comes from the node itself or over a mesh edge. */
  isBelievable(from: Member, notice: Notice): boolean;
  /** Returns the notice when it is new and may be believed; it has been propagated then. */
  handle(from: Member, notice: Notice, now: number): Notice | undefined;
}

/**
 * A notice by reporter and time stamp; or, where deaths are refuted, by node: it dies once and returns
 * once in each incarnation, whichever node reports it first.
 */
function keyOf({ what, about, atMs, reporter }: Notice, refutesDeaths: boolean): string {
  return what === 'left' || !refutesDeaths
    ? `${what} ${about.id} ${about.incarnation} ${reporter} ${atMs}`
    : `${what} ${about.id} ${about.incarnation}`;
}

/** Creates the leave flood. `neighbours` receive our floods, and only their floods are believed. */
export function createNotices(context: Context, neighbours: () => Iterable<Member>): Notices {
  /** When each notice was first seen, the oldest first. Bounded by SEEN_MAX. */
  const seen = new Map<string, number>();

  const budgets = createBoundedMap<NodeId, TokenBucket>(BUDGETS_MAX);

  const makeRoom = (now: number): boolean => {
    if (seen.size < SEEN_MAX) return true;
    const [oldest, seenAt] = seen.entries().next().value as [string, number];
    if (now - seenAt < SEEN_MS) return false;
    return seen.delete(oldest);
  };

  const isNew = (notice: Notice, now: number): boolean => {
    const key = keyOf(notice, context.config.refutesDeaths);
    if (seen.has(key) || !makeRoom(now)) return false;
    seen.set(key, now);
    return true;
  };

  const propagate = (notice: Notice, except: NodeId | undefined): void => {
    for (const member of neighbours()) {
      if (member.id !== except) send(context, member.address, { kind: 'notice', notice });
    }
  };

  /** A node speaks of itself as often as it likes, in ever higher incarnations. */
  const mayPropagate = ({ about }: Notice, now: number): boolean => {
    const budget = budgets.get(about.id) ?? createTokenBucket(ABOUT_MAX, ABOUT_MS);
    budgets.set(about.id, budget);
    return budget.take(now);
  };

  const isBelievable = (from: Member, notice: Notice): boolean => {
    if (from.id === notice.about.id) return true;
    for (const member of neighbours()) if (member.id === from.id) return true;
    // A report of our own death needs no proof: we only refute it.
    return notice.about.id === context.self().id;
  };

  return {
    flood: (what, about, now) => {
      const notice = { what, about, atMs: now, reporter: context.self().id };
      if (isNew(notice, now)) propagate(notice, undefined);
    },
    isBelievable,
    handle: (from, notice, now) => {
      if (!isBelievable(from, notice) || !isNew(notice, now)) return undefined;
      const isOurs = notice.about.id === context.self().id;
      if (!isOurs && mayPropagate(notice, now)) propagate(notice, from.id);
      return notice;
    },
  };
}
