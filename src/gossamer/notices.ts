/**
 * "When an SCX leaves the session, it floods a time-stamped notification to the rest of the mesh ...
 * Since the mesh is not loop-free, SCXs use the time-stamp in the notification to detect duplicate
 * copies" (§3.5). A neighbour's failure is flooded alike by those who noticed it.
 *
 * Beyond: notices are believed only from the node itself or over a mesh edge; a node that hears of
 * its own death proves the contrary with a higher incarnation, in a third kind of notice.
 */
import { type Context, send } from './context.js';
import type { Notice } from './message.js';
import type { Member, NodeId } from './node.js';

/** Notices remembered for telling duplicates; old ones make room. Guess: 30 notices/s for 30 s. */
const SEEN_MAX = 1024;

export interface Notices {
  /** Starts a flood of our own. */
  flood(what: Notice['what'], about: Member, now: number): void;
  /** Returns the notice when it is new and may be believed; it has been passed on then. */
  handle(from: Member, notice: Notice): Notice | undefined;
}

/** `neighbours` are those to flood to, and the only ones whose floods are believed. */
export function createNotices(context: Context, neighbours: () => Iterable<Member>): Notices {
  const seen = new Set<string>();

  const isNew = (notice: Notice): boolean => {
    const { what, about, atMs, reporter } = notice;
    // A node dies once in each incarnation, whoever reports it first.
    const key =
      what === 'failed'
        ? `failed ${about.id} ${about.incarnation}`
        : `${what} ${about.id} ${about.incarnation} ${reporter} ${atMs}`;
    if (seen.has(key)) return false;
    if (seen.size >= SEEN_MAX) seen.delete(seen.values().next().value as string);
    seen.add(key);
    return true;
  };

  const passOn = (notice: Notice, except: NodeId | undefined): void => {
    for (const member of [...neighbours()]) {
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
      if (isNew(notice)) passOn(notice, undefined);
    },
    handle: (from, notice) => {
      if (!isBelievable(from, notice) || !isNew(notice)) return undefined;
      if (notice.about.id !== context.self().id) passOn(notice, from.id);
      return notice;
    },
  };
}
