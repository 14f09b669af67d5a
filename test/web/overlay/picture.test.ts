/** The overlay at one instant. */
import { expect, test } from 'vitest';
import { createPicture, listenersIn, NEWS_MS, parentOf } from '../../../web/overlay/picture.js';
import { nodeId, sourceId } from '../../scx/support.js';
import { goneLine, scxLine } from './lines.js';

const pairs = (picture: ReturnType<typeof createPicture>): string[] =>
  picture.edges().map(({ a, b }) => `${a.at(-1)}${b.at(-1)}`);

test('An edge is there once, as soon as one of its ends tells of it, and as long as both are there', () => {
  const picture = createPicture();
  picture.apply(scxLine('1', 0, { neighbours: '23' }));
  expect(pairs(picture)).toEqual([]);
  picture.apply(scxLine('2', 10, { neighbours: '1' }));
  expect(pairs(picture)).toEqual(['12']);
  picture.apply(goneLine('2', 20));
  expect(pairs(picture)).toEqual([]);
});

test('An edge is as old as it is, however often its ends tell of it, and new when it comes back', () => {
  const picture = createPicture([scxLine('2', 0)]);
  const sinceAfter = (...neighbours: readonly [string, number][]) =>
    neighbours.map(([told, at]) => {
      picture.apply(scxLine('1', at, { neighbours: told }));
      return picture.edges()[0]?.since;
    });
  expect(sinceAfter(['2', 10], ['2', 5000], ['', 6000], ['2', 7000])).toEqual([
    ...[10, 10, undefined, 7000],
  ]);
});

test('What has happened is told for a while', () => {
  const picture = createPicture();
  const lines = [
    scxLine('1', 0),
    scxLine('1', 100, { failovers: 1 }),
    scxLine('1', 200, { failovers: 1, lost: 3 }),
    goneLine('1', 300),
    goneLine('1', 400),
  ];
  for (const line of lines) picture.apply(line);
  const whats = picture.news(400).map(({ what }) => what);
  expect(whats).toEqual(['joined', 'failover', 'lost', 'gone']);
  expect(picture.news(250).map(({ what }) => what)).toEqual(['joined', 'failover', 'lost']);
  expect(picture.news(250 + NEWS_MS).map(({ what }) => what)).toEqual(['gone']);
});

test('Sources, parents and listeners are those that the SCXs tell', () => {
  const picture = createPicture([
    scxLine('f', 0, { listeners: 2 }),
    scxLine('1', 0, { parent: 'f', listeners: 40 }),
  ]);
  picture.apply({ ...scxLine('2'), sketch: null });
  expect(picture.sources()).toEqual([{ id: sourceId('a'), scx: nodeId('f') }]);
  expect(listenersIn(picture)).toBe(42);
  const parents = [...picture.scxs.values()].map((line) => parentOf(line, sourceId('a')));
  expect(parents).toEqual([undefined, nodeId('f'), undefined]);
});
