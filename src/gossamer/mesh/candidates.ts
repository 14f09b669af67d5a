/**
 * Whom to probe next (§3.6). The paper draws a member at random. Beyond: first those that were named
 * to us; then the member that promises most, by where it and the sources lie; and now and then one at
 * random all the same, as places mislead and newcomers have none.
 */
import type { Context } from '../core/context.js';
import type { Member, NodeId, Place } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Weights } from './edge-value.js';

/** Members that are waiting to be probed. Guess: a few mesh neighbourhoods. */
const WAITING_MAX = 32;

/** One probe in so many is of a random member. Measured: 2 to 20 are equally good. */
const RANDOM_ONE_IN = 5;

/** A member that was probed is not promising again for so long, ms. Measured: little matters. */
const RETRY_MS = 30_000;

/** A path in a good tree is longer than the direct way by so much. Measured: 1.1 to 1.2. */
const PATH_STRETCH = 1.1;

/** A source as the choice sees it. */
interface Aim {
  readonly place: Place;
  /** Among the members. */
  readonly index: number | undefined;
  readonly costMs: number;
  readonly weight: number;
}

export interface CandidatesView {
  /** Whether an edge to it may be asked for. */
  isCandidate(member: Member): boolean;
  ownPlace(): Place;
  costMs(scx: NodeId): number;
  weights(): Weights;
}

export interface Candidates {
  /** Members named to us, to be probed before others. */
  name(members: readonly Member[]): void;
  /** The next of those that were named. */
  takeNamed(): Member | undefined;
  random(now: number): Member | undefined;
  /** Undefined when nobody promises anything. */
  promising(now: number): Member | undefined;
  /** Named, promising or random, in this order. */
  next(now: number): Member | undefined;
}

/** Nobody was named. */
export function createCandidates(
  context: Context,
  membership: Membership,
  view: CandidatesView,
): Candidates {
  const { config, rng } = context;
  const named: Member[] = [];
  /** Bounded by the members known: the expired go when there are more. */
  const tried = new Map<NodeId, number>();

  const takeNamed = (): Member | undefined => {
    for (let next = named.shift(); next !== undefined; next = named.shift()) {
      if (view.isCandidate(next)) return next;
    }
    return undefined;
  };

  const random = (now: number): Member | undefined => {
    const members = membership.reachable(now);
    // Most draws are candidates, as neighbours are few: a handful of draws does.
    for (let draw = 0; draw < 8; draw++) {
      const member = rng.pick(members)?.member;
      if (member !== undefined && view.isCandidate(member)) return member;
    }
    return undefined;
  };

  const aims = (): Aim[] =>
    [...view.weights()].flatMap(([scx, weight]) => {
      const place = membership.place(scx);
      const index = membership.indexOf(scx);
      return place.samples === 0 ? [] : [{ place, index, weight, costMs: view.costMs(scx) }];
    });

  const promiseMs = (member: number, own: Place, to: readonly Aim[]): number => {
    const nearMs = membership.foretoldMs(member, own);
    let total = 0;
    for (const { place, index, weight, costMs } of to) {
      const fartherMs = index === member ? 0 : PATH_STRETCH * membership.foretoldMs(member, place);
      total += weight * Math.max(0, costMs - nearMs - fartherMs);
    }
    return total;
  };

  const isRested = (id: NodeId, now: number): boolean =>
    (tried.get(id) ?? -RETRY_MS) <= now - RETRY_MS;

  const mayTry = (member: Member, now: number): boolean =>
    isRested(member.id, now) && membership.isReachable(member.id, now) && view.isCandidate(member);

  const remember = (member: Member, now: number): void => {
    if (tried.size > config.membersMax) {
      for (const id of [...tried.keys()]) if (isRested(id, now)) tried.delete(id);
    }
    tried.set(member.id, now);
  };

  const promising = (now: number): Member | undefined => {
    const own = view.ownPlace();
    const to = aims();
    if (own.samples === 0 || to.length === 0) return undefined;
    let best: Member | undefined;
    let most = 0;
    const members = membership.all();
    for (let index = 0; index < members.length; index++) {
      const promise = promiseMs(index, own, to);
      // Few promise more than all before them: only these are looked at.
      const member = promise > most ? members[index]?.member : undefined;
      if (member !== undefined && mayTry(member, now)) [best, most] = [member, promise];
    }
    return best;
  };

  return {
    name: (members) => {
      for (const member of members) {
        if (named.length >= WAITING_MAX) return;
        if (view.isCandidate(member) && !named.some((n) => n.id === member.id)) named.push(member);
      }
    },
    takeNamed,
    random,
    promising,
    next: (now) => {
      const found =
        takeNamed() ?? (rng.below(RANDOM_ONE_IN) === 0 ? undefined : promising(now)) ?? random(now);
      if (found !== undefined) remember(found, now);
      return found;
    },
  };
}
