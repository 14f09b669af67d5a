/**
 * Chooses the member to probe next (§3.6). The paper draws one at random. Beyond: members that were
 * named to us come first; then the most promising one, by its coordinates and those of the sources;
 * and now and then a random one all the same, as coordinates may mislead and newcomers have none.
 */
import type { Context } from '../core/context.js';
import type { Coordinates, Member, NodeId } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Weights } from './edge-value.js';

/** Named members that wait to be probed, at most. Guess: a few mesh neighbourhoods. */
const WAITING_MAX = 32;

/** One probe in this many is of a random member. Measured: 2 to 20 are equally good. */
const RANDOM_ONE_IN = 5;

/**
 * A probed member is not promising again before this time has passed, ms. Measured: matters little.
 */
const RETRY_MS = 30_000;

/** By this factor a path in a good tree is longer than the direct one. Measured: 1.1 to 1.2. */
const PATH_STRETCH = 1.1;

/** Random draws that look for a candidate. Most members are candidates, as neighbours are few. */
const DRAWS_MAX = 8;

/** A source, as far as the choice of candidates needs it. */
interface Target {
  readonly coordinates: Coordinates;
  /** Its SCX's index among the members. */
  readonly index: number | undefined;
  readonly costMs: number;
  readonly weight: number;
}

export interface CandidatesView {
  /** Whether an edge to it may be requested. */
  isCandidate(member: Member): boolean;
  ownCoordinates(): Coordinates;
  /** Cost of our route to a source SCX, ms. */
  costMs(scx: NodeId): number;
  weights(): Weights;
}

export interface Candidates {
  /** Members named to us, to be probed before others. */
  name(members: readonly Member[]): void;
  /** The next named member. */
  takeNamed(): Member | undefined;
  random(now: number): Member | undefined;
  /** Undefined when no member promises an improvement. */
  promising(now: number): Member | undefined;
  /** Named, promising or random, in this order. */
  next(now: number): Member | undefined;
}

/**
 * Creates a record of probed members; expired entries are removed when there are more than `max`.
 */
function createTried(max: number) {
  const triedAt = new Map<NodeId, number>();
  const isRested = (id: NodeId, now: number): boolean =>
    (triedAt.get(id) ?? -RETRY_MS) <= now - RETRY_MS;
  return {
    isRested,
    add: (id: NodeId, now: number): void => {
      if (triedAt.size > max) {
        for (const old of [...triedAt.keys()]) if (isRested(old, now)) triedAt.delete(old);
      }
      triedAt.set(id, now);
    },
  };
}

/** How much nearer to the sources a member promises to bring us, weighted, ms. */
function promiseMs(
  index: number,
  own: Coordinates,
  targets: readonly Target[],
  membership: Membership,
): number {
  const nearMs = membership.predictedDelayMs(index, own);
  let total = 0;
  for (const target of targets) {
    const onwardMs =
      target.index === index
        ? 0
        : PATH_STRETCH * membership.predictedDelayMs(index, target.coordinates);
    total += target.weight * Math.max(0, target.costMs - nearMs - onwardMs);
  }
  return total;
}

/** Creates the choice of candidates; no member has been named. */
export function createCandidates(
  { config, rng }: Context,
  membership: Membership,
  view: CandidatesView,
): Candidates {
  const named: Member[] = [];
  const tried = createTried(config.membersMax);

  const takeNamed = (): Member | undefined => {
    for (let next = named.shift(); next !== undefined; next = named.shift()) {
      if (view.isCandidate(next)) return next;
    }
    return undefined;
  };

  const random = (now: number): Member | undefined => {
    const members = membership.reachable(now);
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const member = rng.pick(members)?.member;
      if (member !== undefined && view.isCandidate(member)) return member;
    }
    return undefined;
  };

  const targets = (): Target[] =>
    [...view.weights()].flatMap(([scx, weight]) => {
      const coordinates = membership.coordinates(scx);
      if (coordinates.samples === 0) return [];
      return [{ coordinates, index: membership.indexOf(scx), weight, costMs: view.costMs(scx) }];
    });

  const mayTry = ({ id }: Member, now: number): boolean =>
    tried.isRested(id, now) && membership.isReachable(id, now);

  const promising = (now: number): Member | undefined => {
    const own = view.ownCoordinates();
    const sources = targets();
    if (own.samples === 0 || sources.length === 0) return undefined;
    let best: Member | undefined;
    let most = 0;
    const members = membership.all();
    for (let index = 0; index < members.length; index++) {
      const promise = promiseMs(index, own, sources, membership);
      // Few promise more than all before them: only these are examined.
      const member = promise > most ? members[index]?.member : undefined;
      if (member === undefined || !mayTry(member, now) || !view.isCandidate(member)) continue;
      best = member;
      most = promise;
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
      if (found !== undefined) tried.add(found.id, now);
      return found;
    },
  };
}
