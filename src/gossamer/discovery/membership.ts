/**
 * The membership set Γ(X) of §3.3: the other SCXs of the session that this one knows. "It is not
 * required for SCXs to have complete and accurate information of mesh membership at all times."
 *
 * Beyond: each member carries its incarnation, and deaths are remembered, so that gossip does not
 * bring back a dead member. A member that proves alive returns with a higher incarnation. Bounded
 * by `membersMax`, members and deaths alike: in a larger session Γ(X) is a random part of it that
 * gossip renews all the time, and each SCX that tells of members has a share of it (tellers.ts).
 *
 * The members are member-index.ts, the dead ones dead-members.ts, and those that rest
 * reachability.ts.
 */
import type { Context } from '../core/context.js';
import { UNKNOWN_COORDINATES } from '../core/coordinates.js';
import type { Death, Sighting } from '../core/message.js';
import type { Address, Coordinates, Member, NodeId } from '../core/node.js';
import { createDeadMembers } from './dead-members.js';
import { isPlausible } from './incarnation.js';
import { createMemberIndex } from './member-index.js';
import { createReachability } from './reachability.js';

export interface Membership {
  /**
   * Merges a member; true when Γ(X) has grown. A member that replaces another does not count as
   * news; otherwise every replacement would count as news where not all members can be known.
   * @param teller that has told us of it; default: the member itself
   */
  learn(member: Member, now: number, teller?: NodeId): boolean;
  /** Whether nothing that is told of a member is news: see member-index.ts. */
  isSettled(member: Member): boolean;
  /** Marks a member dead up to an incarnation (§3.5); true when that is news. */
  markDead(about: Death, now: number): boolean;
  /** Takes the mark of a node away: it was heard. */
  revive(id: NodeId): void;
  /** Notes that an address did not answer: the member rests, and is forgotten in the end. */
  unreachable(address: Address, now: number): void;
  /** Notes that a member was heard from directly. */
  heard(id: NodeId): void;
  get(id: NodeId): Member | undefined;
  /** Stores a member's coordinates, unless newer ones are known. */
  locate(id: NodeId, coordinates: Coordinates): void;
  /** A member's coordinates, as far as they are known. */
  coordinates(id: NodeId): Coordinates;
  /** Whether a node is marked dead in that incarnation. */
  isDead(death: Death): boolean;
  /** The highest incarnation of a node that is marked dead. */
  diedIn(id: NodeId): number | undefined;
  /**
   * All members known, dead ones excluded. The array changes with the next input: do not keep it.
   */
  all(): readonly Sighting[];
  /** Those worth contacting now: all but the resting ones. Not to be kept either. */
  reachable(now: number): readonly Sighting[];
  isReachable(id: NodeId, now: number): boolean;
  /** The reachable members as facts of digests (digest.ts), and those whose facts are wanted. */
  facts(now: number): number[];
  sightings(now: number, isWanted: (fact: number) => boolean): Sighting[];
  /** A member's index in `all`, until the next change. */
  indexOf(id: NodeId): number | undefined;
  /**
   * The one-way delay between the member at an index and some coordinates, ms: see
   * member-columns.ts.
   */
  predictedDelayMs(index: number, to: Coordinates): number;
  /** The deaths to tell, the newest first, bounded by `discoveryListMax`. */
  deaths(now: number): Death[];
}

/**
 * Creates an empty Γ(X).
 * @param isNeeded members that stay while others make room, as the source SCXs do
 */
export function createMembership(
  context: Context,
  isNeeded: (id: NodeId) => boolean = () => false,
): Membership {
  const { config, rng } = context;
  const members = createMemberIndex();
  const dead = createDeadMembers(config);
  const reachability = createReachability();

  const forget = (id: NodeId): void => {
    members.delete(id);
    reachability.clear(id);
  };

  /**
   * Another SCX had this address: its process has ended, and the port was assigned anew.
   * Incarnations begin with the start time, so gossip about the old SCX does not remove the new
   * one; then this returns false. An SCX that speaks to us is believed rather than gossip.
   */
  const replacesFormerAt = (member: Member, teller: NodeId): boolean => {
    const other = members.at(member.address);
    if (other === undefined || other.id === member.id) return true;
    const isBelieved = teller === member.id && !members.hasSpoken(other.id);
    if (other.incarnation > member.incarnation && !isBelieved) return false;
    forget(other.id);
    return true;
  };

  const learn = (member: Member, _now: number, teller = member.id): boolean => {
    if (members.isSettled(member)) return false;
    const known = members.get(member.id)?.member;
    if (known !== undefined && known.incarnation >= member.incarnation) {
      members.tell(known, teller);
      return false;
    }
    if (member.id === context.self().id || dead.has(member)) return false;
    if (!isPlausible(member, known) || !replacesFormerAt(member, teller)) return false;
    const isMore = known === undefined && members.items.length < config.membersMax;
    if (known === undefined && !isMore) forget(members.pickSpare(rng, isNeeded, teller));
    dead.unmark(member.id);
    members.put(member, teller);
    return isMore;
  };

  const markDead = (about: Death, now: number): boolean => {
    if (dead.has(about)) return false;
    const known = members.get(about.id)?.member;
    if (known !== undefined && known.incarnation > about.incarnation) return false;
    if (!isPlausible(about, known)) return false;
    forget(about.id);
    dead.mark(about, now);
    return true;
  };

  const forEachReachable = (now: number, visit: (index: number) => void): void => {
    const isAnyResting = reachability.isAnyResting();
    for (let index = 0; index < members.items.length; index++) {
      const isResting =
        isAnyResting &&
        !reachability.isReachable((members.items[index] as Sighting).member.id, now);
      if (!isResting) visit(index);
    }
  };

  return {
    learn,
    isSettled: members.isSettled,
    markDead,
    revive: dead.unmark,
    unreachable: (address, now) => {
      const id = members.at(address)?.id;
      if (id !== undefined && !reachability.onFailure(id, now)) forget(id);
    },
    heard: reachability.clear,
    get: (id) => members.get(id)?.member,
    locate: (id, coordinates) => {
      const known = members.get(id);
      if (known !== undefined && coordinates.samples > known.place.samples) {
        members.locate(known, coordinates);
      }
    },
    coordinates: (id) => members.get(id)?.place ?? UNKNOWN_COORDINATES,
    isDead: dead.has,
    diedIn: dead.diedIn,
    all: () => members.items,
    reachable: (now) => {
      dead.forgetOld(now);
      if (!reachability.isAnyResting()) return members.items;
      return members.items.filter(({ member }) => reachability.isReachable(member.id, now));
    },
    isReachable: reachability.isReachable,
    facts: (now) => {
      const found: number[] = [];
      forEachReachable(now, (index) => void found.push(members.fact(index)));
      return found;
    },
    sightings: (now, isWanted) => {
      const found: Sighting[] = [];
      forEachReachable(now, (index) => {
        if (isWanted(members.fact(index))) found.push(members.items[index] as Sighting);
      });
      return found;
    },
    indexOf: members.indexOf,
    predictedDelayMs: members.predictedDelayMs,
    deaths: dead.list,
  };
}
