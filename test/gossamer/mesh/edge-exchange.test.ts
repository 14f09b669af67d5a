import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Heir, Load } from '../../../src/gossamer/core/message.js';
import type { Coordinates, Member, NodeId } from '../../../src/gossamer/core/node.js';
import { createEdgeExchange } from '../../../src/gossamer/mesh/edge-exchange.js';
import { createEdgeReports } from '../../../src/gossamer/mesh/edge-reports.js';
import { createMesh, type Mesh } from '../../../src/gossamer/mesh/mesh.js';
import type { RouteOffer } from '../../../src/gossamer/routing/route-offer.js';
import { coordinatesOf, createBench, memberOf, nodeId, offerOf, requestOf } from '../support.js';

const [S, T] = [nodeId(200), nodeId(201)];

/** Who asks for an edge. */
const ASKER = nodeId(99);

/** Edges begin at 0; requests come at 5000, after their probation. */
const LATER = 5000;

/** A mesh whose Λ, coordinates and RTTs are given by hand, by the numbers of the neighbours. */
function createWeighing(changes: Partial<GossamerConfig> = {}) {
  const bench = createBench(changes);
  const mesh: Mesh = createMesh(bench.context, {
    onEdgeUp: () => {},
    onEdgeDown: () => {},
    onRefused: () => {},
    onReferred: () => {},
    grant: () => ({ reversed: false, victim: undefined }),
    isAvoided: () => false,
  });
  const known = {
    costs: new Map<number, Partial<Record<'S' | 'T', number>>>(),
    coordinates: new Map<NodeId, Coordinates>(),
    rttsMs: new Map<NodeId, number>(),
    over: new Map<NodeId, NodeId[]>(),
    members: new Map<NodeId, Member>(),
    costMs: 0,
    sources: [S] as NodeId[],
    isIdle: false,
    bearer: undefined as NodeId | undefined,
    avoided: new Set<NodeId>(),
    inUse: new Set<NodeId>(),
    parents: new Set<NodeId>(),
    isWary: false,
    isUnserved: false,
    sessionSize: undefined as number | undefined,
  };
  const offer = (number: number, { S: s, T: t }: { S?: number; T?: number }): RouteOffer => {
    const costs: [NodeId, number][] = [];
    if (s !== undefined) costs.push([S, s]);
    if (t !== undefined) costs.push([T, t]);
    return { id: nodeId(number), distanceMs: 1, costMsBySource: new Map(costs) };
  };
  const lambda = (): RouteOffer[] =>
    [...known.costs].map(([number, costs]) => offer(number, costs));
  const reports = createEdgeReports(bench.context.config, {
    lambda,
    coordinates: (id) => known.coordinates.get(id) ?? UNKNOWN_COORDINATES,
    rttMs: (id) => known.rttsMs.get(id),
    reachedOver: (id) => known.over.get(id) ?? [],
    sources: () => known.sources,
    isNeighbour: (id) => mesh.neighbours.has(id),
    isAvoided: (id) => known.avoided.has(id),
    isInUse: (id) => known.inUse.has(id),
    sessionSize: () => known.sessionSize,
  });
  const exchange = createEdgeExchange(bench.context, reports, {
    lambda,
    isIdle: () => known.isIdle,
    coordinates: (id) => known.coordinates.get(id) ?? UNKNOWN_COORDINATES,
    rttMs: (id) => known.rttsMs.get(id),
    member: (id) => known.members.get(id),
    costMs: () => known.costMs,
    bearer: () => known.bearer,
    neighbours: () => mesh.neighbours,
    isAvoided: (id) => known.avoided.has(id),
    isInUse: (id) => known.inUse.has(id),
    isParent: (id) => known.parents.has(id),
    isWary: () => known.isWary,
    alert: () => {
      known.isWary = true;
    },
    isUnserved: () => known.isUnserved,
    canAccept: mesh.canAccept,
    canAdd: () => mesh.room() > 0,
  });
  /** Edges that we have added, or accepted. */
  const connect = (ours: boolean, numbers: readonly number[], now = 0): void => {
    for (const number of numbers) {
      if (ours) {
        mesh.request(requestOf(memberOf(number), offerOf(1)), now);
        mesh.handleAccept(memberOf(number), false, now);
      } else mesh.handleRequest(memberOf(number), offerOf(1), now);
    }
  };
  const hear = (
    number: number,
    worthMs: number,
    loads: readonly Load[] = [],
    heir: Heir | null = null,
  ): void => reports.handle(nodeId(number), { worthMs, loads, heir });
  return { mesh, reports, exchange, known, offer, connect, hear };
}

