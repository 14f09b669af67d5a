import { describe, expect, test } from 'vitest';
import { createBoundedMap } from '../../../src/lib/bounds/bounded-map.js';

const keysOf = (map: ReturnType<typeof filled>): string[] => [...map.entries()].map(([key]) => key);

function filled() {
  const map = createBoundedMap<string, number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  return map;
}

describe('A bounded map', () => {
  test('drops its oldest entry when it is full', () => {
    const map = filled();
    map.set('d', 3);
    expect(keysOf(map)).toEqual(['b', 'c', 'd']);
    expect([map.size, map.has('a'), map.get('a')]).toEqual([3, false, undefined]);
  });

  test('keeps an entry that is replaced, as its youngest', () => {
    const map = filled();
    map.set('a', 9);
    expect([...map.entries()]).toEqual([
      ['b', 1],
      ['c', 2],
      ['a', 9],
    ]);
  });

  test('counts a use, but not a look, as recent', () => {
    const map = filled();
    expect([map.use('a'), map.get('b'), map.use('x')]).toEqual([0, 1, undefined]);
    expect(keysOf(map)).toEqual(['b', 'c', 'a']);
  });

  test('has room again after a deletion', () => {
    const map = filled();
    expect([map.delete('b'), map.delete('b')]).toEqual([true, false]);
    map.set('d', 3);
    expect(keysOf(map)).toEqual(['a', 'c', 'd']);
  });
});
