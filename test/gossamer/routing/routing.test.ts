import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { Route, Withdrawal } from '../../../src/gossamer/core/message.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createNeighbourRoutes } from '../../../src/gossamer/routing/neighbour-routes.js';
import { createNextHops } from '../../../src/gossamer/routing/next-hop.js';
import { createRouting } from '../../../src/gossamer/routing/routing.js';
import { createTrust } from '../../../src/gossamer/routing/trust.js';
import { addressOf, createBench, memberOf, nodeId, runUntil, sourceOf } from '../support.js';

/** We are 5; our neighbours are 1 at 10 ms and 2 at 20 ms of RTT. */
function createTable(changes: Partial<GossamerConfig> = {}) {
  const bench = createBench({ routeHysteresis: 0, ...changes });
  const dead = new Set<NodeId>();
  let changed = 0;
  const routing = createRouting(bench.context, {
    onTableChanged: () => void changed++,
    isDead: (id) => dead.has(id),
  });
  routing.onEdgeUp(memberOf(1), 10);
  routing.onEdgeUp(memberOf(2), 20);
  bench.take();
  /** All that a neighbour knows. */
  const hear = (
    from: number,
    routes: readonly Route[],
    withdrawn: Withdrawal[] = [],
    now = 0,
  ): void => {
    const update = { kind: 'update', whole: true, routes, lost: [], withdrawn } as const;
    routing.handleUpdate(nodeId(from), update, now);
  };
  /** What has changed with a neighbour. */
  const hearChange = (from: number, routes: readonly Route[], lost: NodeId[] = []): void => {
    const update = { kind: 'update', whole: false, routes, lost, withdrawn: [] } as const;
    routing.handleUpdate(nodeId(from), update, 0);
  };
  const updates = () =>
    bench
      .sent()
      .flatMap(({ to, message }) => (message.kind === 'update' ? [{ to, ...message }] : []));
  const hop = (scx = 9): NodeId | undefined => routing.table.get(nodeId(scx))?.nextHop;
  return { bench, routing, dead, hear, hearChange, updates, hop, changes: () => changed };
}

/** A route whose path is given from the teller to the source SCX. */
const routeOf = (path: readonly number[], costMs: number, stamp = 1): Route => ({
  scx: nodeId(path.at(-1)!),
  stamp,
  costMs,
  path: path.map(nodeId),
  sources: [sourceOf(path.at(-1)!)],
});

