/**
 * Name Dropper (§3.3): "Periodically, X_i performs a discovery round. During this round, it picks a
 * random node X_j ∈ Γ(X_i) and sends a DISCOVERY message to it ... When X_j receives the message,
 * it merges this list into its own set ... In addition, it returns a DISCOVERY_RESPONSE message
 * that includes its own list."
 *
 * Beyond: with digests of what each knows, both send only what the other one lacks. The first
 * message contains X_i itself and its digest, the response X_j's digest and what X_i lacks, and a
 * last message what X_j lacks. Rounds are frequent at first and become rare while nothing new is
 * learned.
 *
 * The lists are member-lists.ts.
 */
import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Address, Member } from '../core/node.js';
import {
  createMemberLists,
  type DiscoveryMessage,
  isNewcomers,
  type MemberListFacts,
} from './member-lists.js';
import type { Membership } from './membership.js';

/**
 * This much news in one list shows that there is more to learn: rounds become more frequent. Guess.
 */
const NEWS_MANY = 2;

export interface Discovery {
  start(now: number): void;
  stop(): void;
  /** A round with that address at once: a rendezvous point, or the far side of a partition. */
  contact(address: Address, now: number): void;
  /** Returns how many members were news. */
  handle(from: Member, message: DiscoveryMessage, now: number): number;
  tick(now: number): void;
  deadline(): number;
}

/** Creates discovery, not yet started. */
export function createDiscovery(
  context: ClockedContext,
  membership: Membership,
  facts: MemberListFacts,
): Discovery {
  const { config, rng } = context;
  const lists = createMemberLists(context, membership, facts);
  let nextRound = Number.POSITIVE_INFINITY;
  let intervalMs = config.discoveryIntervalMinMs;

  const contact = (address: Address, now: number): void => {
    const list = config.discoveryDigests ? lists.own() : lists.draw(null, now);
    const digest = config.discoveryDigests ? lists.digest(now) : null;
    send(context, address, { kind: 'discovery', ...list, digest });
  };

  const respond = (to: Address, message: DiscoveryMessage, now: number): void => {
    const isResponse = message.kind === 'discoveryResponse';
    if (isResponse && message.digest === null) return;
    const list = lists.draw(message.digest, now);
    if (isResponse && list.members.length === 1 && list.deaths.length === 0) return;
    // A response to a response ends the exchange, and so does one to a newcomer.
    const isLast = isResponse || message.digest === null || isNewcomers(message.digest);
    const digest = isLast ? null : lists.digest(now);
    send(context, to, { kind: 'discoveryResponse', ...list, digest });
  };

  const adaptInterval = (news: number, now: number): void => {
    if (nextRound === Number.POSITIVE_INFINITY || news === 0) return;
    if (news >= NEWS_MANY) intervalMs = Math.max(config.discoveryIntervalMinMs, intervalMs / 2);
    nextRound = Math.min(nextRound, now + jittered(context, intervalMs));
    context.wakeBy(nextRound);
  };

  return {
    start: (now) => {
      nextRound = now + rng.unit() * config.discoveryIntervalMinMs;
      context.wakeBy(nextRound);
    },
    stop: () => {
      nextRound = Number.POSITIVE_INFINITY;
    },
    contact,
    handle: (from, message, now) => {
      // The response is drawn before the merge: it need not repeat what the sender has just told.
      respond(from.address, message, now);
      const news = lists.merge(message, from.id, now);
      adaptInterval(news, now);
      return news;
    },
    tick: (now) => {
      const chosen = rng.pick(membership.reachable(now));
      if (chosen !== undefined) contact(chosen.member.address, now);
      nextRound = now + jittered(context, intervalMs);
      intervalMs = Math.min(2 * intervalMs, config.discoveryIntervalMs);
    },
    deadline() {
      return nextRound;
    },
  };
}
