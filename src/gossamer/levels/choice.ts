/** Which neighbourhood to be in, given what a search has found. */
import type { Rng } from '../../lib/rng.js';
import { LEVEL_TIMEOUTS, type LevelsConfig } from './level-config.js';
import type { Offer } from './level-messages.js';
import { byAge, hasMember, type Participant } from './participant.js';
import type { Found } from './search.js';

export type Choice =
  | { readonly kind: 'stay' }
  | { readonly kind: 'enter'; readonly offer: Offer }
  /** Found a new one. */
  | { readonly kind: 'found' };

const STAY: Choice = { kind: 'stay' };

const isOpen =
  ({ membersFull }: LevelsConfig) =>
  ({ offer }: Found): boolean =>
    offer.members < membersFull;

/**
 * A newcomer enters the nearest neighbourhood that has room. Where none has, it enters one anyway: its
 * youngest members will go elsewhere.
 */
export function chooseFirst(
  config: LevelsConfig,
  found: readonly Found[],
  { isFirst, isFounder }: { readonly isFirst: boolean; readonly isFounder: boolean },
): Choice {
  const nearest = found.find(isOpen(config)) ?? found[0];
  if (nearest === undefined) return isFirst ? { kind: 'found' } : STAY;
  return isFounder ? { kind: 'found' } : { kind: 'enter', offer: nearest.offer };
}

export interface MemberFacts {
  readonly now: number;
  readonly rng: Rng;
  /** Whether it represents its neighbourhood. */
  readonly represents: boolean;
}

/**
 * A member moves: when the neighbourhood is too large, if it is among the youngest; when it is too
 * small, to a larger one; and otherwise, unless it represents its own, to one that is much nearer.
 */
export function chooseNext(
  config: LevelsConfig,
  found: readonly Found[],
  here: Participant,
  { now, rng, represents }: MemberFacts,
): Choice {
  const members = byAge(here);
  const rank = members.findIndex(({ id }) => id === here.gossamer.self().id);
  const isHere = ({ offer }: Found): boolean => hasMember(here, offer.oldest);
  const others = found.filter((each) => !isHere(each)).filter(isOpen(config));
  const nearest = others[0];
  if (rank >= config.membersMax && !represents) {
    if (nearest !== undefined) return { kind: 'enter', offer: nearest.offer };
    return rng.unit() < config.founders ? { kind: 'found' } : STAY;
  }
  const isSmall = members.length < config.membersMin && now - here.bornAt > LEVEL_TIMEOUTS.growMs;
  // Its representatives are the last to go: the others still hear the session over them.
  if (isSmall && (!represents || members.length <= config.representatives)) {
    const own = members[0]?.id ?? '';
    const larger = others.find(
      ({ offer }) =>
        offer.members > members.length || (offer.members === members.length && offer.oldest < own),
    );
    return larger === undefined ? STAY : { kind: 'enter', offer: larger.offer };
  }
  const ownRttMs = found.find(isHere)?.rttMs;
  if (represents || nearest === undefined || ownRttMs === undefined) return STAY;
  const isNearer = nearest.rttMs < config.nearerShare * ownRttMs - config.nearerMs;
  return isNearer ? { kind: 'enter', offer: nearest.offer } : STAY;
}
