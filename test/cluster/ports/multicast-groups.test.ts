import { expect, test } from 'vitest';
import { createMulticastGroups } from '../../../src/cluster/ports/multicast-groups.js';

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `scattercast://radio.example/${index}`);

test('sessions have groups of their own, three in a row, and the same again after a restart', () => {
  const sessions = names(40);
  const groups = createMulticastGroups('239.192.40.0/24', () => sessions);
  const given = sessions.map(groups.groupOf);
  expect(new Set(given).size).toBe(40);
  for (const group of given) {
    const [, last] = /^239\.192\.40\.(\d+)$/.exec(group ?? '') ?? [];
    expect(Number(last) % 3).toBe(0);
    expect(Number(last)).toBeLessThanOrEqual(252);
  }
  expect(sessions.map(groups.groupOf)).toEqual(given);
  const first = createMulticastGroups('239.192.40.0/24', () => sessions);
  expect(first.groupOf(sessions[0] as string)).toBe(given[0]);
});

test('when there is none left a session has none, until another one has no SCX any more', () => {
  let live = names(5);
  const groups = createMulticastGroups('239.192.40.0/29', () => live);
  const given = live.map(groups.groupOf);
  expect(given.filter((group) => group !== null).sort()).toEqual(['239.192.40.0', '239.192.40.3']);
  const refused = live.filter((_, index) => given[index] === null);
  live = refused;
  expect(groups.groupOf(refused[0] as string)).not.toBeNull();
});

test('an SCX that was found keeps its group', () => {
  const [one = '', other = ''] = names(2);
  const groups = createMulticastGroups('239.192.40.0/29', () => [one, other]);
  groups.onFound(one, '239.192.40.3');
  expect(groups.groupOf(other)).toBe('239.192.40.0');
  expect(groups.groupOf(one)).toBe('239.192.40.3');
});
