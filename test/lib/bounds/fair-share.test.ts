import { expect, test } from 'vitest';
import { newestOfMost } from '../../../src/lib/bounds/fair-share.js';

/** An entry is its owner's letter and a number; those of `-` make room for nobody. */
const spare = (entries: string, newcomer: string): string | undefined =>
  newestOfMost(entries.split(' '), ([owner = '']) => (owner === '-' ? undefined : owner), newcomer);

test('The newest entry of the owner with the most makes room', () => {
  expect(spare('a1 b1 b2 b3 a2', 'a')).toBe(undefined);
  expect(spare('a1 b1 b2 b3 c1', 'a')).toBe('b3');
  expect(spare('b1 a1 b2 c1', 'd')).toBe('b2');
});

test('No entry makes room for the owner with the most, nor for one that would have it then', () => {
  expect(spare('a1 a2 a3 b1 b2', 'a')).toBe(undefined);
  expect(spare('a1 a2 a3 b1 b2', 'b')).toBe(undefined);
  expect(spare('a1 b1', 'c')).toBe(undefined);
});

test('Entries without an owner make no room', () => {
  expect(spare('-1 -2 -3', 'a')).toBe(undefined);
  expect(spare('-1 -2 -3 b1 b2', 'a')).toBe('b2');
});
