/**
 * The membership set Γ(X) of §3.3: which other SCXs of the session this one knows. "It is not
 * required for SCXs to have complete and accurate information of mesh membership at all times."
 *
 * Beyond: each member carries its incarnation, and deaths are remembered, so that gossip does not
 * bring back the dead; a member that proves alive returns with a higher incarnation. Bounded by
 * `membersMax` on both sides: in a session of more SCXs than that, Γ(X) is a random part of them
 * that gossip renews all the time.
 */
import { createDenseMap } from '../../lib/dense-map.js';
import type { Context } from '../core/context.js';
import { NOWHERE } from '../core/coordinates.js';
import type { Death, Sighting } from '../core/message.js';
import type { Address, Member, NodeId, Place } from '../core/node.js';
import { createAtlas } from './member-columns.js';

interface Burial {
  readonly incarnation: number;
  readonly atMs: number;
}

/** A member that could not be reached rests so long before it is tried again, ms. Guess. */
const REST_MS = 10_000;

/** Failed attempts in a row after which a member is forgotten. Guess: it outlives a 1-minute cut. */
const ATTEMPTS_MAX = 12;

export interface Membership {
  /**
   * Merges a member; true when Γ(X) has grown. One that took the place of another is no such news: where
   * not all can be known, there would be no end of it.
   */
  learn(member: Member, now: number): boolean;
  /** Marks a member dead up to an incarnation; true when that is news. */
  bury(about: Death, now: number): boolean;
  /** Notes that an address did not answer: the member rests, and is forgotten in the end. */
  unreachable(address: Address, now: number): void;
  /** Notes that a member was heard from directly. */
  heard(id: NodeId): void;
  get(id: NodeId): Member | undefined;
  /** Notes where a member lies; older news are ignored. */
  locate(id: NodeId, place: Place): void;
  /** Where a member lies, as far as is known. */
  place(id: NodeId): Place;
  /** Whether we hold it for dead. */
  isDead(death: Death): boolean;
  /** The last incarnation of it that is dead, as far as we know. */
  diedIn(id: NodeId): number | undefined;
  /** All members known, dead ones excluded, as they are now: for looking at once, not for keeping. */
  all(): readonly Sighting[];
  /** Those worth contacting now: all but the resting; to be looked at once, too. */
  reachable(now: number): readonly Sighting[];
  isReachable(id: NodeId, now: number): boolean;
  /** The reachable ones as facts of digests (digest.ts), and those whose facts are wanted. */
  facts(now: number): number[];
  sightings(now: number, isWanted: (fact: number) => boolean): Sighting[];
  /** A member's index in `all`, as it is now. */
  indexOf(id: NodeId): number | undefined;
  /** The one-way delay between the member of an index and a place, as far as is known: atlas.ts. */
  foretoldMs(index: number, to: Place): number;
  /** The deaths to tell, the newest first, bounded by `discoveryListMax`. */
  deaths(now: number): Death[];
}

/**
 * An incarnation grows by one with each refuted death, and a new process has a new id. One that is
 * much higher than what is known is a lie, which would outlive all that the true node can say.
 */
const INCARNATION_LEAP_MAX = 1000;

/** Whether what is told of a node fits what is known of it. */
export const isPlausible = (told: Death, known: Death | undefined): boolean =>
  known === undefined || told.incarnation <= known.incarnation + INCARNATION_LEAP_MAX;

/** Draws that look for a member that is not needed. All but a few are not. */
const DRAWS_MAX = 8;