describe('Routing', () => {
  test('enters a local source with length zero, at once', () => {
    const { routing, changes } = createTable();
    routing.announce(sourceOf(1), 0);
    expect(routing.table.get(nodeId(5))).toEqual({
      nextHop: undefined,
      route: { scx: nodeId(5), stamp: 1, costMs: 0, path: [nodeId(5)], sources: [sourceOf(1)] },
    });
    expect(changes()).toBe(1);
  });

  test('takes the neighbour of the lowest cost: its route and the distance to it', () => {
    const { routing, hear, hop } = createTable();
    hear(1, [routeOf([1, 8, 9], 30)]);
    expect(routing.table.get(nodeId(9))?.route).toMatchObject({
      costMs: 35,
      path: [nodeId(5), nodeId(1), nodeId(8), nodeId(9)],
    });
    hear(2, [routeOf([2, 9], 24)]);
    expect(hop()).toBe(nodeId(2));
    hear(2, [routeOf([2, 9], 26)]);
    expect(hop()).toBe(nodeId(1));
  });

  test('counts a slow neighbour as 4 s away, until pings say otherwise', () => {
    const { routing, hear, hop } = createTable({ pingWeight: 1 });
    hear(1, [routeOf([1, 9], 1)]);
    hear(2, [routeOf([2, 9], 1989)]);
    routing.onSlow(nodeId(1), 0);
    expect(routing.rttMs(nodeId(1))).toBe(4000);
    expect(hop()).toBe(nodeId(2));
    routing.onRtt(addressOf(1), 10, 0);
    expect(hop()).toBe(nodeId(1));
    routing.onRtt(addressOf(1), 9000, 0);
    routing.onSlow(nodeId(1), 0);
    expect(routing.rttMs(nodeId(1))).toBe(9000);
  });

  test('stores nothing from a node that is no neighbour', () => {
    const { routing, hear } = createTable();
    hear(3, [routeOf([3, 9], 1)]);
    expect(routing.table.size).toBe(0);
    hear(1, [routeOf([1, 9], 1)]);
    hear(3, [], [{ scx: nodeId(9), stamp: 1 }]);
    expect(routing.table.size).toBe(1);
    const neighbours = createNeighbourRoutes(createBench().context.config, nodeId(5));
    const routes = [routeOf([3, 9], 1)];
    neighbours.store(nodeId(3), { kind: 'update', whole: true, routes, lost: [], withdrawn: [] });
    expect(neighbours.all.size).toBe(0);
  });

  test('has no route over a node that is no neighbour, or that advertises none', () => {
    const neighbours = createNeighbourRoutes(createBench().context.config, nodeId(5));
    neighbours.onEdgeUp(memberOf(1), 10);
    const hops = createNextHops(nodeId(5), neighbours, createTrust(), () => true);
    expect(hops.routeOver(nodeId(1), nodeId(9))).toBeUndefined();
    expect(hops.routeOver(nodeId(2), nodeId(9))).toBeUndefined();
    expect(hops.costMs(nodeId(2), nodeId(9))).toBe(Number.POSITIVE_INFINITY);
  });

  test('uses no path of which it is already part', () => {
    const { hear, hop } = createTable();
    hear(1, [routeOf([1, 5, 9], 1)]);
    expect(hop()).toBeUndefined();
    hear(2, [routeOf([2, 9], 100)]);
    expect(hop()).toBe(nodeId(2));
  });

  test('uses no path that does not lead from the sender to the source SCX', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([2, 9], 1), { ...routeOf([1, 8], 1), scx: nodeId(9) }, routeOf([1, 5], 0)]);
    expect(routing.table.size).toBe(0);
  });

  test('uses no path that would be too long to advertise', () => {
    const { routing, hear, hop } = createTable({ pathMax: 4 });
    hear(1, [routeOf([1, 6, 7, 9], 1)]);
    expect(hop()).toBeUndefined();
    hear(1, [routeOf([1, 7, 9], 1)]);
    expect(routing.table.get(nodeId(9))?.route.path).toHaveLength(4);
  });

  test('ignores updates from strangers', () => {
    const { routing, hear } = createTable();
    hear(3, [routeOf([3, 9], 1)]);
    expect(routing.table.size).toBe(0);
  });

  test('replaces the routes of a neighbour by those of a whole update', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 1), routeOf([1, 8], 1)]);
    hear(1, [routeOf([1, 8], 1)]);
    expect(routing.sources()).toEqual([nodeId(8)]);
  });

  test('keeps the other routes of a neighbour when an update has changes only', () => {
    const { routing, hear, hearChange, hop } = createTable();
    hear(1, [routeOf([1, 9], 1), routeOf([1, 8], 1), routeOf([1, 7], 1)]);
    hear(2, [routeOf([2, 9], 5)]);
    hearChange(1, [routeOf([1, 9], 50)], [nodeId(8)]);
    expect(hop(9)).toBe(nodeId(2));
    expect(hop(8)).toBeUndefined();
    expect(hop(7)).toBe(nodeId(1));
    expect(routing.sources().sort()).toEqual([nodeId(7), nodeId(9)]);
  });

  test('treats an unsound route as the loss of the former one', () => {
    const { hear, hearChange, hop } = createTable();
    hear(1, [routeOf([1, 9], 1)]);
    hearChange(1, [routeOf([2, 9], 1)]);
    expect(hop()).toBeUndefined();
  });

  test('goes round a lost edge by what the others have told', () => {
    const { routing, hear, hop } = createTable();
    hear(1, [routeOf([1, 9], 1)]);
    hear(2, [routeOf([2, 9], 50)]);
    routing.onEdgeDown(nodeId(1), 0);
    expect(hop()).toBe(nodeId(2));
    routing.onEdgeDown(nodeId(2), 0);
    expect(routing.table.size).toBe(0);
  });

  test('uses no path through a dead node, until it proves alive', () => {
    const { routing, dead, hear, hop } = createTable();
    hear(1, [routeOf([1, 7, 9], 1)]);
    hear(2, [routeOf([2, 9], 50)]);
    dead.add(nodeId(7));
    routing.onDead(0);
    expect(hop()).toBe(nodeId(2));
    hear(1, [routeOf([1, 7, 9], 1)]);
    expect(hop()).toBe(nodeId(2));
    dead.delete(nodeId(7));
    routing.onAlive(0);
    expect(hop()).toBe(nodeId(1));
  });

  test('finds a source again when the dead node on its only path proves alive', () => {
    const { routing, dead, hear, hop } = createTable();
    hear(1, [routeOf([1, 9], 1)]);
    dead.add(nodeId(9));
    routing.onDead(0);
    expect(routing.table.size).toBe(0);
    dead.delete(nodeId(9));
    routing.onAlive(0);
    expect(hop()).toBe(nodeId(1));
  });

  test('outlaws withdrawn routes up to their stamp, and passes the withdrawal on', () => {
    const { routing, hear, hop, updates } = createTable();
    hear(1, [routeOf([1, 9], 1, 3)]);
    hear(2, [routeOf([2, 9], 1, 3)]);
    runUntil(routing, 100);
    updates();
    hear(1, [], [{ scx: nodeId(9), stamp: 4 }]);
    expect(hop()).toBeUndefined();
    hear(2, [routeOf([2, 9], 1, 4)]);
    expect(hop()).toBeUndefined();
    runUntil(routing, 200);
    expect(updates().map((update) => update.withdrawn)).toEqual([
      [{ scx: nodeId(9), stamp: 4 }],
      [{ scx: nodeId(9), stamp: 4 }],
    ]);
    hear(2, [routeOf([2, 9], 1, 5)]);
    expect(hop()).toBe(nodeId(2));
  });

  test('withdraws itself with its last source, and returns with a higher stamp', () => {
    const { routing, updates } = createTable();
    routing.announce(sourceOf(1), 0);
    routing.withdraw(sourceOf(1).id, 1);
    expect(routing.table.size).toBe(0);
    runUntil(routing, 100);
    expect(updates()[0]).toMatchObject({ routes: [], withdrawn: [{ scx: nodeId(5), stamp: 2 }] });
    routing.announce(sourceOf(1), 200);
    expect(routing.table.get(nodeId(5))?.route.stamp).toBe(3);
  });

  test('cannot be talked into withdrawing its own sources', () => {
    const { routing, hear } = createTable();
    routing.announce(sourceOf(1), 0);
    hear(1, [], [{ scx: nodeId(5), stamp: 99 }]);
    expect(routing.table.has(nodeId(5))).toBe(true);
  });

  test('answers a stamp that it never issued with a higher one, if that is plausible', () => {
    const { routing, hear } = createTable();
    const stamp = () => routing.table.get(nodeId(5))?.route.stamp;
    routing.announce(sourceOf(1), 0);
    hear(1, [routeOf([1, 5], 1, 1)], [{ scx: nodeId(5), stamp: 0 }]);
    expect(stamp()).toBe(1);
    hear(1, [routeOf([1, 5], 1, 7)]);
    expect(stamp()).toBe(8);
    hear(1, [], [{ scx: nodeId(5), stamp: 8 }]);
    expect(stamp()).toBe(9);
    hear(1, [routeOf([1, 5], 1, 2 ** 50)], [{ scx: nodeId(5), stamp: 2 ** 50 }]);
    expect(stamp()).toBe(9);
    hear(1, [], [{ scx: nodeId(5), stamp: 9 + 1001 }]);
    expect(stamp()).toBe(9);
    hear(1, [], [{ scx: nodeId(5), stamp: 9 + 1000 }]);
    expect(stamp()).toBe(1010);
  });

  test('believes no list of sources whose stamp is far above that of its next hop', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 1, 3)]);
    hear(2, [{ ...routeOf([2, 9], 50, 5000), sources: [] }]);
    expect(routing.table.get(nodeId(9))?.route).toMatchObject({ stamp: 3, sources: [sourceOf(9)] });
  });

  test('joins the parts of one list that neighbours pass on, and passes all of them on', () => {
    const { hear, hop, routing, updates, changes } = createTable();
    hear(1, [{ ...routeOf([1, 9], 1, 3), sources: [sourceOf(8)] }]);
    runUntil(routing, 100);
    updates();
    const before = changes();
    hear(2, [{ ...routeOf([2, 9], 50, 3), sources: [sourceOf(9), sourceOf(8)] }]);
    expect(hop()).toBe(nodeId(1));
    const sources = [sourceOf(8), sourceOf(9)];
    expect(routing.table.get(nodeId(9))?.route).toMatchObject({ stamp: 3, sources });
    expect(changes()).toBe(before + 1);
    runUntil(routing, 200);
    expect(updates()[0]?.routes).toMatchObject([{ stamp: 3, sources }]);
    hear(1, [{ ...routeOf([1, 9], 1, 4), sources: [sourceOf(8)] }]);
    expect(routing.table.get(nodeId(9))?.route.sources).toEqual([sourceOf(8)]);
  });

  test('joins lists to no more sources than a route may have', () => {
    const { hear, routing } = createTable();
    const listOf = (first: number) => Array.from({ length: 12 }, (_, at) => sourceOf(first + at));
    hear(1, [{ ...routeOf([1, 9], 1, 3), sources: listOf(100) }]);
    hear(2, [{ ...routeOf([2, 9], 50, 3), sources: listOf(200) }]);
    expect(routing.table.get(nodeId(9))?.route.sources).toHaveLength(16);
  });

  test('believes no withdrawal of an unknown source SCX, nor one with too high a stamp', () => {
    const { hear, hop, updates, routing } = createTable();
    hear(1, [routeOf([1, 9], 1, 3)], [{ scx: nodeId(8), stamp: 1 }]);
    hear(2, [], [{ scx: nodeId(9), stamp: 5000 }]);
    expect(hop()).toBe(nodeId(1));
    runUntil(routing, 100);
    expect(updates()[0]?.withdrawn).toEqual([]);
  });

  test('sends its whole table each round, and to a new neighbour at once', () => {
    const { bench, routing, hear, updates } = createTable();
    routing.start(0);
    hear(1, [routeOf([1, 9], 1)]);
    runUntil(routing, 1000);
    updates();
    runUntil(routing, 33_001);
    expect(updates().map((update) => update.to)).toEqual([addressOf(1), addressOf(2)]);
    routing.onEdgeUp(memberOf(3), 5);
    expect(updates()).toMatchObject([{ to: addressOf(3), routes: [{ scx: nodeId(9) }] }]);
    expect(bench.context.config.updateIntervalMs).toBe(30_000);
  });

  test('sends between rounds only what has changed, and what it has lost', () => {
    const { routing, hear, hearChange, updates } = createTable();
    hear(1, [routeOf([1, 9], 1), routeOf([1, 8], 1)]);
    runUntil(routing, 100);
    expect(updates()[0]).toMatchObject({ whole: false, lost: [], routes: [{}, {}] });
    hearChange(1, [routeOf([1, 7], 1)]);
    runUntil(routing, 200);
    expect(updates()[0]).toMatchObject({ whole: false, lost: [], routes: [{ scx: nodeId(7) }] });
    hearChange(1, [], [nodeId(8)]);
    runUntil(routing, 2000);
    expect(updates()[0]).toMatchObject({ whole: false, lost: [nodeId(8)], routes: [] });
    runUntil(routing, 5000);
    expect(updates()).toEqual([]);
  });

  test('sends all that it knows in each round and to a new neighbour', () => {
    const { routing, hear, updates } = createTable();
    routing.start(0);
    hear(1, [routeOf([1, 9], 1), routeOf([1, 8], 1)]);
    runUntil(routing, 1000);
    updates();
    routing.onEdgeUp(memberOf(3), 5);
    expect(updates()).toMatchObject([
      { to: addressOf(3), whole: true, lost: [], routes: [{}, {}] },
    ]);
    runUntil(routing, 33_001);
    expect(updates()[0]).toMatchObject({ whole: true, lost: [], routes: [{}, {}] });
  });

  test('says nothing of a route that changed and was as before when the batch left', () => {
    const { routing, hearChange, updates } = createTable();
    hearChange(1, [routeOf([1, 9], 1)]);
    runUntil(routing, 100);
    updates();
    hearChange(1, [], [nodeId(9)]);
    hearChange(1, [routeOf([1, 9], 1)]);
    runUntil(routing, 200);
    expect(updates()).toEqual([]);
  });

  test('knows which neighbours take a source from it, its own and those of others', () => {
    const { routing, hear, hearChange } = createTable();
    routing.announce(sourceOf(1), 0);
    expect(routing.serves(nodeId(1))).toBe(false);
    hear(1, [routeOf([1, 5], 5)]);
    hear(2, [routeOf([2, 1, 5], 10)]);
    expect(routing.serves(nodeId(1))).toBe(true);
    expect(routing.serves(nodeId(2))).toBe(false);
    expect(routing.serves(nodeId(7))).toBe(false);
    hearChange(2, [routeOf([2, 5, 1, 9], 10)]);
    expect(routing.serves(nodeId(2))).toBe(true);
    hearChange(1, [], [nodeId(5)]);
    expect(routing.serves(nodeId(1))).toBe(false);
    // Routes of others to us are no routes of ours.
    expect(routing.table.get(nodeId(5))?.nextHop).toBeUndefined();
    expect(routing.sources()).toEqual([]);
  });

  test('knows what it reaches over each neighbour, and at what cost', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 10), routeOf([1, 8], 50)]);
    hear(2, [routeOf([2, 8], 20)]);
    expect(routing.reachedOver(nodeId(1))).toEqual([nodeId(9)]);
    expect(routing.reachedOver(nodeId(2))).toEqual([nodeId(8)]);
    expect(routing.costMs(nodeId(9))).toBe(15);
    expect(routing.costMs(nodeId(8))).toBe(30);
    expect(routing.costMs(nodeId(7))).toBe(Number.POSITIVE_INFINITY);
  });

  test('sends changes in one batch after a short delay', () => {
    const { routing, hear, updates } = createTable({ updateDelayMs: 50 });
    for (let scx = 20; scx < 30; scx++) hear(1, [routeOf([1, scx], 1), routeOf([1, 9], scx)]);
    expect(updates()).toEqual([]);
    expect(routing.deadline()).toBe(50);
    routing.tick(50);
    expect(updates()).toHaveLength(2);
  });

  test('does not advertise again what has hardly changed', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 100)]);
    runUntil(routing, 100);
    hear(1, [routeOf([1, 9], 105)]);
    expect(routing.deadline()).toBe(Number.POSITIVE_INFINITY);
    hear(1, [routeOf([1, 9], 130)]);
    expect(routing.deadline()).toBe(50);
  });

  test('keeps a next hop that is neither avoided nor slow, as long as it is wary of lies', () => {
    const { routing, hear, hop } = createTable();
    routing.onEdgeUp(memberOf(3), 10);
    hear(1, [routeOf([1, 9], 50)]);
    routing.alert(0);
    hear(2, [routeOf([2, 9], 0)]);
    expect(hop()).toBe(nodeId(1));
    routing.onBroken(nodeId(1), 1, 0);
    expect(hop()).toBe(nodeId(2));
    hear(3, [routeOf([3, 9], 0)]);
    expect(hop()).toBe(nodeId(2));
    routing.onSlow(nodeId(2), 59_999);
    expect(hop()).toBe(nodeId(3));
    hear(3, [routeOf([3, 9], 30)], [], 60_000);
    expect(hop()).toBe(nodeId(3));
    routing.tick(60_000);
    hear(1, [routeOf([1, 9], 0)], [], 60_000);
    expect(hop()).toBe(nodeId(1));
  });

  test('leaves a next hop that has no route any more, however wary it is', () => {
    const { routing, hear, hop } = createTable();
    routing.alert(0);
    hear(1, [routeOf([1, 9], 50)]);
    hear(2, [routeOf([2, 9], 70)]);
    hear(1, []);
    expect(hop()).toBe(nodeId(2));
  });

  test('leaves a next hop only for one that is better by the hysteresis', () => {
    const { hear, hop } = createTable({ routeHysteresis: 0.1 });
    hear(1, [routeOf([1, 9], 95)]);
    hear(2, [routeOf([2, 9], 81)]);
    expect(hop()).toBe(nodeId(1));
    hear(2, [routeOf([2, 9], 79)]);
    expect(hop()).toBe(nodeId(2));
  });

  test('follows the measured distances, smoothed by the weight of the newest', () => {
    const { routing, hear, hop } = createTable({ pingWeight: 0.5 });
    hear(1, [routeOf([1, 9], 10)]);
    hear(2, [routeOf([2, 9], 10)]);
    routing.onRtt(addressOf(1), 40, 0);
    expect(routing.rttMs(nodeId(1))).toBe(25);
    expect(hop()).toBe(nodeId(2));
  });

  test('keeps next hops in reserve: first those whose paths avoid the ones that failed', () => {
    const { routing, hear } = createTable();
    const reserve = (...avoided: number[]) =>
      routing.reserve(nodeId(9), new Set(avoided.map(nodeId)));
    routing.onEdgeUp(memberOf(3), 30);
    hear(1, [routeOf([1, 9], 1)]);
    hear(2, [routeOf([2, 1, 9], 5)]);
    expect(reserve(1)).toBe(nodeId(2));
    hear(3, [routeOf([3, 7, 9], 50)]);
    expect(reserve(1)).toBe(nodeId(3));
    expect(reserve(1, 3)).toBe(nodeId(2));
    expect(reserve(1, 2, 3)).toBeUndefined();
  });

  test('has even a neighbour in reserve whose path leads through us, as the very last', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 1)]);
    hear(2, [routeOf([2, 5, 1, 9], 5)]);
    expect(routing.reserve(nodeId(9), new Set([nodeId(1)]))).toBe(nodeId(2));
  });

  test('takes the newest list of attached sources from any neighbour', () => {
    const { routing, hear, hop } = createTable();
    hear(1, [routeOf([1, 9], 1, 3)]);
    const sources = [sourceOf(1), sourceOf(2)];
    hear(2, [{ ...routeOf([2, 9], 50, 4), sources }]);
    expect(hop()).toBe(nodeId(1));
    expect(routing.table.get(nodeId(9))?.route).toMatchObject({ stamp: 4, sources });
  });

  test('forgets the routes of a neighbour that does not repeat them for three rounds', () => {
    const { bench, routing, hear, hop } = createTable();
    routing.start(0);
    hear(1, [routeOf([1, 9], 1)]);
    const { updateIntervalMs } = bench.context.config;
    runUntil(routing, 3 * 1.1 * updateIntervalMs);
    expect(hop()).toBe(nodeId(1));
    hear(1, [routeOf([1, 9], 1)]);
    runUntil(routing, 6 * 1.1 * updateIntervalMs);
    expect(hop()).toBe(nodeId(1));
    runUntil(routing, 8 * 1.1 * updateIntervalMs);
    expect(hop()).toBeUndefined();
  });

  test('knows no more source SCXs than its bound, and has always room for its own', () => {
    const { routing, hear, updates } = createTable({ sourcesMax: 8 });
    hear(
      1,
      Array.from({ length: 20 }, (_, index) => routeOf([1, 100 + index], 1)),
    );
    hear(
      2,
      Array.from({ length: 20 }, (_, index) => routeOf([2, 200 + index], 1)),
    );
    routing.announce(sourceOf(1), 0);
    expect(routing.table.size).toBe(8);
    expect(routing.table.has(nodeId(5))).toBe(true);
    runUntil(routing, 100);
    expect(updates()[0]?.routes).toHaveLength(8);
  });

  test('has room for the sources of each neighbour, however many another one invents', () => {
    const { routing, hear, updates } = createTable({ sourcesMax: 8 });
    const many = (from: number, count: number): Route[] =>
      Array.from({ length: count }, (_, index) => routeOf([from, 100 * from + index], 1));
    routing.announce(sourceOf(1), 0);
    hear(1, many(1, 20));
    expect(routing.table.size).toBe(8);
    hear(2, many(2, 2));
    expect(routing.reachedOver(nodeId(1))).toEqual([100, 101, 102, 103, 104].map(nodeId));
    expect(routing.reachedOver(nodeId(2))).toEqual([200, 201].map(nodeId));
    expect(routing.table.has(nodeId(5))).toBe(true);
    runUntil(routing, 100);
    expect(updates()[0]?.routes).toHaveLength(8);
    hear(1, many(1, 20));
    expect(routing.reachedOver(nodeId(2))).toHaveLength(2);
  });

  test('advertises no more sources of its own, and no more withdrawals, than the wire accepts', () => {
    const { routing, hear, updates } = createTable();
    for (let number = 0; number < 40; number++) routing.announce(sourceOf(number), 0);
    for (let scx = 100; scx < 400; scx++) {
      hear(1, [routeOf([1, scx], 1)]);
      hear(1, [], [{ scx: nodeId(scx), stamp: 1 }]);
    }
    runUntil(routing, 100);
    const [update] = updates();
    expect(update?.routes[0]?.sources).toHaveLength(16);
    expect(update?.withdrawn).toHaveLength(64);
  });

  test('forgets withdrawals in time', () => {
    const { routing, hear, updates } = createTable();
    routing.start(0);
    hear(1, [routeOf([1, 9], 1)]);
    hear(1, [], [{ scx: nodeId(9), stamp: 1 }]);
    runUntil(routing, 100);
    expect(updates().at(-1)?.withdrawn).toHaveLength(1);
    runUntil(routing, 200_000);
    expect(updates().at(-1)?.withdrawn).toEqual([]);
    hear(1, [], [{ scx: nodeId(9), stamp: 1 }]);
    runUntil(routing, 300_000);
    expect(updates().at(-1)?.withdrawn).toEqual([]);
  });

  test('describes Λ by distance and by the cost of routing via each neighbour', () => {
    const { routing, hear } = createTable();
    hear(1, [routeOf([1, 9], 30), routeOf([1, 5, 8], 1)]);
    expect(routing.lambda()).toEqual([
      { id: nodeId(1), distanceMs: 5, costMsBySource: new Map([[nodeId(9), 35]]) },
      { id: nodeId(2), distanceMs: 10, costMsBySource: new Map() },
    ]);
  });
});
