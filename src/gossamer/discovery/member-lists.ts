/**
 * The lists γ(X) of §3.3: drawing one for another SCX, and merging one that came. "This message
 * includes a bounded random list γ(X_i) ⊆ Γ(X_i). When X_j receives the message, it merges this
 * list into its own set Γ(X_j) of known nodes."
 *
 * Beyond (`sightingIntervalMs`): members are told at a bounded rate, so that a crowd that joins makes no
 * burst; what is left out is told in later rounds, by all that have learned it. And lists also carry the coordinates of members, the newest deaths, and the generator that
 * the sender follows, so that gossip finds partitions (heartbeat.ts).
 */
import { type Bloom, createBloom, mayHold } from '../../lib/bloom.js';
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import type { Context } from '../core/context.js';
import type { Death, Message, Sighting } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';
import { DIGEST_BYTES_MAX, deathFact, sightingFact } from './digest.js';
import type { Membership } from './membership.js';

export type DiscoveryMessage = Extract<Message, { kind: 'discovery' | 'discoveryResponse' }>;

/** Members that are told at once after a pause, beyond the rate. Guess: a third of a list. */
const BURST = 10;

/** A newcomer is told so many members however many others came: it needs k1 neighbours. */
const NEWCOMER_LIST = 3;

/** Whether a digest is that of an SCX that knows only itself: it has nothing to tell. */
export const isNewcomers = ({ bits }: Bloom): boolean => bits.length === 1;

/** The content of a discovery message, its digest excepted. */
type MemberList = Pick<DiscoveryMessage, 'members' | 'deaths' | 'generator'>;

export interface MemberListFacts {
  /** The generator whose heartbeat we follow. */
  generator(): NodeId | null;
  /** We ourselves, with our coordinates. */
  sighting(): Sighting;
  /** A list names a death that we do not know of: perhaps the node is alive. */
  onAccused(id: NodeId, incarnation: number, now: number): void;
  /** A list names a member that we hold to be dead: perhaps it is alive. */
  onDeadSighted(member: Member, now: number): void;
}

export interface MemberLists {
  /** Ourselves alone. */
  own(): MemberList;
  /**
   * Random members and the newest deaths; of those only what the other one lacks, if its digest is
   * given.
   */
  draw(digest: Bloom | null, now: number): MemberList;
  /** Our knowledge, for the other one to compare. */
  digest(now: number): Bloom;
  /** Merges a list; returns how many of its members were news. */
  merge(list: MemberList, teller: NodeId, now: number): number;
}

/** Creates the functions that draw lists from Γ(X) and merge lists into it. */
export function createMemberLists(
  context: Context,
  membership: Membership,
  facts: MemberListFacts,
): MemberLists {
  const { config, rng } = context;
  const budget = createTokenBucket(BURST, config.sightingIntervalMs);

  /** How many of the members that the other one lacks are told now. */
  const room = (wanted: number, digest: Bloom | null, now: number): number => {
    let left = 0;
    while (left < Math.min(wanted, config.discoveryListMax) && budget.take(now)) left++;
    return digest !== null && isNewcomers(digest) ? Math.max(left, NEWCOMER_LIST) : left;
  };

  const mergeMember = ({ member, place }: Sighting, teller: NodeId, now: number): boolean => {
    const self = context.self();
    // A false incarnation of ours would hide our address. It is refuted like a death.
    const isFalse = member.id === self.id && member.incarnation > self.incarnation;
    if (isFalse) facts.onAccused(self.id, member.incarnation, now);
    if (membership.isDead(member)) facts.onDeadSighted(member, now);
    const isNews = membership.learn(member, now, teller);
    membership.locate(member.id, place);
    return isNews;
  };

  const mergeDeath = (death: Death, self: Member, now: number): void => {
    const known = membership.get(death.id) ?? self;
    if (known.id === death.id && known.incarnation <= death.incarnation) {
      facts.onAccused(death.id, death.incarnation, now);
    }
  };

  return {
    own: () => ({ members: [facts.sighting()], deaths: [], generator: facts.generator() }),
    draw: (digest, now) => {
      const isNews = (fact: number): boolean => digest === null || !mayHold(digest, fact);
      const wanted = membership.sightings(now, isNews);
      const members = rng.sample(wanted, room(wanted.length, digest, now));
      return {
        members: [facts.sighting(), ...members],
        // They are told so that a node hears of its own death, and refutes it.
        deaths: config.refutesDeaths
          ? membership.deaths(now).filter((death) => isNews(deathFact(death)))
          : [],
        generator: facts.generator(),
      };
    },
    digest: (now) => {
      const known = membership.facts(now);
      known.push(sightingFact(facts.sighting()), ...membership.deaths(now).map(deathFact));
      return createBloom(known, rng.below(0x10000), DIGEST_BYTES_MAX);
    },
    merge: (list, teller, now) => {
      const self = context.self();
      let news = 0;
      for (const sighting of list.members) if (mergeMember(sighting, teller, now)) news++;
      for (const death of list.deaths) mergeDeath(death, self, now);
      return news;
    },
  };
}
