/**
 * Decides which nodes are considered gone, and on what evidence (§3.5). "Upon receiving an SCX
 * leave/failure notification, other SCXs mark that SCX as dead in their membership list, and
 * trigger updates in the routing layer." The mark is `markDead` of membership.ts; it is made here,
 * in `becomeDead`.
 *
 * Beyond: a closed connection is noticed at once. But a closed or silent connection does not prove
 * that the peer is dead. The edge ends, the peer is pinged, and its failure is flooded only when it
 * cannot be reached (SWIM's suspicion; `suspectsFirst`). A node can refute a report of its own death
 * with a higher incarnation (`refutesDeaths`); without that, a node that is heard is alive.
 *
 * Beyond: a report of another node only asks for a look (`verifiesFailures`): we ping the node, and
 * believe and pass on that it failed when it does not answer. However many accuse it, an SCX that
 * answers is alive.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { type Context, notify, send } from '../core/context.js';
import type { Notice } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Pings } from '../routing/pings.js';
import { createAccusations } from './accusations.js';
import type { Notices } from './notices.js';

/** Connections that may close while we ping before the peer counts as failed. Guess. */
const ATTEMPTS_MAX = 3;

/** Looks at nodes that others accuse, at once and in the long run, ms each. Guess. */
const LOOKS_MAX = 8;
const LOOK_MS = 1000;

/** One node is looked at no more often than this, ms; nodes for which that is remembered. Guess. */
const LOOK_AGAIN_MS = 10_000;
const LOOKED_AT_MAX = 256;

/** Nodes of which it is remembered that they left. Guess: more than leave within a minute. */
const LEFT_MAX = 256;

export interface Departures {
  /** A neighbour has missed its keep-alives, or its connection closed. */
  onLost(member: Member, now: number): void;
  /** The connection over which we pinged closed, too. */
  onClosedAgain(address: Address, now: number): void;
  /** An address that we pinged did not answer. */
  onUnreachable(address: Address, now: number): void;
  /** An address that we pinged did answer. */
  onAnswered(address: Address, now: number): void;
  /** A message came from that node. */
  onMessage(from: Member, now: number): void;
  /** Gossip still lists a member that we hold to be dead: it is told, and may refute it. */
  onDeadSighted(member: Member, now: number): void;
  /** Gossip lists a node as dead. */
  onAccused(id: NodeId, incarnation: number, now: number): void;
  handle(from: Member, notice: Notice, now: number): void;
}

export interface DeparturesFacts {
  onDead(member: Member, what: 'left' | 'failed', now: number): void;
  /** A node that was reported dead is alive. */
  onAlive(now: number): void;
  /**
   * We are alive, contrary to a report: take a higher incarnation and flood it. Returns undefined
   * when there is nothing to refute, as we are leaving.
   */
  onRefuted(incarnation: number, now: number): Member | undefined;
}

/** The rules that departures work with. */
export interface DeparturesOptions {
  readonly context: Context;
  readonly membership: Membership;
  readonly notices: Notices;
  readonly pings: Pings;
  readonly facts: DeparturesFacts;
}

/** Creates the detection of departures; all nodes are considered alive. */
export function createDepartures(options: DeparturesOptions): Departures {
  const { context, membership, notices, pings, facts } = options;
  const accuse = createAccusations(context, membership);
  /**
   * Neighbours that closed or fell silent and were not heard since. Bounded: each ends with its
   * pings.
   */
  const lost = new Map<NodeId, { readonly member: Member; attempts: number }>();

  /** Nodes that said good-bye, and in which incarnation: what they still send does not revive them. */
  const left = createBoundedMap<NodeId, number>(LEFT_MAX);

  const looks = createTokenBucket(LOOKS_MAX, LOOK_MS);
  const lookedAt = createBoundedMap<NodeId, number>(LOOKED_AT_MAX);

  const becomeDead = (member: Member, what: 'left' | 'failed', now: number): void => {
    lost.delete(member.id);
    if (what === 'left') left.set(member.id, member.incarnation);
    if (!membership.markDead(member, now)) return;
    notify(context, { kind: what === 'left' ? 'memberLeft' : 'memberFailed', member });
    facts.onDead(member, what, now);
  };

  /**
   * "Its neighbors in the mesh will detect the failure and notify the rest of the session" (§3.5).
   */
  const report = (member: Member, now: number): void => {
    // An edge keeps the incarnation with which it began; the death of an earlier one would be no
    // news.
    const about = membership.get(member.id) ?? member;
    lost.delete(member.id);
    notices.flood('failed', about, now);
    becomeDead(about, 'failed', now);
  };

  const reportLostAt = (address: Address, now: number): void => {
    for (const { member } of [...lost.values()])
      if (member.address === address) report(member, now);
  };

  /** A neighbour says that a node failed: we see for ourselves. */
  const look = (about: Member, now: number): void => {
    const known = membership.get(about.id);
    if (known === undefined || known.incarnation > about.incarnation || lost.has(about.id)) return;
    if (now - (lookedAt.get(about.id) ?? Number.NEGATIVE_INFINITY) < LOOK_AGAIN_MS) return;
    if (!looks.take(now)) return;
    lookedAt.set(about.id, now);
    lost.set(about.id, { member: known, attempts: 0 });
    pings.start(known.address, now);
  };

  /** Refutes a report of our own death, also to the node that accused us. */
  const refute = (accuser: Member | undefined, incarnation: number, now: number): void => {
    if (!context.config.refutesDeaths) return;
    const about = facts.onRefuted(incarnation, now);
    if (about === undefined || accuser === undefined) return;
    const notice = { what: 'alive', about, atMs: now, reporter: about.id } as const;
    send(context, accuser.address, { kind: 'notice', notice });
  };

  return {
    onLost: (member, now) => {
      if (!context.config.suspectsFirst) return report(member, now);
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
    onUnreachable: reportLostAt,
    // Had the lost node itself answered, `onMessage` would have removed it: another SCX has its
    // address now.
    onAnswered: reportLostAt,
    onMessage: (from, now) => {
      if (lost.size > 0) lost.delete(from.id);
      // Speed only: nearly all messages come from those that have spoken before.
      if (membership.isSettled(from)) return membership.heard(from.id);
      if (membership.isDead(from)) {
        if (context.config.refutesDeaths) return accuse(from, now);
        if ((left.get(from.id) ?? -1) >= from.incarnation) return;
        membership.revive(from.id);
        facts.onAlive(now);
      }
      membership.learn(from, now);
      membership.heard(from.id);
    },
    onDeadSighted: (member, now) => {
      if (context.config.refutesDeaths) accuse(member, now);
    },
    onAccused: (id, incarnation, now) => {
      if (!context.config.refutesDeaths) return;
      if (id === context.self().id) return refute(undefined, incarnation, now);
      const about = membership.get(id);
      if (about !== undefined) accuse({ ...about, incarnation }, now);
    },
    handle: (from, notice, now) => {
      if (notice.about.id === context.self().id) {
        if (notice.what !== 'alive') refute(from, notice.about.incarnation, now);
        return;
      }
      if (notice.what === 'failed' && context.config.verifiesFailures) {
        if (notices.isBelievable(from, notice)) look(notice.about, now);
        return;
      }
      const believed = notices.handle(from, notice, now);
      if (believed === undefined) return;
      if (believed.what !== 'alive') return becomeDead(believed.about, believed.what, now);
      membership.learn(believed.about, now, from.id);
      facts.onAlive(now);
    },
  };
}
