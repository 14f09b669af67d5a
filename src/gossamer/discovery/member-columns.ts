/**
 * What is looked at for all members at once: where each lies, and it as a fact of digests. By index, in
 * typed arrays of their own: to look over hundreds of members then runs over memory in order, and
 * touches no object, which with thousands of SCXs in one simulation is most of what it costs.
 */

import type { Sighting } from '../core/message.js';
import type { Place } from '../core/node.js';
import { sightingFact } from './digest.js';

/** The members that a young SCX has room for; it doubles. */
const ROOM_FIRST = 64;

export interface Atlas {
  set(index: number, sighting: Sighting): void;
  /** One takes another's index. */
  move(from: number, to: number): void;
  /** The one-way delay that two places foretell, ms; Infinity where nothing is known of the member's. */
  foretoldMs(index: number, to: Place): number;
  fact(index: number): number;
}

/** Nobody is in it. */
export function createAtlas(): Atlas {
  let [xs, ys, heights] = [0, 0, 0].map(() => new Float64Array(ROOM_FIRST)) as Columns;
  let facts = new Uint32Array(ROOM_FIRST);

  const grow = (): void => {
    [xs, ys, heights] = [xs, ys, heights].map((column) => {
      const larger = new Float64Array(2 * column.length);
      larger.set(column);
      return larger;
    }) as Columns;
    const larger = new Uint32Array(2 * facts.length);
    larger.set(facts);
    facts = larger;
  };

  return {
    set: (index, sighting) => {
      if (index === facts.length) grow();
      const { x, y, height, samples } = sighting.place;
      xs[index] = x;
      ys[index] = y;
      heights[index] = samples === 0 ? Number.POSITIVE_INFINITY : height;
      facts[index] = sightingFact(sighting);
    },
    move: (from, to) => {
      for (const column of [xs, ys, heights, facts]) column.copyWithin(to, from, from + 1);
    },
    foretoldMs: (index, to) =>
      Math.sqrt((to.x - (xs[index] as number)) ** 2 + (to.y - (ys[index] as number)) ** 2) +
      to.height +
      (heights[index] as number),
    fact: (index) => facts[index] as number,
  };
}

type Columns = [xs: Float64Array, ys: Float64Array, heights: Float64Array];