describe('The load of a neighbour', () => {
  test('is believed up to 10,000 SCXs', () => {
    const { reports, connect, hear } = createWeighing();
    connect(false, [1]);
    for (const [told, believed] of [
      [9999, 9999],
      [4e9, 10_000],
    ] as const) {
      hear(1, 1, [{ scx: S, scxs: told }]);
      expect([...reports.weights()]).toEqual([[S, 1 + believed]]);
    }
  });
});

describe('The gain by an edge', () => {
  test('is what the sources cost less over it, less what a change must gain', () => {
    const { exchange, known, offer } = createWeighing();
    known.costs.set(1, { S: 40 });
    expect(exchange.gainMs(offer(9, { S: 10 }), LATER)).toBe(29.5);
    expect(exchange.gainMs(offer(9, { S: 40 }), LATER)).toBe(-0.5);
  });

  test('must exceed a share of what the sources cost', () => {
    const { exchange, known, offer } = createWeighing({ gainLeast: 0.1 });
    known.costs.set(1, { S: 40 });
    expect(exchange.gainMs(offer(9, { S: 36 }), 0)).toBe(0);
  });

  test('counts all SCXs that a source reaches through us', () => {
    const { exchange, known, offer, connect, hear } = createWeighing({ gainLeast: 0 });
    known.costs.set(1, { S: 40 });
    connect(false, [2, 3]);
    hear(2, 5, [{ scx: S, scxs: 4 }]);
    hear(3, 5, [{ scx: S, scxs: 5 }]);
    expect(exchange.gainMs(offer(9, { S: 10 }), LATER)).toBe(10 * 30 - 10 * 0.5);
  });

  test('is nothing while no source is known', () => {
    const { exchange, known, offer } = createWeighing();
    known.sources = [];
    expect(exchange.gainMs(offer(9, { S: 10 }), LATER)).toBe(0);
  });
});

describe('The only route to a source', () => {
  test('is not given up, whatever gain a stranger claims', () => {
    const { exchange, known, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, 40);
    known.costs.set(1, { S: 30 });
    const claim = offerOf(1, { addGainMs: 2 ** 40 });
    expect(exchange.grant(claim, LATER, ASKER)?.victim).not.toBe(nodeId(1));
    for (const number of [2, 3, 4]) hear(number, 10_000);
    expect(exchange.grant(claim, LATER, ASKER)?.victim).not.toBe(nodeId(1));
    known.isWary = false;
    known.costs.set(2, { S: 90 });
    expect(exchange.grant(claim, LATER, ASKER)?.victim).toBe(nodeId(1));
  });
});

describe('The SCXs served', () => {
  test('are we and what the neighbours serve of what they reach over us', () => {
    const { reports, known, connect, hear } = createWeighing();
    known.sources = [S, T];
    connect(false, [1, 2]);
    hear(1, 1, [{ scx: S, scxs: 3 }]);
    hear(2, 1, [
      { scx: S, scxs: 2 },
      { scx: T, scxs: 7 },
    ]);
    expect([...reports.weights()]).toEqual([
      [S, 6],
      [T, 8],
    ]);
    hear(2, 1, [{ scx: T, scxs: 1 }]);
    reports.forget(nodeId(1));
    expect([...reports.weights()]).toEqual([
      [S, 1],
      [T, 2],
    ]);
  });

  test('are not counted for unknown sources, nor by the reports of strangers', () => {
    const { reports, connect, hear } = createWeighing();
    connect(false, [1]);
    hear(1, 1, [{ scx: T, scxs: 7 }]);
    hear(2, 1, [{ scx: S, scxs: 7 }]);
    expect([...reports.weights()]).toEqual([[S, 1]]);
  });
});

