/** The rules of Narada that are functions: figures 3 and 4 of its paper, and its routes. */
import { describe, expect, test } from 'vitest';
import type { Member, NodeId } from '../../../src/gossamer/core/node.js';
import type { Route } from '../../../src/simulator/rivals/narada/messages.js';
import {
  addThreshold,
  consensusCost,
  dropThreshold,
  utilityOf,
} from '../../../src/simulator/rivals/narada/quality.js';
import {
  childrenOf,
  computeRoutes,
  type Neighbour,
  routesById,
} from '../../../src/simulator/rivals/narada/routes.js';

const id = (name: string): NodeId => name as NodeId;

const route = (to: string, costMs: number, path: string): Route => ({
  ...{ to: id(to), costMs },
  path: [...path].map(id),
});

const neighbour = (name: string, distanceMs: number, routes: readonly Route[]): Neighbour => ({
  member: { id: id(name), address: `${name}:1`, incarnation: 1, rendezvous: false } as Member,
  ...{ distanceMs, since: 0, heardAt: 0, routes: routesById(routes) },
});

/** We are `s`; `a` and `b` are our neighbours, `x` and `y` lie behind them. */
const a = neighbour('a', 10, [route('a', 0, ''), route('x', 5, 'x'), route('y', 50, 'xy')]);
const b = neighbour('b', 20, [route('b', 0, ''), route('y', 10, 'y'), route('x', 1, 'sax')]);
const neighbours = new Map([a, b].map((each) => [each.member.id, each]));
const isBarred = (barred: string) => (node: NodeId) => node === 's' || node === barred;

describe('Narada', () => {
  test('takes the shortest path that does not lead through itself', () => {
    const table = computeRoutes(neighbours, isBarred(''));
    expect(table.get(id('x'))).toEqual(route('x', 15, 'ax'));
    expect(table.get(id('y'))).toEqual(route('y', 30, 'by'));
  });

  test('takes no path over a dead node', () => {
    const table = computeRoutes(neighbours, isBarred('x'));
    expect([...table.keys()].sort()).toEqual(['a', 'b', 'y']);
  });

  test('forwards to the neighbours whose next hop it is', () => {
    expect(childrenOf(id('s'), id('x'), neighbours).map((child) => child.id)).toEqual(['b']);
    expect(childrenOf(id('s'), id('y'), neighbours)).toEqual([]);
  });

  test('weighs a link by the share by which it brings members nearer (figure 3)', () => {
    const table = computeRoutes(neighbours, isBarred(''));
    const theirs = routesById([route('y', 9, 'y'), route('a', 100, 'a')]);
    // x itself from 15 to 6, y from 30 to 15; a and b come no nearer.
    expect(utilityOf(id('x'), 6, table, theirs)).toBeCloseTo(9 / 15 + 15 / 30);
  });

  test('weighs a link by the end that uses it more (figure 4)', () => {
    const table = computeRoutes(neighbours, isBarred(''));
    expect(consensusCost(id('s'), a, table)).toBe(2);
    expect(consensusCost(id('s'), b, new Map())).toBe(1);
  });

  test('adds links more readily than it keeps them only while it has few', () => {
    expect(addThreshold(100, 7, 7)).toBeGreaterThan(addThreshold(100, 3, 7));
    expect(dropThreshold(100, 3, 7)).toBe(0);
    expect(dropThreshold(100, 7, 7)).toBeLessThan(addThreshold(100, 7, 7));
  });
});
