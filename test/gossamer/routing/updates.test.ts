import { expect, test } from 'vitest';
import type { Route } from '../../../src/gossamer/core/message.js';
import { createUpdates } from '../../../src/gossamer/routing/updates.js';
import { nodeId, sourceOf } from '../support.js';

const ROUTE: Route = {
  scx: nodeId(9),
  stamp: 4,
  costMs: 100,
  path: [nodeId(1), nodeId(9)],
  sources: [sourceOf(9)],
};

/** All neighbours have been sent ROUTE; the table may be changed. */
function createSent() {
  const table = { routes: [ROUTE] as readonly Route[] };
  const updates = createUpdates(
    () => table.routes,
    () => [],
  );
  updates.onSent(updates.whole());
  const changesOf = (...routes: readonly Route[]) => {
    table.routes = routes;
    return updates.changes();
  };
  return { updates, changesOf };
}

test('What has not changed is not sent again', () => {
  const { changesOf } = createSent();
  expect(changesOf({ ...ROUTE })).toBeUndefined();
});

test('A route over other SCXs, or with a newer list of sources, is sent at the same cost, too', () => {
  const { changesOf } = createSent();
  const detour = { ...ROUTE, path: [nodeId(1), nodeId(2), nodeId(9)] };
  const other = { ...ROUTE, path: [nodeId(3), nodeId(9)] };
  for (const route of [detour, other, { ...ROUTE, stamp: 5 }]) {
    expect(changesOf(route)?.routes).toEqual([route]);
  }
});

test('A cost is sent when it has changed by more than a tenth and a millisecond', () => {
  const { changesOf } = createSent();
  expect(changesOf({ ...ROUTE, costMs: 111 })).toBeUndefined();
  expect(changesOf({ ...ROUTE, costMs: 89 })).toBeUndefined();
  expect(changesOf({ ...ROUTE, costMs: 111.1 })?.routes).toHaveLength(1);
  expect(changesOf({ ...ROUTE, costMs: 88.9 })?.routes).toHaveLength(1);
});

test('A route that is gone is sent as lost, once', () => {
  const { updates, changesOf } = createSent();
  const update = changesOf();
  expect(update).toMatchObject({ routes: [], lost: [nodeId(9)] });
  if (update !== undefined) updates.onSent(update);
  expect(changesOf()).toBeUndefined();
});

test('A route that a new neighbour was told before others is sent to all, though it is as before', () => {
  const { updates, changesOf } = createSent();
  changesOf({ ...ROUTE, stamp: 5 });
  expect(updates.wholeForOne().routes).toMatchObject([{ stamp: 5 }]);
  const update = changesOf(ROUTE);
  expect(update?.routes).toEqual([ROUTE]);
  if (update !== undefined) updates.onSent(update);
  expect(changesOf(ROUTE)).toBeUndefined();
});

test('A route that a new neighbour was not told, as it was lost for a moment, is sent again', () => {
  const { updates, changesOf } = createSent();
  changesOf();
  expect(updates.wholeForOne().routes).toEqual([]);
  expect(changesOf(ROUTE)?.routes).toEqual([ROUTE]);
});

test('A route that only a new neighbour was told is sent as lost when it is gone', () => {
  const { updates, changesOf } = createSent();
  const other = { ...ROUTE, scx: nodeId(8), path: [nodeId(1), nodeId(8)] };
  changesOf(ROUTE, other);
  updates.wholeForOne();
  expect(changesOf(ROUTE)?.lost).toEqual([nodeId(8)]);
});