describe('The report to a neighbour', () => {
  test('has the value of the edge to us, and the SCXs that each source behind it reaches through us', () => {
    const { reports, known, connect, hear } = createWeighing();
    known.sources = [S, T];
    known.costs.set(1, { S: 40, T: 50 }).set(2, { S: 45, T: 10 });
    known.over.set(nodeId(1), [S]).set(nodeId(2), [T]);
    connect(false, [3]);
    hear(3, 1, [{ scx: S, scxs: 3 }]);
    expect(reports.send(nodeId(1))).toEqual({
      worthMs: 20,
      loads: [{ scx: S, scxs: 4 }],
      heir: null,
    });
    // Without 2, T would cost 10 ms and half as much again, and 5 ms, at most.
    expect(reports.send(nodeId(2))).toEqual({
      worthMs: 10,
      loads: [{ scx: T, scxs: 1 }],
      heir: null,
    });
    expect(reports.send(nodeId(3))).toEqual({ worthMs: 0, loads: [], heir: null });
  });

  test('is news at first, and then when it has changed by more than a fifth', () => {
    const { reports, known } = createWeighing();
    known.costs.set(1, { S: 40 }).set(2, { S: 50 });
    expect(reports.hasNews(nodeId(1))).toBe(true);
    reports.send(nodeId(1));
    for (const [otherMs, isNews] of [
      [50, false],
      [52, false],
      [52.1, true],
      [47.9, true],
    ] as const) {
      known.costs.set(2, { S: otherMs });
      expect(reports.hasNews(nodeId(1))).toBe(isNews);
    }
  });

  test('is news when something is reached over it, or for more SCXs', () => {
    const { reports, known, connect, hear } = createWeighing();
    connect(false, [3]);
    hear(3, 1, [{ scx: S, scxs: 9 }]);
    reports.send(nodeId(1));
    known.over.set(nodeId(1), [S]);
    expect(reports.hasNews(nodeId(1))).toBe(true);
    reports.send(nodeId(1));
    hear(3, 1, [{ scx: S, scxs: 11 }]);
    expect(reports.hasNews(nodeId(1))).toBe(false);
    hear(3, 1, [{ scx: S, scxs: 12 }]);
    expect(reports.hasNews(nodeId(1))).toBe(true);
    known.over.set(nodeId(1), [T]);
    expect(reports.hasNews(nodeId(1))).toBe(true);
  });
});

describe('The edge that is given up for a probed node', () => {
  /** We have added edges to 1, 2 and 3; 4 has added one to us. */
  const createFull = () => {
    const scales = createWeighing({ gainLeast: 0 });
    scales.known.costs.set(1, { S: 40 }).set(2, { S: 60 }).set(3, { S: 60 }).set(4, { S: 60 });
    scales.connect(true, [1, 2, 3]);
    scales.connect(false, [4]);
    return scales;
  };

  test('is the one that loses least, its loss taken off the gain', () => {
    const { exchange, offer, hear } = createFull();
    hear(1, 0);
    hear(2, 8);
    hear(3, 3);
    hear(4, 0);
    // 40 become 10, with or without 1.
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)).toEqual({
      id: nodeId(1),
      gainMs: 29.5,
    });
    hear(1, 4);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)).toEqual({
      id: nodeId(3),
      gainMs: 26.5,
    });
  });

  test('is never one whose loss exceeds the gain', () => {
    const { exchange, known, offer, hear } = createFull();
    known.sources = [S, T];
    known.costs.set(1, { S: 40, T: 20 }).set(2, { S: 60, T: 90 });
    for (const number of [1, 2, 3]) hear(number, number === 1 ? 0 : 5);
    // Without 1, T would cost 70 ms more: 3, which loses 5 ms, goes.
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)?.gainMs).toBe(24);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)?.id).not.toBe(nodeId(1));
  });

  test('is never one that the other end added, nor one without a report', () => {
    const { exchange, offer, hear } = createFull();
    hear(4, 0);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)).toBeUndefined();
    hear(2, 8);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)?.id).toBe(nodeId(2));
  });

  test('does not exist when nothing is gained', () => {
    const { exchange, offer, hear } = createFull();
    for (const number of [1, 2, 3]) hear(number, 29.5);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)).toBeUndefined();
    for (const number of [1, 2, 3]) hear(number, 29.4);
    expect(exchange.replacement(offer(9, { S: 10 }), LATER)).toBeDefined();
  });
});

