/** A session goes off the air, and comes back. */
import { expect, test } from 'vitest';
import { createOnAirWatch } from '../../../src/cluster/history/on-air-watch.js';

/** What is told when a session is seen like this at these seconds; undefined: it has no SCX here. */
function told(...seen: readonly (readonly [second: number, isOnAir: boolean | undefined])[]) {
  const watch = createOnAirWatch();
  return seen.flatMap(([second, isOnAir]) => {
    const sessions = new Map(isOnAir === undefined ? [] : [['a.example/one', { isOnAir }]]);
    return watch.look(sessions, second * 1000).map(({ kind, text }) => `${kind}: ${text}`);
  });
}

test('What was on the air and is not for ten seconds is told once, and its return', () => {
  const off = 'offAir: It is off the air: no source plays.';
  expect(told([0, true], [5, false], [10, false], [11, false], [200, false])).toEqual([off]);
  expect(told([0, true], [10, false], [180, true], [181, true])).toEqual([
    off,
    'onAir: It is on the air again, after 3 min.',
  ]);
});

test('A moment without a source, and a session that nobody wants any more, are no failure', () => {
  expect(told([0, true], [1, false], [9, false], [10, true], [20, true])).toEqual([]);
  expect(told([0, true], [1, undefined], [60, undefined], [61, false], [90, false])).toEqual([]);
  expect(told([0, false], [60, false], [61, true])).toEqual([]);
});
