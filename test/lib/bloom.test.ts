import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBloom, mayHold } from '../../src/lib/bloom.js';
import { createRng } from '../../src/lib/rng.js';

const hash = fc.integer({ min: 0, max: 0xffff_ffff });
const salt = fc.integer({ min: 0, max: 0xffff });

/** Random 32-bit hashes. */
const hashes = (seed: number, count: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.below(0x1_0000_0000));
};

describe('A Bloom filter', () => {
  test('never denies what was put in, however crowded it is', () => {
    fc.assert(
      fc.property(
        fc.array(hash, { maxLength: 300 }),
        salt,
        fc.integer({ min: 1, max: 64 }),
        (items, salted, bytesMax) => {
          const bloom = createBloom(items, salted, bytesMax);
          expect(items.every((item) => mayHold(bloom, item))).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });

  test('has a byte for each item, one at least, and no more than its bound', () => {
    expect(createBloom([], 0, 512).bits).toHaveLength(1);
    expect(createBloom(hashes(1, 100), 0, 512).bits).toHaveLength(100);
    expect(createBloom(hashes(1, 600), 0, 512).bits).toHaveLength(512);
  });

  test('claims one in 40 or so of what was not put in', () => {
    const bloom = createBloom(hashes(1, 400), 7, 512);
    const claimed = hashes(2, 20_000).filter((item) => mayHold(bloom, item)).length;
    // 500 expected; five standard deviations are about 110.
    expect(claimed).toBeGreaterThan(200);
    expect(claimed).toBeLessThan(610);
  });

  test('claims few of consecutive numbers, too', () => {
    const bloom = createBloom(
      Array.from({ length: 400 }, (_, index) => index),
      7,
      512,
    );
    const others = Array.from({ length: 20_000 }, (_, index) => 1000 + index);
    expect(others.filter((item) => mayHold(bloom, item)).length).toBeLessThan(700);
  });

  test('errs elsewhere with another salt', () => {
    const items = hashes(1, 400);
    const others = hashes(2, 20_000);
    const wrong = (salted: number): number[] => {
      const bloom = createBloom(items, salted, 512);
      return others.filter((item) => mayHold(bloom, item));
    };
    const first = new Set(wrong(1));
    const again = wrong(2).filter((item) => first.has(item));
    expect(first.size).toBeGreaterThan(200);
    // One in 40 of about 500 by chance.
    expect(again.length).toBeLessThan(first.size / 10);
  });

  test('holds nothing without bits, and nothing when it is empty', () => {
    expect(mayHold({ salt: 0, bits: new Uint8Array(0) }, 1)).toBe(false);
    const empty = createBloom([], 3, 512);
    expect(hashes(2, 1000).some((item) => mayHold(empty, item))).toBe(false);
  });
});
