import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDenseMap } from '../../src/lib/dense-map.js';

interface Item {
  readonly key: number;
  readonly value: number;
}

const item = fc.record({ key: fc.integer({ min: 0, max: 9 }), value: fc.nat() });
const step = fc.oneof(
  item.map((put) => ({ put })),
  fc.integer({ min: 0, max: 9 }).map((deleted) => ({ deleted })),
);

const byKey = (a: Item, b: Item): number => a.key - b.key;

describe('A pool', () => {
  test('holds what a map would hold, each item once in its array', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const pool = createDenseMap<number, Item>(({ key }) => key);
        const model = new Map<number, Item>();
        for (const each of steps) {
          if ('put' in each) {
            pool.put(each.put);
            model.set(each.put.key, each.put);
          } else {
            pool.delete(each.deleted);
            model.delete(each.deleted);
          }
          expect([...pool.items].sort(byKey)).toEqual([...model.values()].sort(byKey));
          for (let key = 0; key < 10; key++) expect(pool.get(key)).toBe(model.get(key));
        }
      }),
    );
  });

  test('moves one item only when another leaves', () => {
    const pool = createDenseMap<number, Item>(({ key }) => key);
    for (let key = 0; key < 5; key++) pool.put({ key, value: key });
    pool.delete(1);
    expect(pool.items.map(({ key }) => key)).toEqual([0, 4, 2, 3]);
  });

  test('keeps the place of an item that is put anew', () => {
    const pool = createDenseMap<number, Item>(({ key }) => key);
    for (let key = 0; key < 3; key++) pool.put({ key, value: 0 });
    pool.put({ key: 0, value: 7 });
    expect(pool.items.map(({ value }) => value)).toEqual([7, 0, 0]);
  });
});