describe('A request', () => {
  const gains = (addGainMs: number | null, acceptGainMs: number | null) =>
    offerOf(20, { addGainMs, acceptGainMs, place: coordinatesOf(0) });

  /** We have added edges to 1, 2 and 3, and accepted those of 11, 12, 13 and 14. */
  const createFull = (changes: Partial<GossamerConfig> = {}) => {
    const scales = createWeighing(changes);
    scales.connect(true, [1, 2, 3]);
    scales.connect(false, [11, 12, 13, 14]);
    return scales;
  };

  test('is granted while there is room, whatever it gains', () => {
    const { exchange } = createWeighing();
    expect(exchange.grant(gains(0, null), 0, ASKER)).toMatchObject({
      reversed: false,
      victim: undefined,
    });
  });

  test('uses free room before it evicts a neighbour', () => {
    const { exchange, connect, hear } = createWeighing();
    connect(false, [11, 12, 13]);
    for (const number of [11, 12, 13]) hear(number, 0);
    expect(exchange.grant(gains(100, null), LATER, ASKER)).toMatchObject({ victim: undefined });
  });

  test('is granted reversed when only k1 has room', () => {
    const { exchange, connect } = createWeighing();
    connect(false, [11, 12, 13, 14]);
    expect(exchange.grant(gains(5, 5), LATER, ASKER)).toMatchObject({
      reversed: true,
      victim: undefined,
    });
    expect(exchange.grant(gains(5, null), LATER, ASKER)).toBeUndefined();
  });

  test('is granted in the way that gains more, and unreversed when both gain the same', () => {
    const { exchange } = createWeighing();
    expect(exchange.grant(gains(5, 5), LATER, ASKER)).toMatchObject({ reversed: false });
    expect(exchange.grant(gains(5, 6), LATER, ASKER)).toMatchObject({ reversed: true });
    expect(exchange.grant(gains(null, 6), LATER, ASKER)).toMatchObject({ reversed: true });
    expect(exchange.grant(gains(null, null), LATER, ASKER)).toBeUndefined();
  });

  test('evicts the one that loses least, when the asker gains more', () => {
    const { exchange, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, number === 13 ? 10 : 20);
    expect(exchange.grant(gains(11, null), LATER, ASKER)).toMatchObject({
      reversed: false,
      victim: nodeId(13),
    });
    expect(exchange.grant(gains(10, null), LATER, ASKER)).toBeUndefined();
  });

  test('counts what we would lose by the eviction, too', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, number === 13 ? 10 : 20);
    known.costs.set(13, { S: 40 }).set(1, { S: 55 });
    expect(exchange.grant(gains(30, null), LATER, ASKER)?.victim).not.toBe(nodeId(13));
    hear(13, 4);
    expect(exchange.grant(gains(30, null), LATER, ASKER)?.victim).toBe(nodeId(13));
    expect(exchange.grant(gains(19, null), LATER, ASKER)).toBeUndefined();
  });

  test('evicts a neighbour that we added only for a reversed edge', () => {
    const { exchange, hear } = createFull();
    for (const number of [1, 2, 3]) hear(number, number === 2 ? 10 : 20);
    for (const number of [11, 12, 13, 14]) hear(number, 15);
    expect(exchange.grant(gains(30, null), LATER, ASKER)?.victim).toBe(nodeId(11));
    expect(exchange.grant(gains(null, 30), LATER, ASKER)).toMatchObject({
      reversed: true,
      victim: nodeId(2),
    });
    // Both ways gain 30 ms: the cheaper one is taken.
    expect(exchange.grant(gains(30, 30), LATER, ASKER)).toMatchObject({
      reversed: true,
      victim: nodeId(2),
    });
  });

  test('evicts no neighbour whose edge is on probation', () => {
    const { exchange, connect, hear } = createWeighing();
    connect(false, [11, 12, 13], 0);
    connect(false, [14], 4001);
    for (const number of [11, 12, 13, 14]) hear(number, number === 14 ? 0 : 10);
    expect(exchange.grant(gains(30, null), 5000, ASKER)?.victim).toBe(nodeId(11));
    expect(exchange.grant(gains(30, null), 5001, ASKER)?.victim).toBe(nodeId(14));
  });

  test('evicts no neighbour that has not reported yet', () => {
    const { exchange, hear } = createFull();
    expect(exchange.grant(gains(1e6, null), LATER, ASKER)).toBeUndefined();
    hear(12, 50);
    expect(exchange.grant(gains(60, null), LATER, ASKER)?.victim).toBe(nodeId(12));
  });

  test('evicts no neighbour in a profile without evictions', () => {
    const { exchange, hear } = createFull({ evict: false });
    for (const number of [11, 12, 13, 14]) hear(number, 0);
    expect(exchange.grant(gains(30, null), LATER, ASKER)).toBeUndefined();
  });

  test('evicts the bearer of the heartbeat only when sources show the value of its edge', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, number === 13 ? 0 : 10);
    known.bearer = nodeId(13);
    known.isIdle = true;
    expect(exchange.grant(gains(30, null), LATER, ASKER)?.victim).toBe(nodeId(11));
    known.isIdle = false;
    expect(exchange.grant(gains(30, null), LATER, ASKER)?.victim).toBe(nodeId(13));
  });

  test('holds for lost no more than the detour over the newcomer', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, 1000, [{ scx: S, scxs: 5 }]);
    // The newcomer is 10 ms away and 3 ms from 12, which is 9 ms away now: a detour of 4 ms.
    known.coordinates.set(nodeId(12), coordinatesOf(3));
    known.rttsMs.set(nodeId(12), 18);
    expect(exchange.grant(gains(20, null), LATER, ASKER)).toBeUndefined();
    expect(exchange.grant(gains(20.1, null), LATER, ASKER)?.victim).toBe(nodeId(12));
  });

  test('predicts no detour from coordinates with a large error', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, 1000, [{ scx: S, scxs: 5 }]);
    known.rttsMs.set(nodeId(12), 18);
    known.coordinates.set(nodeId(12), coordinatesOf(3, 0, { error: 0.51 }));
    expect(exchange.grant(gains(100, null), LATER, ASKER)).toBeUndefined();
    known.coordinates.set(nodeId(12), coordinatesOf(3, 0, { error: 0.5 }));
    expect(exchange.grant(gains(100, null), LATER, ASKER)?.victim).toBe(nodeId(12));
    const lost = { ...gains(100, null), place: coordinatesOf(0, 0, { error: 0.51 }) };
    expect(exchange.grant(lost, LATER, ASKER)).toBeUndefined();
  });

  const heir: Heir = { id: ASKER, scxs: 2, distanceMs: 4 };

  test('lets a neighbour yield its place to its heir, though it has no other route', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, 1e6, [{ scx: S, scxs: 5 }]);
    hear(12, 1e6, [{ scx: S, scxs: 5 }], heir);
    // The asker is 10 ms away: the two SCXs that stay below 12 are 5 ms farther than before.
    known.rttsMs.set(nodeId(12), 18);
    expect(exchange.grant(gains(10, null), LATER, ASKER)).toBeUndefined();
    expect(exchange.grant(gains(10.1, null), LATER, ASKER)?.victim).toBe(nodeId(12));
    expect(exchange.grant(gains(1000, null), LATER, nodeId(98))).toBeUndefined();
  });

  test('never gives up its own only route for an heir', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, 1e6);
    hear(12, 1e6, [{ scx: S, scxs: 5 }], heir);
    known.costs.clear();
    known.costs.set(12, { S: 1 });
    expect(exchange.grant(gains(1000, null), LATER, ASKER)).toBeUndefined();
  });

  test('refers a neighbour to the place that the asker leaves, where that is nearer', () => {
    const { exchange, known, hear } = createFull();
    for (const number of [11, 12, 13, 14]) hear(number, 1000, [{ scx: S, scxs: 5 }]);
    const leaves = { id: nodeId(50), costs: [{ scx: S, costMs: 6 }] };
    known.members.set(nodeId(50), memberOf(50));
    known.coordinates.set(nodeId(50), coordinatesOf(8));
    known.coordinates.set(nodeId(12), coordinatesOf(3));
    known.rttsMs.set(nodeId(12), 2);
    known.costMs = 7;
    // It is 1 + 7 ms from the source now, and would be 5 + 6 ms: 3 ms for each of 5 SCXs.
    const asks = (gainMs: number) => ({ ...gains(gainMs, null), leaves });
    expect(exchange.grant(asks(15), LATER, ASKER)).toBeUndefined();
    const granted = { victim: nodeId(12), instead: memberOf(50) };
    expect(exchange.grant(asks(15.1), LATER, ASKER)).toMatchObject(granted);
    hear(12, 10, [{ scx: S, scxs: 5 }]);
    expect(exchange.grant(asks(15.1), LATER, ASKER)).toMatchObject({ instead: undefined });
  });
});

