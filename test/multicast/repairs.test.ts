import { expect, test } from 'vitest';
import { createRepairs } from '../../src/multicast/repairs.js';

const all = () => true;

test('what was repaired just now is not repaired again, and a little later it is', () => {
  const repairs = createRepairs();
  const ranges = [{ channel: 1, place: 5, count: 2 }];
  const both = [
    { channel: 1, place: 5 },
    { channel: 1, place: 6 },
  ];
  expect(repairs.placesFor(ranges, all, 0)).toEqual(both);
  expect(repairs.placesFor(ranges, all, 20)).toEqual([]);
  expect(repairs.placesFor(ranges, all, 100)).toEqual(both);
});

test('what there is not costs nothing of the budget', () => {
  const repairs = createRepairs();
  const ranges = Array.from({ length: 100 }, (_, index) => ({
    ...{ channel: 1, place: 1000 * index, count: 255 },
  }));
  expect(repairs.placesFor(ranges, () => false, 0)).toEqual([]);
  expect(repairs.placesFor([{ channel: 1, place: 1, count: 255 }], all, 0)).toHaveLength(255);
});

test('an address that asks without end is not looked at, and others are', () => {
  const repairs = createRepairs();
  const asked = Array.from({ length: 1000 }, (_, at) => repairs.admits('10.0.0.66', at));
  expect(asked.filter(Boolean).length).toBeLessThanOrEqual(100);
  expect(repairs.admits('10.0.0.1', 1000)).toBe(true);
  expect(repairs.counters.refused).toBeGreaterThanOrEqual(900);
});

test('many addresses together have a budget, too, and so has what is sent again', () => {
  const repairs = createRepairs();
  let admitted = 0;
  let repaired = 0;
  for (let at = 0; at < 1000; at++) {
    for (let host = 0; host < 10; host++) {
      if (!repairs.admits(`10.0.${at % 250}.${host}`, at)) continue;
      admitted++;
      const range = { channel: 1, place: 10_000 * at + 300 * host, count: 255 };
      repaired += repairs.placesFor([range], all, at).length;
    }
  }
  expect(admitted).toBeLessThanOrEqual(300 + 250);
  expect(repaired).toBeLessThanOrEqual(300 + 125);
});
