import { describe, expect, test } from 'vitest';
import {
  foreignShare,
  type Occupant,
  type Origin,
  originShare,
  placeFor,
} from '../../../src/cluster/places/places.js';

const CONFIG = { scxsMax: 8, foreignMax: 6, perOriginMax: 2 };
const HERE: Origin = { client: '', server: '' };
const from = (client: string, server: string): Origin => ({ client, server });

const scx = (origin: Origin, over: Partial<Occupant> = {}): Occupant => ({
  ...{ origin, isForeign: origin !== HERE, isIdle: false, isEnding: false },
  ...over,
});
const apply = (origin: Origin, scxs: readonly Occupant[], neededHere = 0) =>
  placeFor({ origin, isForeign: origin !== HERE }, scxs, neededHere, CONFIG);

describe('A foreign session', () => {
  test('has a place while the shares of its server and its client are not used up', () => {
    const two = [scx(from('a', 'x')), scx(from('a', 'y'))];
    expect(apply(from('b', 'x'), two)).toEqual({ kind: 'free' });
    expect(apply(from('a', 'z'), two)).toEqual({ kind: 'none', usedUp: 'client' });
    const same = [scx(from('a', 'x')), scx(from('b', 'x'))];
    expect(apply(from('c', 'x'), same)).toEqual({ kind: 'none', usedUp: 'server' });
  });

  test('has no place of those that the sessions published here need', () => {
    const foreign = [scx(from('a', 'x')), scx(from('b', 'y')), scx(from('c', 'z'))];
    expect(apply(from('d', 'w'), foreign, 4)).toEqual({ kind: 'free' });
    expect(apply(from('d', 'w'), foreign, 5)).toEqual({ kind: 'none', usedUp: 'cluster' });
  });

  test('waits for an SCX of its share that ends already, and else has an idle one ended', () => {
    const idle = scx(from('a', 'x'), { isIdle: true });
    const busy = scx(from('b', 'x'));
    expect(apply(from('c', 'x'), [busy, idle])).toEqual({ kind: 'instead', of: idle });
    const ending = { ...idle, isEnding: true };
    expect(apply(from('c', 'x'), [busy, ending])).toEqual({ kind: 'coming' });
  });

  test('ends no idle SCX where it may have no place at all', () => {
    const idle = scx(from('a', 'x'), { isIdle: true });
    expect(apply(from('b', 'y'), [idle], 8)).toEqual({ kind: 'none', usedUp: 'cluster' });
  });
});

describe('A session that is published here', () => {
  test('has every place that is not taken', () => {
    const seven = Array.from({ length: 7 }, () => scx(HERE));
    expect(apply(HERE, seven, 8)).toEqual({ kind: 'free' });
    expect(apply(HERE, [...seven, scx(HERE)], 9)).toEqual({ kind: 'none', usedUp: 'cluster' });
  });

  test('has the oldest idle SCX of the greediest server ended, and no other', () => {
    const modest = scx(from('a', 'x'), { isIdle: true });
    const greedy = scx(from('b', 'y'), { isIdle: true });
    const rest = [scx(from('c', 'y')), ...Array.from({ length: 5 }, () => scx(HERE))];
    expect(apply(HERE, [modest, greedy, ...rest], 6)).toEqual({ kind: 'instead', of: greedy });
    const ours = Array.from({ length: 8 }, () => scx(HERE, { isIdle: true }));
    expect(apply(HERE, ours, 9)).toEqual({ kind: 'none', usedUp: 'cluster' });
  });
});

test('By default a quarter of the places is kept, and four origins use up the rest', () => {
  expect([1, 4, 12, 64].map(foreignShare)).toEqual([1, 3, 9, 48]);
  expect([0, 1, 9, 48].map(originShare)).toEqual([2, 2, 2, 12]);
});
