import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { leftParent } from '../../../src/gossamer/routing/left-parent.js';
import type { TableEntry } from '../../../src/gossamer/routing/routing-table.js';
import { nodeId } from '../support.js';

const [S, T, U] = [nodeId(200), nodeId(201), nodeId(202)];

const entryOf = (hop: number, scx: NodeId, costMs: number): TableEntry => ({
  nextHop: nodeId(hop),
  route: { scx, stamp: 1, costMs, path: [nodeId(1), nodeId(hop), scx], sources: [] },
});

const routingOf = (entries: readonly TableEntry[]) => ({
  table: new Map(entries.map((entry) => [entry.route.scx, entry])),
  rttMs: () => 10,
  reachedOver: (id: NodeId) =>
    entries.filter(({ nextHop }) => nextHop === id).map(({ route }) => route.scx),
});

describe('The parent that an asker would leave', () => {
  test('is the one over which it reaches most sources, with what they cost there', () => {
    const routing = routingOf([entryOf(2, S, 30), entryOf(3, T, 20), entryOf(3, U, 4)]);
    expect(leftParent(routing, nodeId(9))).toEqual({
      id: nodeId(3),
      costs: [
        { scx: T, costMs: 15 },
        { scx: U, costMs: 0 },
      ],
    });
  });

  test('is none without a route, and none whose path leads over the asked node', () => {
    expect(leftParent(routingOf([]), nodeId(9))).toBeNull();
    expect(leftParent(routingOf([entryOf(2, S, 30)]), S)).toBeNull();
    expect(leftParent(routingOf([entryOf(2, S, 30)]), nodeId(2))).toBeNull();
  });
});
