/**
 * Random numbers that can be replayed. A run has one seed; each node and each concern forks a
 * stream of its own by label, so that one more draw in one place changes nothing elsewhere.
 */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { assert } from './assert.js';

/** A stream of random numbers. */
export interface Rng {
  /** An independent stream; the same label always gives the same stream. */
  fork(label: string): Rng;
  /** A number in [0, 1). */
  unit(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** One element; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined;
  /** At most `count` distinct elements, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** FNV-1a over UTF-16 units: mixes a label into a seed. */
function hashLabel(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** Creates a stream from a 32-bit seed. */
export function createRng(seed: number): Rng {
  const generator = xoroshiro128plus(seed | 0);
  const below = (bound: number): number => {
    assert(bound > 0, 'a random bound is positive');
    return uniformInt(generator, 0, bound - 1);
  };
  return {
    fork: (label) => createRng(hashLabel(seed, label)),
    unit: () => uniformFloat32(generator),
    below,
    pick: (items) => (items.length === 0 ? undefined : items[below(items.length)]),
    sample: (items, count) => {
      const pool = [...items];
      const wanted = Math.min(count, pool.length);
      for (let index = 0; index < wanted; index++) {
        const other = index + below(pool.length - index);
        const held = pool[index] as (typeof pool)[number];
        pool[index] = pool[other] as (typeof pool)[number];
        pool[other] = held;
      }
      return pool.slice(0, wanted);
    },
  };
}
