import { describe, expect, test } from 'vitest';
import { FAST } from '../../../../src/gossamer/core/config.js';
import { sizeOf } from '../../../../src/gossamer/distribution/stream/adu-cache.js';
import { createAduMemory } from '../../../../src/gossamer/distribution/stream/adu-memory.js';
import { createStream } from '../../../../src/gossamer/distribution/stream/stream.js';
import { aduOf } from '../../support.js';

const ADU_BYTES = sizeOf(aduOf(0));

/** Two streams that share the memory for so many ADUs. */
function createPair(adus: number) {
  const config = { ...FAST, cachesBytesMax: adus * ADU_BYTES };
  const memory = createAduMemory(config);
  return { memory, one: createStream(config, memory), other: createStream(config, memory) };
}

describe('The memory of all streams', () => {
  test('has one bound: the stream that holds most drops its oldest ADUs', () => {
    const { memory, one, other } = createPair(10);
    for (let sequence = 0; sequence < 3; sequence++) other.accept(aduOf(sequence), 0);
    for (let sequence = 0; sequence < 7; sequence++) one.accept(aduOf(sequence), 0);
    expect([one.keptFrom(0), other.keptFrom(0)]).toEqual([0, 0]);
    other.accept(aduOf(3), 0);
    expect([one.keptFrom(0), other.keptFrom(0)]).toEqual([1, 0]);
    for (let sequence = 4; sequence < 50; sequence++) other.accept(aduOf(sequence), 0);
    expect([one.keptFrom(0), other.keptFrom(0)]).toEqual([2, 45]);
    expect([...memory.holders].map((holder) => holder.bytes() / ADU_BYTES)).toEqual([5, 5]);
  });

  test('counts ADUs that wait for a hole; they are dropped last, and the stream goes on', () => {
    const { one, other } = createPair(4);
    one.accept(aduOf(0), 0);
    for (const sequence of [2, 3, 4]) one.accept(aduOf(sequence), 0);
    for (let sequence = 0; sequence < 2; sequence++) other.accept(aduOf(sequence), 0);
    expect(one.get(0)).toBeUndefined();
    expect(one.isDuplicate(aduOf(4))).toBe(false);
    expect(one.isDuplicate(aduOf(3))).toBe(true);
    expect(one.accept(aduOf(1), 0).delivered.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(one.holeSince()).toBeUndefined();
  });

  test('awaits no ADU when the last that waited for a hole is dropped', () => {
    const { one } = createPair(0);
    one.begin(0);
    one.accept(aduOf(2), 0);
    expect(one.holeSince()).toBeUndefined();
  });

  test('is free again when a stream ends or what waited is skipped', () => {
    const { memory, one, other } = createPair(6);
    for (const sequence of [0, 2, 3, 4, 5]) one.accept(aduOf(sequence), 0);
    one.skipTo(2, 0);
    one.close();
    for (let sequence = 0; sequence < 6; sequence++) other.accept(aduOf(sequence), 0);
    expect(other.keptFrom(0)).toBe(0);
    expect(memory.holders.size).toBe(1);
  });

  test('counts the ADU with which a stream begins', () => {
    const { one, other } = createPair(1);
    one.begin(1, aduOf(0));
    other.accept(aduOf(0), 0);
    expect([one.get(0), other.get(0)].filter((adu) => adu !== undefined)).toHaveLength(1);
  });
});
