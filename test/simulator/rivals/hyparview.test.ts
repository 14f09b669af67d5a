import { expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { contestantOf } from '../../../src/simulator/rivals/protocols.js';
import { createWorld } from '../../../src/simulator/world/world.js';

const DEGREE = FAST.addedEdgesMax + FAST.acceptedEdgesMax;

test('Active views of HyParView are symmetric and bounded, before and after a crash', () => {
  const world = createWorld({
    ...{ seed: 1, config: FAST, delayMs: (a, b) => 5 + Math.abs(a - b) },
    createScx: contestantOf('plumtree').create,
  });
  for (let index = 0; index < 40; index++) world.at(100 * index, () => void world.add());
  const checkViews = (): void => {
    const views = new Map(
      world.live().map(({ gossamer }) => {
        const { self, neighbours } = gossamer.view();
        return [self.id, neighbours.map(({ member }) => member.id)];
      }),
    );
    for (const [id, neighbours] of views) {
      expect(neighbours.length).toBeLessThanOrEqual(DEGREE);
      expect(neighbours.length).toBeGreaterThan(2);
      for (const other of neighbours) expect(views.get(other)).toContain(id);
    }
  };
  world.runUntil(60_000);
  checkViews();
  for (const scx of world.scxs.slice(10, 20)) world.crash(scx);
  world.runUntil(120_000);
  expect(world.live()).toHaveLength(30);
  checkViews();
});