/** An empty Γ(X). `isNeeded`: stays while others make room, as the source SCXs do. */
export function createMembership(
  context: Context,
  isNeeded: (id: NodeId) => boolean = () => false,
): Membership {
  const { config, rng } = context;
  const members = createDenseMap(({ member }: Sighting) => member.id);
  /** By the members' indexes. */
  const atlas = createAtlas();
  /** No two members have the same address. */
  const byAddress = new Map<Address, NodeId>();
  const graves = new Map<NodeId, Burial>();
  const attempts = new Map<NodeId, { count: number; restUntil: number }>();

  const isDead = (death: Death): boolean => {
    if (graves.size === 0) return false;
    const grave = graves.get(death.id);
    return grave !== undefined && death.incarnation <= grave.incarnation;
  };

  const forget = (id: NodeId): void => {
    const known = members.get(id);
    if (known === undefined) return;
    const hole = members.delete(id) as number;
    atlas.move(members.items.length, hole);
    byAddress.delete(known.member.address);
    attempts.delete(id);
  };

  const isFull = (): boolean => members.items.length >= config.membersMax;

  const makeRoom = (): void => {
    for (let draw = 1; draw <= DRAWS_MAX; draw++) {
      const { id } = (rng.pick(members.items) as Sighting).member;
      if (isNeeded(id) && draw < DRAWS_MAX) continue;
      return forget(id);
    }
  };

  const put = (sighting: Sighting): void => atlas.set(members.put(sighting), sighting);

  const remember = (member: Member): void => {
    const before = members.get(member.id);
    if (before !== undefined) byAddress.delete(before.member.address);
    put({ member, place: before?.place ?? NOWHERE });
    byAddress.set(member.address, member.id);
  };

  /**
   * A new SCX behind an old address: the port was given anew, the old SCX is no more. An incarnation
   * begins with the start time, so gossip about the old one does not drive out the new one.
   */
  const replacesPredecessor = (member: Member): boolean => {
    const id = byAddress.get(member.address);
    const other = id === undefined ? undefined : members.get(id)?.member;
    if (other === undefined || other.id === member.id) return true;
    if (other.incarnation > member.incarnation) return false;
    forget(other.id);
    return true;
  };

  const learn = (member: Member, _now: number): boolean => {
    const known = members.get(member.id)?.member;
    if (known !== undefined && known.incarnation >= member.incarnation) return false;
    if (member.id === context.self().id || isDead(member)) return false;
    if (!isPlausible(member, known)) return false;
    if (!replacesPredecessor(member)) return false;
    const isMore = known === undefined && !isFull();
    if (known === undefined && !isMore) makeRoom();
    graves.delete(member.id);
    remember(member);
    return isMore;
  };

  const bury = (about: Death, now: number): boolean => {
    if (isDead(about)) return false;
    const known = members.get(about.id)?.member;
    if (known !== undefined && known.incarnation > about.incarnation) return false;
    if (!isPlausible(about, known)) return false;
    forget(about.id);
    if (graves.size >= config.membersMax) graves.delete(graves.keys().next().value as NodeId);
    graves.delete(about.id);
    graves.set(about.id, { incarnation: about.incarnation, atMs: now });
    return true;
  };

  const unreachable = (address: Address, now: number): void => {
    const id = byAddress.get(address);
    if (id === undefined) return;
    const count = (attempts.get(id)?.count ?? 0) + 1;
    if (count >= ATTEMPTS_MAX) forget(id);
    else attempts.set(id, { count, restUntil: now + REST_MS });
  };

  const isReachable = (id: NodeId, now: number): boolean =>
    (attempts.get(id)?.restUntil ?? 0) <= now;

  const reachable = (now: number): readonly Sighting[] => {
    if (attempts.size === 0) return members.items;
    return members.items.filter(({ member }) => isReachable(member.id, now));
  };

  /** Calls for the index of each reachable one; mostly nobody rests, and then no member is touched. */
  const forReachable = (now: number, visit: (index: number) => void): void => {
    const isAnyResting = attempts.size > 0;
    for (let index = 0; index < members.items.length; index++) {
      if (isAnyResting && !isReachable((members.items[index] as Sighting).member.id, now)) continue;
      visit(index);
    }
  };

  const forgetOldDeaths = (now: number): void => {
    for (const [id, grave] of graves) {
      if (now - grave.atMs < config.deathMemoryMs) break;
      graves.delete(id);
    }
  };

  return {
    learn,
    bury,
    unreachable,
    heard: (id) => {
      if (attempts.size > 0) attempts.delete(id);
    },
    get: (id) => members.get(id)?.member,
    locate: (id, place) => {
      const known = members.get(id);
      if (known !== undefined && place.samples > known.place.samples) {
        put({ member: known.member, place });
      }
    },
    place: (id) => members.get(id)?.place ?? NOWHERE,
    isDead,
    diedIn: (id) => graves.get(id)?.incarnation,
    all: () => members.items,
    reachable,
    isReachable,
    facts: (now) => {
      const found: number[] = [];
      forReachable(now, (index) => void found.push(atlas.fact(index)));
      return found;
    },
    sightings: (now, isWanted) => {
      const found: Sighting[] = [];
      forReachable(now, (index) => {
        if (isWanted(atlas.fact(index))) found.push(members.items[index] as Sighting);
      });
      return found;
    },
    indexOf: members.indexOf,
    foretoldMs: atlas.foretoldMs,
    deaths: (now) => {
      forgetOldDeaths(now);
      if (graves.size === 0) return [];
      const newest = [...graves].slice(-config.discoveryListMax).reverse();
      return newest.map(([id, grave]) => ({ id, incarnation: grave.incarnation }));
    },
  };
}