describe('The claims of liars', () => {
  const GREEDY = offerOf(1, { addGainMs: 1e9 });

  test('weigh no more than the session has SCXs, and nothing after a broken promise', () => {
    const { reports, known, connect, hear } = createWeighing();
    connect(false, [1]);
    known.sessionSize = 40;
    hear(1, 0, [{ scx: S, scxs: 4e9 }]);
    expect(reports.weights().get(S)).toBe(41);
    known.avoided.add(nodeId(1));
    hear(1, 1, [{ scx: S, scxs: 4e9 }]);
    expect(reports.weights().get(S)).toBe(1);
  });

  test('do not keep the edge of a neighbour that has broken its promise', () => {
    const { exchange, known, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, 1e9);
    expect(exchange.grant(offerOf(1, { addGainMs: 10 }), LATER, ASKER)).toBeUndefined();
    known.avoided.add(nodeId(3));
    expect(exchange.grant(offerOf(1, { addGainMs: 10 }), LATER, ASKER)?.victim).toBe(nodeId(3));
  });

  test('do not displace the neighbour that delivers while no other does', () => {
    const { exchange, known, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, number);
    known.inUse.add(nodeId(1));
    expect(exchange.grant(GREEDY, LATER, ASKER)?.victim).toBe(nodeId(2));
  });

  test('make a neighbour that delivers report its edge as its only one', () => {
    const { reports, known, connect } = createWeighing();
    connect(true, [1]);
    expect(reports.send(nodeId(1)).worthMs).toBeLessThan(5000);
    known.inUse.add(nodeId(1));
    expect(reports.send(nodeId(1)).worthMs).toBe(5000);
  });

  test('make it report that too when nothing else has changed', () => {
    const { known, offer } = createWeighing();
    const lambda = [offer(1, { S: 10 }), offer(2, { S: 20 })];
    const reports = createEdgeReports(createBench().context.config, {
      ...{ lambda: () => lambda, reachedOver: () => [S], sources: () => [S] },
      ...{ coordinates: () => UNKNOWN_COORDINATES, rttMs: () => undefined },
      ...{ isNeighbour: () => true, isAvoided: () => false, sessionSize: () => undefined },
      isInUse: (id) => known.inUse.has(id),
    });
    const before = reports.send(nodeId(1));
    expect(before.worthMs).toBeLessThan(5000);
    expect(reports.send(nodeId(1))).toEqual(before);
    known.inUse.add(nodeId(1));
    expect(reports.send(nodeId(1))).toEqual({ ...before, worthMs: 5000 });
    known.inUse.clear();
    expect(reports.send(nodeId(1))).toEqual(before);
    reports.handle(nodeId(2), { worthMs: 1, loads: [{ scx: S, scxs: 7 }], heir: null });
    expect(reports.send(nodeId(1)).loads).toEqual([{ scx: S, scxs: 8 }]);
  });

  test('count no more once an asker and all neighbours claim to have no other route', () => {
    const { exchange, known, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, 1e9);
    const modest = offerOf(1, { addGainMs: 10 });
    expect(exchange.grant(modest, LATER, ASKER)).toBeUndefined();
    expect(known.isWary).toBe(false);
    // Nobody makes room within its first 3 s; then two at once, and one each 2 s, for anybody.
    expect(exchange.grant(GREEDY, 2999, ASKER)).toBeUndefined();
    expect(known.isWary).toBe(false);
    expect(exchange.grant(GREEDY, 3000, ASKER)).toBeDefined();
    expect(known.isWary).toBe(true);
    const isGranted = (now: number): boolean => exchange.grant(modest, now, ASKER) !== undefined;
    expect([isGranted(3000), isGranted(4999)]).toEqual([true, false]);
    expect(isGranted(5000)).toBe(true);
    expect(exchange.grant(offerOf(1, { addGainMs: 0 }), 60_000, ASKER)).toBeUndefined();
  });

  test('displace by chance only while we are wary, and never our next hop', () => {
    const { exchange, known, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, number);
    known.isWary = true;
    known.parents.add(nodeId(1));
    known.inUse.add(nodeId(2));
    const victims = new Set<NodeId | undefined>();
    for (let now = LATER; now < 50_000; now += 2000) {
      victims.add(exchange.grant(GREEDY, now, ASKER)?.victim);
    }
    expect(victims).toEqual(new Set([nodeId(3), nodeId(4)]));
  });

  test('give up no edge of ours while we are wary, but that of one that broke its promise', () => {
    const { exchange, known, offer, connect, hear } = createWeighing();
    connect(true, [1, 2, 3]);
    for (const number of [1, 2, 3]) {
      known.costs.set(number, { S: 40 });
      hear(number, 0);
    }
    expect(exchange.replacement(offer(9, { S: 1 }), LATER)).toBeDefined();
    known.isWary = true;
    expect(exchange.replacement(offer(9, { S: 1 }), LATER)).toBeUndefined();
    known.avoided.add(nodeId(2));
    expect(exchange.replacement(offer(9, { S: 1 }), LATER)?.id).toBe(nodeId(2));
  });

  test('to have routes gain nothing for them while nobody delivers', () => {
    const { exchange, known, offer } = createWeighing({ gainLeast: 0 });
    known.costs.set(1, { S: 10 });
    expect(exchange.gainMs(offer(9, { S: 40 }), LATER)).toBe(-0.5);
    known.isUnserved = true;
    expect(exchange.gainMs(offer(9, { S: 40 }), LATER)).toBe(10_000 - 40 - 0.5);
  });

  test('give up an edge of one that broke its promise for any other while nobody delivers', () => {
    const { exchange, known, offer, connect } = createWeighing({ gainLeast: 0 });
    connect(true, [1, 2, 3]);
    for (const number of [1, 2, 3]) known.costs.set(number, { S: 10 });
    known.isWary = true;
    known.avoided.add(nodeId(3));
    expect(exchange.replacement(offer(9, { S: 40 }), LATER)).toBeUndefined();
    known.isUnserved = true;
    const expected = { id: nodeId(3), gainMs: 10_000 - 40 - 0.5 };
    expect(exchange.replacement(offer(9, { S: 40 }), LATER)).toEqual(expected);
  });

  test('change a bounded number of edges', () => {
    const { exchange, connect, hear } = createWeighing();
    connect(false, [1, 2, 3, 4]);
    for (const number of [1, 2, 3, 4]) hear(number, 1);
    let granted = 0;
    for (let count = 0; count < 100; count++) if (exchange.grant(GREEDY, LATER, ASKER)) granted++;
    expect(granted).toBe(32);
    expect(exchange.grant(GREEDY, LATER + 4000, ASKER)).toBeDefined();
  });
});
