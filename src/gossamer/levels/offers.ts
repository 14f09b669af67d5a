/**
 * What a node tells others of its neighbourhood, and what it has learned of others: homes of
 * representatives, and addresses in the upper mesh.
 */
import type { Rng } from '../../lib/rng.js';
import { predictedDelayMs } from '../core/coordinates.js';
import type { Address, Member } from '../core/node.js';
import { LEVEL_TIMEOUTS, type LevelsConfig } from './level-config.js';
import { ADDRESSES_MAX, type Offer } from './level-messages.js';
import type { Meshes } from './meshes.js';
import { byAge, byCentrality, type Participant } from './participant.js';
import type { Found } from './search.js';

/** Other members that an offer names, as the node itself may leave. Guess. */
const ENTRIES_BESIDES = 3;

/** Many may ask at once, so an answer is used for this time, ms. */
const ANSWER_MS = 1000;

export interface OffersOptions {
  readonly config: LevelsConfig;
  readonly rng: Rng;
  readonly meshes: Meshes;
  /** The home of the node that has an address in some mesh. */
  homeOf(address: Address): Address;
}

export interface Offers {
  /** What is to be answered to an SCX that looks for a neighbourhood. */
  answer(here: Participant, now: number): Offer;
  learn(found: readonly Found[]): void;
  /** Whom to ask: first who represents our neighbourhood, then others that searches have found. */
  homes(): Address[];
  /** Addresses in the upper mesh. */
  above(): readonly Address[];
}

const distinct = (lists: readonly (readonly Address[])[]): Address[] => [...new Set(lists.flat())];

/** Creates the knowledge of a node that knows of no neighbourhood. */
export function createOffers({ config, rng, meshes, homeOf }: OffersOptions): Offers {
  /** Bounded by ADDRESSES_MAX each. */
  let homesKnown: readonly Address[] = [];
  let aboveKnown: readonly Address[] = [];
  let answered: { readonly offer: Offer; readonly until: number } | undefined;

  const ownHomes = (here: Participant): Address[] =>
    [...byCentrality(here).slice(0, config.representatives), ...byAge(here).slice(0, 1)].map(
      ({ address }) => homeOf(address),
    );

  /** The representatives that are near to us, and some at random. */
  const homesAbove = (upper: Participant): Address[] => {
    const sightings = upper.gossamer.sightings();
    const place = upper.gossamer.place();
    const near = sightings
      .map(({ member, place: theirs }) => ({ member, ms: predictedDelayMs(place, theirs) }))
      .sort((a, b) => a.ms - b.ms)
      .slice(0, ADDRESSES_MAX / 2);
    const any = rng.sample(sightings, ADDRESSES_MAX / 2);
    return [...near, ...any].map(({ member }) => homeOf(member.address));
  };

  const describe = (here: Participant, now: number): Offer => {
    const { upper } = meshes;
    const members = byAge(here);
    const others = rng.sample(here.gossamer.sightings(), ENTRIES_BESIDES);
    const lists = upper === undefined ? [ownHomes(here), homesKnown] : [homesAbove(upper)];
    return {
      oldest: (members[0] as Member).id,
      members: members.length,
      entries: [here.gossamer.self().address, ...others.map(({ member }) => member.address)],
      above: upper === undefined ? [] : [upper.gossamer.self().address],
      represents: upper !== undefined && now - upper.bornAt > LEVEL_TIMEOUTS.newcomerMs,
      near: distinct(lists).slice(0, ADDRESSES_MAX),
    };
  };

  return {
    answer: (here, now) => {
      if (answered === undefined || answered.until <= now) {
        answered = { offer: describe(here, now), until: now + ANSWER_MS };
      }
      return answered.offer;
    },
    learn: (found) => {
      const representing = found.filter(({ offer }) => offer.above.length > 0);
      if (representing.length === 0) return;
      const offers = representing.map(({ offer }) => offer);
      aboveKnown = rng.sample(distinct(offers.map(({ above }) => above)), ADDRESSES_MAX);
      const homes = representing.map(({ home }) => home);
      const near = rng.sample(distinct(offers.map((offer) => offer.near)), ADDRESSES_MAX);
      homesKnown = distinct([homes, near]).slice(0, ADDRESSES_MAX);
    },
    homes: () => {
      const { lower } = meshes;
      const own = lower === undefined ? [] : ownHomes(lower).slice(0, config.representatives);
      return distinct([own, rng.sample(homesKnown, ADDRESSES_MAX)]);
    },
    above: () => aboveKnown,
  };
}
