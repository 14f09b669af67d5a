/**
 * Who is believed to be gone (§3.5). "Upon receiving an SCX leave/failure notification, other SCXs
 * mark that SCX as dead in their membership list, and trigger updates in the routing layer."
 *
 * Beyond: a closed connection is noticed at once. But neither closed nor silent is died: the edge goes,
 * the peer is asked, and only when it cannot be reached is its failure flooded (SWIM's suspicion). And a node may answer reports of its own death.
 */
import { type Context, notify, send } from '../core/context.js';
import type { Notice } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Pings } from '../routing/pings.js';
import type { Notices } from './notices.js';

/** Connections that may close while we ask before the peer counts as failed. Guess. */
const ATTEMPTS_MAX = 3;

/**
 * The same node is accused, by us and to its face, at most so often, ms, and so many are in that time:
 * each that lives floods that it does, and a list of deaths may be made up. Guess: one heartbeat, and
 * more than a few honest lists hold.
 */
const ACCUSE_INTERVAL_MS = 1000;
const ACCUSED_MAX = 256;

export interface Departures {
  /** A neighbour has missed its keep-alives, or its connection closed. */
  onLost(member: Member, now: number): void;
  /** The connection over which we asked closed, too. */
  onClosedAgain(address: Address, now: number): void;
  /** An address that we asked did not answer. */
  onUnreachable(address: Address, now: number): void;
  /** An address that we asked did answer. */
  onAnswered(address: Address, now: number): void;
  /** A member spoke. */
  onWord(from: Member, now: number): void;
  /** Gossip still has a member that we hold for dead: it is told so, and may answer. */
  onDeadSighted(member: Member, now: number): void;
  /** Gossip has it that a node is dead. */
  onAccused(id: NodeId, incarnation: number, now: number): void;
  handle(from: Member, notice: Notice, now: number): void;
}

export interface DeparturesFacts {
  onDead(member: Member, what: 'left' | 'failed', now: number): void;
  /** A node that was reported dead is alive. */
  onAlive(now: number): void;
  /**
   * We live, whatever was said: take a higher incarnation, and say so. Undefined when there is
   * nothing to refute, as we are leaving.
   */
  onRefuted(incarnation: number, now: number): Member | undefined;
}

/** Nobody is gone. */
export function createDepartures(
  context: Context,
  membership: Membership,
  notices: Notices,
  pings: Pings,
  facts: DeparturesFacts,
): Departures {
  /** Closed or silent, and not heard from since. Bounded: each ends with its ping experiments. */
  const lost = new Map<NodeId, { readonly member: Member; attempts: number }>();

  const becomeDead = (member: Member, what: 'left' | 'failed', now: number): void => {
    lost.delete(member.id);
    if (!membership.bury(member, now)) return;
    notify(context, { kind: what === 'left' ? 'memberLeft' : 'memberFailed', member });
    facts.onDead(member, what, now);
  };

  const report = (member: Member, now: number): void => {
    // An edge keeps the incarnation with which it began; the death of an earlier life is no news.
    const about = membership.get(member.id) ?? member;
    lost.delete(member.id);
    notices.flood('failed', about, now);
    becomeDead(about, 'failed', now);
  };

  /** When each was accused last, the oldest first, which make room when they are old enough. */
  const accusedAt = new Map<NodeId, number>();

  const isRecent = (id: NodeId | undefined, now: number): boolean =>
    now - (accusedAt.get(id as NodeId) ?? Number.NEGATIVE_INFINITY) < ACCUSE_INTERVAL_MS;

  /** Every message of someone whom we hold for dead would be answered with an accusation. */
  const mayAccuse = (id: NodeId, now: number): boolean => {
    if (isRecent(id, now)) return false;
    accusedAt.delete(id);
    const oldest = accusedAt.keys().next().value;
    if (accusedAt.size >= ACCUSED_MAX) {
      if (isRecent(oldest, now)) return false;
      accusedAt.delete(oldest as NodeId);
    }
    accusedAt.set(id, now);
    return true;
  };

  /** Of the incarnation in which we hold it for dead: an answer for an earlier one would prove nothing. */
  const accuse = (member: Member, now: number): void => {
    if (!mayAccuse(member.id, now)) return;
    const diedIn = membership.diedIn(member.id) ?? 0;
    const about = { ...member, incarnation: Math.max(member.incarnation, diedIn) };
    const notice = { what: 'failed', about, atMs: now, reporter: context.self().id } as const;
    send(context, about.address, { kind: 'notice', notice });
  };

  const answer = (accuser: Member | undefined, incarnation: number, now: number): void => {
    const about = facts.onRefuted(incarnation, now);
    if (about === undefined) return;
    const notice = { what: 'alive', about, atMs: now, reporter: about.id } as const;
    if (accuser !== undefined) send(context, accuser.address, { kind: 'notice', notice });
  };

  return {
    onLost: (member, now) => {
      lost.set(member.id, { member, attempts: 0 });
      pings.start(member.address, now);
    },
    onClosedAgain: (address, now) => {
      for (const entry of [...lost.values()]) {
        if (entry.member.address !== address || pings.isUnderWay(address)) continue;
        if (++entry.attempts < ATTEMPTS_MAX) pings.start(address, now);
        else report(entry.member, now);
      }
    },
    onUnreachable: (address, now) => {
      for (const { member } of [...lost.values()]) {
        if (member.address === address) report(member, now);
      }
    },
    onAnswered: (address, now) => {
      // Had it been the one that we lost, `onWord` would know: another SCX has taken its place.
      for (const { member } of [...lost.values()]) {
        if (member.address === address) report(member, now);
      }
    },
    onWord: (from, now) => {
      if (lost.size > 0) lost.delete(from.id);
      if (membership.isDead(from)) return accuse(from, now);
      membership.learn(from, now);
      membership.heard(from.id);
    },
    onDeadSighted: accuse,
    onAccused: (id, incarnation, now) => {
      if (id === context.self().id) return answer(undefined, incarnation, now);
      const about = membership.get(id);
      if (about !== undefined) accuse({ ...about, incarnation }, now);
    },
    handle: (from, notice, now) => {
      if (notice.about.id === context.self().id) {
        if (notice.what !== 'alive') answer(from, notice.about.incarnation, now);
        return;
      }
      const believed = notices.handle(from, notice, now);
      if (believed === undefined) return;
      if (believed.what !== 'alive') return becomeDead(believed.about, believed.what, now);
      membership.learn(believed.about, now);
      facts.onAlive(now);
    },
  };
}
