import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../src/lib/rng.js';

const draw = (rng: Rng, count = 20): number[] => Array.from({ length: count }, () => rng.unit());

describe('A random stream', () => {
  test('is the same for the same seed and another for another seed', () => {
    expect(draw(createRng(7))).toEqual(draw(createRng(7)));
    expect(draw(createRng(7))).not.toEqual(draw(createRng(8)));
  });

  test('forks by label: the same label gives the same stream, another label another', () => {
    const rng = createRng(7);
    expect(draw(rng.fork('network'))).toEqual(draw(rng.fork('network')));
    expect(draw(rng.fork('network'))).not.toEqual(draw(rng.fork('faults')));
    expect(draw(rng.fork('scx 1'))).not.toEqual(draw(createRng(8).fork('scx 1')));
  });

  test('forks alike however much was drawn from it before', () => {
    const fresh = createRng(7);
    const used = createRng(7);
    draw(used, 1000);
    draw(used.fork('elsewhere'), 1000);
    expect(draw(used.fork('network'))).toEqual(draw(fresh.fork('network')));
  });

  test('is not disturbed by what its forks draw', () => {
    const alone = createRng(7);
    const parent = createRng(7);
    draw(parent.fork('child'), 1000);
    expect(draw(parent)).toEqual(draw(alone));
  });

  test('stays below its bounds and reaches all of them', () => {
    const rng = createRng(1);
    const seen = new Set(Array.from({ length: 1000 }, () => rng.below(7)));
    expect([...seen].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const unit of draw(rng, 1000)) {
      expect(unit).toBeGreaterThanOrEqual(0);
      expect(unit).toBeLessThan(1);
    }
  });

  test('picks nothing from nothing', () => {
    expect(createRng(1).pick([])).toBeUndefined();
  });

  test('samples distinct elements, as many as asked for or there are', () => {
    fc.assert(
      fc.property(fc.integer(), fc.uniqueArray(fc.nat()), fc.nat(40), (seed, items, count) => {
        const sample = createRng(seed).sample(items, count);
        expect(sample).toHaveLength(Math.min(count, items.length));
        expect(new Set(sample).size).toBe(sample.length);
        for (const item of sample) expect(items).toContain(item);
      }),
    );
  });

  test('samples each element equally often', () => {
    const rng = createRng(5);
    const counts = [0, 0, 0, 0, 0, 0];
    for (let round = 0; round < 6000; round++) {
      for (const index of rng.sample([0, 1, 2, 3, 4, 5], 2)) counts[index] = counts[index]! + 1;
    }
    // 2000 expected; five standard deviations are about 183.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(183);
  });
});
