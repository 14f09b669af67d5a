/**
 * Name Dropper (§3.3): "Periodically, X_i performs a discovery round. During this round, it picks a
 * random node X_j ∈ Γ(X_i) and sends a DISCOVERY message to it. This message includes a bounded
 * random list γ(X_i) ⊆ Γ(X_i). When X_j receives the message, it merges this list into its own set
 * ... In addition, it returns a DISCOVERY_RESPONSE message that includes its own list."
 *
 * Beyond: with digests of what each knows, both send only what the other lacks: the first message
 * carries X_i itself and its digest, the response X_j's and what X_i lacks, and a last one what X_j
 * lacks. Rounds start fast and back off while nothing new is learned. And the lists carry deaths, and
 * whose heartbeat the sender follows, so that gossip finds partitions (see heartbeat.ts).
 */
import { type Bloom, createBloom, mayHold } from '../../lib/bloom.js';
import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Message, Sighting } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import { DIGEST_BYTES_MAX, deathFact, sightingFact } from './digest.js';
import type { Membership } from './membership.js';

type DiscoveryMessage = Extract<Message, { kind: 'discovery' | 'discoveryResponse' }>;

/** So many news in one list show that there is more to learn: rounds come faster. Guess. */
const NEWS_MANY = 3;

export interface DiscoveryFacts {
  /** Whose heartbeat we follow. */
  generator(): NodeId | null;
  /** We, and where we lie. */
  sighting(): Sighting;
  /** A death that somebody believes in and we do not: perhaps the node lives. */
  onAccused(id: NodeId, incarnation: number, now: number): void;
  /** A member that somebody knows and we hold for dead: perhaps the node lives. */
  onDeadSighted(member: Member, now: number): void;
}

export interface Discovery {
  start(now: number): void;
  stop(): void;
  /** A round with that address at once: a rendezvous point, or the far side of a partition. */
  contact(address: Address, now: number): void;
  /** Returns how many members were news. */
  handle(from: Member, message: DiscoveryMessage, now: number): number;
  tick(now: number): void;
  readonly deadline: number;
}

/** Not yet started. */
export function createDiscovery(
  context: ClockedContext,
  membership: Membership,
  facts: DiscoveryFacts,
): Discovery {
  const { config, rng } = context;
  let nextRound = Number.POSITIVE_INFINITY;
  let intervalMs = config.discoveryIntervalMinMs;

  const digest = (now: number): Bloom => {
    const items = membership.facts(now);
    items.push(sightingFact(facts.sighting()), ...membership.deaths(now).map(deathFact));
    return createBloom(items, rng.below(0x10000), DIGEST_BYTES_MAX);
  };

  /** γ(X): random members and the newest deaths; of those, what the other lacks, if it said so. */
  const list = (lacking: Bloom | null, now: number) => {
    const isNews = (fact: number): boolean => lacking === null || !mayHold(lacking, fact);
    const members = rng.sample(membership.sightings(now, isNews), config.discoveryListMax);
    return {
      members: [facts.sighting(), ...members],
      deaths: membership.deaths(now).filter((death) => isNews(deathFact(death))),
      generator: facts.generator(),
    };
  };

  const contact = (address: Address, now: number): void => {
    const told = config.discoveryDigests
      ? { members: [facts.sighting()], deaths: [], generator: facts.generator() }
      : list(null, now);
    const ours = config.discoveryDigests ? digest(now) : null;
    send(context, address, { kind: 'discovery', ...told, digest: ours });
  };

  /** Returns how many members were news. */
  const merge = (message: DiscoveryMessage, now: number): number => {
    let news = 0;
    const self = context.self();
    for (const { member, place } of message.members) {
      // A life that we never had would hide where we are: it is refuted like a death.
      const isFalse = member.id === self.id && member.incarnation > self.incarnation;
      if (isFalse) facts.onAccused(self.id, member.incarnation, now);
      if (membership.isDead(member)) facts.onDeadSighted(member, now);
      if (membership.learn(member, now)) news++;
      membership.locate(member.id, place);
    }
    for (const death of message.deaths) {
      const known = membership.get(death.id) ?? self;
      if (known.id === death.id && known.incarnation <= death.incarnation) {
        facts.onAccused(death.id, death.incarnation, now);
      }
    }
    return news;
  };

  const respond = (to: Address, message: DiscoveryMessage, now: number): void => {
    const isAnswer = message.kind === 'discoveryResponse';
    if (isAnswer && message.digest === null) return;
    const told = list(message.digest, now);
    if (isAnswer && told.members.length === 1 && told.deaths.length === 0) return;
    // An answer to an answer is the last word.
    const ours = isAnswer || message.digest === null ? null : digest(now);
    send(context, to, { kind: 'discoveryResponse', ...told, digest: ours });
  };

  const adapt = (news: number, now: number): void => {
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
      // Answered first, with what we knew: the sender has the rest.
      respond(from.address, message, now);
      const news = merge(message, now);
      adapt(news, now);
      return news;
    },
    tick: (now) => {
      if (nextRound > now) return;
      const chosen = rng.pick(membership.reachable(now));
      if (chosen !== undefined) contact(chosen.member.address, now);
      nextRound = now + jittered(context, intervalMs);
      intervalMs = Math.min(2 * intervalMs, config.discoveryIntervalMs);
    },
    get deadline() {
      return nextRound;
    },
  };
}
