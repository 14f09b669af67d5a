/**
 * Tells a node that it is considered dead (Beyond §3.5), so that it can refute it. Accusations are
 * limited for each node and in total: each node that is alive answers with a flood, and a list of
 * deaths may be invented.
 */
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { type Context, send } from '../core/context.js';
import type { Member, NodeId } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';

/** Minimum interval between two accusations of one node, ms. Guess: one heartbeat. */
const ACCUSE_INTERVAL_MS = 1000;

/** Nodes for which that is remembered. Guess: more than a few honest lists contain. */
const ACCUSED_MAX = 256;

/** Accusations at once, and in the long run, ms each. Guess: a list, and some each second. */
const AT_ONCE_MAX = 32;
const EACH_MS = 250;

/** Accuses a member, unless that was done a moment ago. */
export type Accuse = (member: Member, now: number) => void;

/** Creates a function that accuses members; none has been accused yet. */
export function createAccusations(context: Context, membership: Membership): Accuse {
  /** When each node was accused last, the oldest first. Bounded by ACCUSED_MAX. */
  const accusedAt = new Map<NodeId, number>();

  const budget = createTokenBucket(AT_ONCE_MAX, EACH_MS);

  const isRecent = (id: NodeId | undefined, now: number): boolean =>
    now - (accusedAt.get(id as NodeId) ?? Number.NEGATIVE_INFINITY) < ACCUSE_INTERVAL_MS;

  const mayAccuse = (id: NodeId, now: number): boolean => {
    if (isRecent(id, now) || !budget.take(now)) return false;
    accusedAt.delete(id);
    const oldest = accusedAt.keys().next().value;
    if (accusedAt.size >= ACCUSED_MAX) {
      if (isRecent(oldest, now)) return false;
      accusedAt.delete(oldest as NodeId);
    }
    accusedAt.set(id, now);
    return true;
  };

  return (member, now) => {
    if (!mayAccuse(member.id, now)) return;
    // It must refute the incarnation in which we hold it to be dead: an earlier one would prove
    // nothing.
    const diedIn = membership.diedIn(member.id) ?? 0;
    const about = { ...member, incarnation: Math.max(member.incarnation, diedIn) };
    const notice = { what: 'failed', about, atMs: now, reporter: context.self().id } as const;
    send(context, about.address, { kind: 'notice', notice });
  };
}
