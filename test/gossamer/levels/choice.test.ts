import { describe, expect, test } from 'vitest';
import { type Choice, chooseFirst, chooseNext } from '../../../src/gossamer/levels/choice.js';
import { TWO_LEVELS } from '../../../src/gossamer/levels/level-config.js';
import type { Participant } from '../../../src/gossamer/levels/participant.js';
import type { Found } from '../../../src/gossamer/levels/search.js';
import { createRng } from '../../../src/lib/rng.js';
import { addressOf, coordinatesOf, memberOf, nodeId } from '../support.js';

/** Each is older than all with a higher number. */
const memberAt = (number: number) => memberOf(number, { incarnation: number });

/** Ourselves among members with these numbers. */
const among = (own: number, others: readonly number[]): Participant =>
  ({
    bornAt: 0,
    gossamer: {
      self: () => memberAt(own),
      sightings: () => others.map((each) => ({ member: memberAt(each), place: coordinatesOf(0) })),
    },
  }) as unknown as Participant;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const found = (oldest: number, rttMs: number, members: number): Found => ({
  ...{ home: addressOf(oldest), rttMs },
  offer: {
    ...{ oldest: nodeId(oldest), members, entries: [addressOf(oldest)] },
    ...{ above: [], represents: true, near: [] },
  },
});

const { membersFull, membersMax, membersMin } = TWO_LEVELS;
const NEAR = found(901, 10, 40);
const FAR = found(902, 80, 40);

const next = (here: Participant, results: readonly Found[], represents = false): Choice =>
  chooseNext(TWO_LEVELS, results, here, { now: 60_000, rng: createRng(1), represents });

const entered = (choice: Choice) => (choice.kind === 'enter' ? choice.offer.oldest : choice.kind);

describe('A newcomer', () => {
  const choose = (results: readonly Found[], facts = { isFirst: false, isFounder: false }) =>
    entered(chooseFirst(TWO_LEVELS, results, facts));

  test('enters the nearest neighbourhood that has room, and a full one only where none has', () => {
    expect(choose([NEAR, FAR])).toBe(NEAR.offer.oldest);
    expect(choose([found(900, 5, membersFull), NEAR])).toBe(NEAR.offer.oldest);
    expect(choose([found(900, 5, membersFull)])).toBe(nodeId(900));
  });

  test('founds one by lot, or where it is the first of the session', () => {
    expect(choose([NEAR], { isFirst: false, isFounder: true })).toBe('found');
    expect(choose([], { isFirst: true, isFounder: false })).toBe('found');
    expect(choose([], { isFirst: false, isFounder: true })).toBe('stay');
  });
});

describe('A member', () => {
  const home = found(1, 60, 40);

  test('moves to a neighbourhood that is much nearer, and not for a little', () => {
    const here = among(40, upTo(39));
    expect(entered(next(here, [NEAR, home, FAR]))).toBe(NEAR.offer.oldest);
    expect(entered(next(here, [found(901, 50, 40), home]))).toBe('stay');
    expect(entered(next(here, [found(901, 10, membersFull), home]))).toBe('stay');
  });

  test('leaves a neighbourhood that is too large if it is among the youngest', () => {
    const last = membersMax + 1;
    expect(entered(next(among(last, upTo(membersMax)), [home, FAR]))).toBe(FAR.offer.oldest);
    const old = among(1, upTo(last).slice(1));
    expect(entered(next(old, [home, FAR]))).toBe('stay');
  });

  test('leaves one that is too small for a larger one only', () => {
    const here = among(membersMin - 1, upTo(membersMin - 2));
    const smaller = found(903, 5, 3);
    expect(entered(next(here, [smaller, home, FAR]))).toBe(FAR.offer.oldest);
    expect(entered(next(here, [home]))).toBe('stay');
  });

  test('stays while it represents others, who would hear nothing without it', () => {
    const youngest = among(membersMax + 1, upTo(membersMax));
    expect(entered(next(youngest, [NEAR, home], true))).toBe('stay');
    expect(entered(next(among(3, [1, 2]), [NEAR, home], true))).toBe('stay');
    expect(entered(next(among(2, [1]), [NEAR, home], true))).toBe(NEAR.offer.oldest);
  });
});
