/** Where SCXs are drawn. */
import { expect, test } from 'vitest';
import { createLayout } from '../../../web/overlay/layout.js';
import type { ScxLine } from '../../../web/overlay/record.js';
import { nodeId } from '../../scx/support.js';
import { scxLine } from './lines.js';

const SIZE = [800, 600] as const;

const arranged = (lines: readonly ScxLine[]) => {
  const layout = createLayout();
  layout.arrange(new Map(lines.map((line) => [line.id, line])), ...SIZE);
  const at = (digit: string) => layout.at(nodeId(digit)) ?? { x: Number.NaN, y: Number.NaN };
  return { layout, at };
};

test('Distances on the map are those of the coordinates, and all is within the canvas', () => {
  const { at } = arranged([
    scxLine('1', 0, { x: 0, y: 0 }),
    scxLine('2', 0, { x: 30, y: 0 }),
    scxLine('3', 0, { x: 0, y: 40 }),
  ]);
  const distance = (one: string, other: string) =>
    Math.hypot(at(one).x - at(other).x, at(one).y - at(other).y);
  expect(distance('2', '3') / distance('1', '2')).toBeCloseTo(5 / 3, 3);
  for (const digit of ['1', '2', '3']) {
    expect(at(digit).x).toBeGreaterThan(0);
    expect(at(digit).x).toBeLessThan(SIZE[0]);
    expect(at(digit).y).toBeGreaterThan(0);
    expect(at(digit).y).toBeLessThan(SIZE[1]);
  }
});

test('SCXs at one place do not cover each other', () => {
  const lines = Array.from({ length: 40 }, (_, number) => ({
    ...scxLine('1'),
    id: nodeId('0').replace(/..$/, `${10 + number}`) as ScxLine['id'],
  }));
  const layout = createLayout();
  layout.arrange(new Map(lines.map((line) => [line.id, line])), ...SIZE);
  const points = lines.flatMap(({ id }) => layout.at(id) ?? []);
  const nearest = points.map((one) =>
    Math.min(...points.filter((p) => p !== one).map((p) => Math.hypot(p.x - one.x, p.y - one.y))),
  );
  expect(Math.min(...nearest)).toBeGreaterThan(8);
});

test('An SCX without coordinates is drawn among its neighbours', () => {
  const unplaced = scxLine('3', 0, { neighbours: '1' });
  const { at } = arranged([
    scxLine('1', 0, { x: 0, y: 0 }),
    scxLine('2', 0, { x: 100, y: 100 }),
    { ...unplaced, place: null, sketch: { ...unplaced.sketch, place: null } as ScxLine['sketch'] },
  ]);
  const to = (other: string) => Math.hypot(at('3').x - at(other).x, at('3').y - at(other).y);
  expect(to('1')).toBeLessThan(to('2') / 4);
});

test('An SCX moves to its new place step by step, and not for a trifle', () => {
  const { layout, at } = arranged([scxLine('1', 0, { x: 0 }), scxLine('2', 0, { x: 100 })]);
  const arrange = (x: number) =>
    layout.arrange(
      new Map(
        [scxLine('1', 0, { x }), scxLine('2', 0, { x: 100 }), scxLine('3', 0, { x: -50 })].map(
          (l) => [l.id, l],
        ),
      ),
      ...SIZE,
    );
  const before = { ...at('1') };
  arrange(0);
  expect(at('1')).toEqual(before);
  expect(layout.move(0.5)).toBe(true);
  const half = at('1').x;
  expect(half).toBeGreaterThan(before.x);
  expect(layout.move(1)).toBe(true);
  expect(at('1').x - before.x).toBeCloseTo(2 * (half - before.x), 6);
  arrange(0.5);
  expect(layout.move(1)).toBe(false);
});
