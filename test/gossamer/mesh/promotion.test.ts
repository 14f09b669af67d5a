import { describe, expect, test } from 'vitest';
import type { Load } from '../../../src/gossamer/core/message.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { findPromotion, type PromotionView } from '../../../src/gossamer/mesh/promotion.js';
import { coordinatesOf, nodeId } from '../support.js';

const S = nodeId(200);
const [PARENT, CHILD, OTHER] = [nodeId(1), nodeId(2), nodeId(3)];

/** We are 10 ms from our parent and 6 ms from our child, which is 5 ms from our parent. */
const viewOf = (loads: readonly (readonly [NodeId, readonly Load[]])[]): PromotionView => ({
  sources: () => [S],
  reachedOver: (id) => (id === PARENT ? [S] : []),
  loads: () => [[PARENT, []], ...loads],
  rttMs: (id) => (id === PARENT ? 20 : 12),
  coordinates: (id) => coordinatesOf(id === PARENT ? 0 : 5),
});

const load = (scxs: number): Load[] => [{ scx: S, scxs }];
const weights = new Map([[S, 10]]);

describe('Child promotion', () => {
  test('weighs the SCXs below the child against all others', () => {
    // Those below the child come 11 ms nearer, the others go 1 ms farther.
    expect(findPromotion(viewOf([[CHILD, load(4)]]), weights, 37)).toEqual({
      parent: PARENT,
      heir: { id: CHILD, scxs: 6, distanceMs: 6 },
      gainMs: 38,
    });
    expect(findPromotion(viewOf([[CHILD, load(4)]]), weights, 38)).toBeUndefined();
  });

  test('chooses the child that gains most, and none that takes nothing from us', () => {
    const both = viewOf([
      [CHILD, load(4)],
      [OTHER, load(5)],
    ]);
    expect(findPromotion(both, weights, 0)?.heir.id).toBe(OTHER);
    expect(findPromotion(viewOf([[CHILD, []]]), weights, 0)).toBeUndefined();
  });

  test('believes no child to serve all that we serve', () => {
    expect(findPromotion(viewOf([[CHILD, load(1e6)]]), weights, 0)?.heir.scxs).toBe(1);
  });

  test('needs coordinates with a small error', () => {
    const blind = {
      ...viewOf([[CHILD, load(4)]]),
      coordinates: () => coordinatesOf(0, 0, { error: 0.51 }),
    };
    expect(findPromotion(blind, weights, 0)).toBeUndefined();
  });
});
