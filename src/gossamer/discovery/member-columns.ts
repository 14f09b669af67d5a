/**
 * The data that is read for all members in one pass: their coordinates, and their facts in digests.
 * They are stored by index in typed arrays, so that a pass over hundreds of members reads memory in
 * order and touches no object. Before, these passes were most of the cost of a simulation with
 * thousands of SCXs.
 */
import type { Sighting } from '../core/message.js';
import type { Coordinates } from '../core/node.js';
import { sightingFact } from './digest.js';

/** Members that a young SCX has room for; the room doubles. Speed only. */
const ROOM_FIRST = 64;

export interface MemberColumns {
  set(index: number, sighting: Sighting): void;
  /** Copies one member's columns to another index. */
  move(from: number, to: number): void;
  /**
   * The predicted one-way delay between a member and some coordinates, ms; Infinity where the
   * member has none.
   */
  predictedDelayMs(index: number, to: Coordinates): number;
  /** The member's fact in digests. */
  fact(index: number): number;
}

type Columns = [xs: Float64Array, ys: Float64Array, heights: Float64Array];

/** Creates empty columns. */
export function createMemberColumns(): MemberColumns {
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
    predictedDelayMs: (index, to) =>
      Math.sqrt((to.x - (xs[index] as number)) ** 2 + (to.y - (ys[index] as number)) ** 2) +
      to.height +
      (heights[index] as number),
    fact: (index) => facts[index] as number,
  };
}
