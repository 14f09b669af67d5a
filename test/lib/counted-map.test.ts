import { describe, expect, test } from 'vitest';
import { createCountedMap } from '../../src/lib/counted-map.js';

describe('A counted map', () => {
  test('counts by key and in total', () => {
    const counts = createCountedMap<string>();
    for (const key of ['a', 'b', 'a']) counts.add(key);
    expect([counts.count('a'), counts.count('b'), counts.count('c')]).toEqual([2, 1, 0]);
    expect([counts.size, counts.total]).toEqual([2, 3]);
    counts.remove('a');
    expect([counts.count('a'), counts.size, counts.total]).toEqual([1, 2, 2]);
  });

  test('forgets a key whose count falls to zero', () => {
    const counts = createCountedMap<string>();
    counts.add('a');
    counts.remove('a');
    expect([counts.count('a'), counts.size, counts.total]).toEqual([0, 0, 0]);
  });

  test('ignores the removal of a key that is not counted', () => {
    const counts = createCountedMap<string>();
    counts.add('a');
    counts.remove('b');
    expect([counts.count('b'), counts.size, counts.total]).toEqual([0, 1, 1]);
  });
});
