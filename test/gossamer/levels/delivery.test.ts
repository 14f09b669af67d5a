import { describe, expect, test } from 'vitest';
import { createDelivery } from '../../../src/gossamer/levels/delivery.js';
import { aduOf } from '../support.js';

const numbers = (adus: readonly { readonly sequence: number }[]): number[] =>
  adus.map(({ sequence }) => sequence);

describe('The frames of two meshes', () => {
  test('are delivered once, whichever mesh brings them first', () => {
    const delivery = createDelivery();
    expect(numbers(delivery.accept(aduOf(5), true))).toEqual([5]);
    expect(numbers(delivery.accept(aduOf(5), false))).toEqual([]);
    expect(numbers(delivery.accept(aduOf(6), false))).toEqual([6]);
    expect(numbers(delivery.accept(aduOf(6), true))).toEqual([]);
  });

  test('wait where the next mesh is ahead, until the present one has brought those before', () => {
    const delivery = createDelivery();
    delivery.accept(aduOf(5), true);
    expect(numbers(delivery.accept(aduOf(8), false))).toEqual([]);
    expect(delivery.isWithin(aduOf(8))).toBe(false);
    expect(numbers(delivery.accept(aduOf(6), true))).toEqual([6]);
    expect(numbers(delivery.accept(aduOf(7), true))).toEqual([7, 8]);
    expect(delivery.isWithin(aduOf(8))).toBe(true);
  });

  test('are skipped where the mesh skips them that the node is in', () => {
    const delivery = createDelivery();
    delivery.accept(aduOf(5), true);
    expect(numbers(delivery.accept(aduOf(9), true))).toEqual([9]);
    expect(numbers(delivery.accept(aduOf(7), false))).toEqual([]);
  });

  test('are bounded while they wait', () => {
    const delivery = createDelivery();
    delivery.accept(aduOf(0), true);
    let delivered = 0;
    for (let sequence = 10; sequence < 1000; sequence++) {
      delivered += delivery.accept(aduOf(sequence), false).length;
    }
    expect(delivered).toBe(990);
  });
});
