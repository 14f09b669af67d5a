/**
 * Looks for the nearest neighbourhoods by round trips, without configuration or coordinates of our
 * own: asks some representatives, then those that are near to the nearest one, and so on while that
 * finds a nearer one (as Meridian does, Wong et al., SIGCOMM 2005). Each answer measures a round
 * trip and offers a neighbourhood.
 */
import type { Rng } from '../../lib/rng.js';
import type { Address } from '../core/node.js';
import { LEVEL_TIMEOUTS } from './level-config.js';
import type { LevelMessage, Offer } from './level-messages.js';

/** Nodes that are asked in one round, and rounds at most. Guess. */
const ASKED_AT_ONCE = 6;
const ROUNDS_MAX = 5;

/** A neighbourhood that was found. */
export interface Found {
  /** The node that has answered. */
  readonly home: Address;
  readonly rttMs: number;
  readonly offer: Offer;
}

export interface SearchOptions {
  readonly rng: Rng;
  readonly home: Address;
  send(to: Address, message: LevelMessage): void;
  /** What was found, the nearest first; empty: nobody answered. */
  onDone(found: readonly Found[], now: number): void;
}

export interface Search {
  isRunning(): boolean;
  /** Begins with the first few of these nodes, unless a search is running. */
  begin(first: readonly Address[], now: number): void;
  onOffer(from: Address, nonce: number, offer: Offer, now: number): void;
  tick(now: number): void;
  /** When the present round ends; Infinity: no search is running. */
  roundEndsAt(): number;
}

/** Creates a search that is not running. */
export function createSearch({ rng, home, send, onDone }: SearchOptions): Search {
  /** Bounded by ASKED_AT_ONCE times ROUNDS_MAX. */
  const askedAt = new Map<Address, number>();
  let found: Found[] = [];
  let waiting = 0;
  let rounds = 0;
  let nonce = 0;
  let endsAt = Number.POSITIVE_INFINITY;

  const ask = (addresses: readonly Address[], now: number): void => {
    waiting = 0;
    for (const address of addresses) {
      if (address === home || askedAt.has(address) || waiting >= ASKED_AT_ONCE) continue;
      askedAt.set(address, now);
      send(address, { kind: 'seek', nonce });
      waiting++;
    }
    rounds++;
    endsAt = now + LEVEL_TIMEOUTS.answersMs;
  };

  const end = (now: number): void => {
    endsAt = Number.POSITIVE_INFINITY;
    onDone(found, now);
  };

  const endRound = (now: number): void => {
    const nearest = found[0];
    const isNearer =
      nearest !== undefined && (rounds < 3 || (askedAt.get(nearest.home) ?? 0) >= lastRoundAt);
    lastRoundAt = now;
    waiting = 0;
    if (isNearer && rounds < ROUNDS_MAX) ask(nearest.offer.near, now);
    if (waiting === 0) end(now);
  };
  let lastRoundAt = 0;

  return {
    isRunning: () => {
      return endsAt !== Number.POSITIVE_INFINITY;
    },
    begin: (first, now) => {
      if (endsAt !== Number.POSITIVE_INFINITY) return;
      askedAt.clear();
      found = [];
      rounds = 0;
      nonce = rng.below(2 ** 31);
      lastRoundAt = now;
      ask(first, now);
      if (waiting === 0) endsAt = now;
    },
    onOffer: (from, told, offer, now) => {
      const sentAt = askedAt.get(from);
      if (told !== nonce || sentAt === undefined || endsAt === Number.POSITIVE_INFINITY) return;
      if (found.some((each) => each.home === from)) return;
      found.push({ home: from, rttMs: now - sentAt, offer });
      found.sort((a, b) => a.rttMs - b.rttMs);
      waiting--;
      if (waiting <= 0) endRound(now);
    },
    tick: (now) => {
      if (endsAt <= now) endRound(now);
    },
    roundEndsAt: () => endsAt,
  };
}
