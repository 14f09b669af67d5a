/**
 * The membership set Γ(X) of §3.3: which other SCXs of the session this one knows. "It is not
 * required for SCXs to have complete and accurate information of mesh membership at all times."
 *
 * Beyond: each member carries its incarnation, and deaths are remembered, so that gossip does not
 * bring back the dead; a member that proves alive returns with a higher incarnation. Bounded by
 * `membersMax` on both sides.
 */
import type { Context } from './context.js';
import type { Death, Sighting } from './message.js';
import type { Address, Member, NodeId, Place } from './node.js';
import { NOWHERE } from './place.js';

interface Burial {
  readonly incarnation: number;
  readonly atMs: number;
}

/** A member that could not be reached rests so long before it is tried again, ms. Guess. */
const REST_MS = 10_000;

/** Failed attempts in a row after which a member is forgotten. Guess: it outlives a 1-minute cut. */
const ATTEMPTS_MAX = 12;

export interface Membership {
  /** Merges a member; true when it is news. */
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
  /** All members known, dead ones excluded. */
  all(): readonly Member[];
  /** Those worth contacting now: all but the resting. */
  reachable(now: number): readonly Member[];
  /** The same, with where they lie. */
  sightings(now: number): Sighting[];
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

/** An empty Γ(X). */
export function createMembership(context: Context): Membership {
  const { config, rng } = context;
  const members = new Map<NodeId, Member>();
  /** Of members only. */
  const places = new Map<NodeId, Place>();
  const graves = new Map<NodeId, Burial>();
  const attempts = new Map<NodeId, { count: number; restUntil: number }>();

  const isDead = (death: Death): boolean => {
    const grave = graves.get(death.id);
    return grave !== undefined && death.incarnation <= grave.incarnation;
  };

  const forget = (id: NodeId): void => {
    members.delete(id);
    places.delete(id);
    attempts.delete(id);
  };

  const makeRoom = (): void => {
    if (members.size < config.membersMax) return;
    const victim = rng.pick([...members.keys()]);
    if (victim !== undefined) forget(victim);
  };

  /**
   * A new SCX behind an old address: the port was given anew, the old SCX is no more. An incarnation
   * begins with the start time, so gossip about the old one does not drive out the new one.
   */
  const replacesPredecessor = (member: Member): boolean => {
    for (const other of members.values()) {
      if (other.address !== member.address || other.id === member.id) continue;
      if (other.incarnation > member.incarnation) return false;
      forget(other.id);
    }
    return true;
  };

  const learn = (member: Member, _now: number): boolean => {
    if (member.id === context.self().id || isDead(member)) return false;
    const known = members.get(member.id);
    if (known !== undefined && known.incarnation >= member.incarnation) return false;
    if (!isPlausible(member, known)) return false;
    if (!replacesPredecessor(member)) return false;
    if (known === undefined) makeRoom();
    graves.delete(member.id);
    members.set(member.id, member);
    return known === undefined;
  };

  const bury = (about: Death, now: number): boolean => {
    if (isDead(about)) return false;
    const known = members.get(about.id);
    if (known !== undefined && known.incarnation > about.incarnation) return false;
    if (!isPlausible(about, known)) return false;
    forget(about.id);
    if (graves.size >= config.membersMax) graves.delete(graves.keys().next().value as NodeId);
    graves.delete(about.id);
    graves.set(about.id, { incarnation: about.incarnation, atMs: now });
    return true;
  };

  const place = (id: NodeId): Place => places.get(id) ?? NOWHERE;

  const unreachable = (address: Address, now: number): void => {
    for (const member of members.values()) {
      if (member.address !== address) continue;
      const count = (attempts.get(member.id)?.count ?? 0) + 1;
      if (count >= ATTEMPTS_MAX) forget(member.id);
      else attempts.set(member.id, { count, restUntil: now + REST_MS });
    }
  };

  const reachable = (now: number): readonly Member[] => {
    if (attempts.size === 0) return [...members.values()];
    return [...members.values()].filter((m) => (attempts.get(m.id)?.restUntil ?? 0) <= now);
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
    heard: (id) => void attempts.delete(id),
    get: (id) => members.get(id),
    locate: (id, place) => {
      if (members.has(id) && place.samples > (places.get(id)?.samples ?? 0)) places.set(id, place);
    },
    place,
    isDead,
    all: () => [...members.values()],
    reachable,
    sightings: (now) => reachable(now).map((member) => ({ member, place: place(member.id) })),
    deaths: (now) => {
      forgetOldDeaths(now);
      const newest = [...graves].slice(-config.discoveryListMax).reverse();
      return newest.map(([id, grave]) => ({ id, incarnation: grave.incarnation }));
    },
  };
}
