/** What an SCX tells of itself while somebody watches it. */
import { expect, test } from 'vitest';
import { createOwnSketch } from '../../../src/overlay/watch/own-sketch.js';
import { eventually, startStation } from '../support.js';

test('A sketch is told at once, again when it has changed, and to nobody who has gone', async () => {
  const { overlay } = await startStation(1);
  const own = createOwnSketch(overlay.view);
  const told: number[] = [];
  const other: number[] = [];
  const end = own.subscribe(({ listeners }) => told.push(listeners));
  expect(told).toEqual([0]);
  overlay.feed({ kind: 'audience', listeners: 3 });
  const endOther = own.subscribe(({ listeners }) => other.push(listeners));
  await eventually(() => told.length === 2);
  expect([told, other[0]]).toEqual([[0, 3], 3]);
  end();
  overlay.feed({ kind: 'audience', listeners: 4 });
  await eventually(() => other.at(-1) === 4);
  endOther();
  expect(told).toEqual([0, 3]);
  let views = 0;
  const counted = createOwnSketch(() => {
    views++;
    return overlay.view();
  });
  counted.subscribe(() => undefined)();
  expect(views).toBe(1);
  counted.close();
});
