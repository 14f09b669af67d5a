import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/config.js';
import type { Candidate } from '../../src/gossamer/cost.js';
import { createMembership } from '../../src/gossamer/membership.js';
import { createMesh } from '../../src/gossamer/mesh.js';
import type { Member, NodeId } from '../../src/gossamer/node.js';
import { createOptimizer } from '../../src/gossamer/optimizer.js';
import { createPings } from '../../src/gossamer/pings.js';
import { addressOf, createBench, memberOf, nodeId, runUntil } from './support.js';

/** Members 11 to 30 are known; a neighbour is as far away as its number, and there is no source. */
function createProbing(config: GossamerConfig, bearer?: NodeId, sources: NodeId[] = []) {
  const bench = createBench(config);
  const membership = createMembership(bench.context);
  for (let number = 11; number <= 30; number++) membership.learn(memberOf(number), 0);
  const pings = createPings(bench.context, (address, rttMs, now) =>
    optimizer.onMeasured(address, rttMs, now),
  );
  const mesh = createMesh(bench.context, {
    onEdgeUp: () => {},
    onEdgeDown: () => {},
    onRefused: () => {},
  });
  const candidate = (id: NodeId, distanceMs: number): Candidate => ({
    id,
    distanceMs,
    costMsBySource: new Map(sources.map((source) => [source, distanceMs])),
  });
  const optimizer = createOptimizer(
    bench.context,
    membership,
    mesh,
    pings,
    {
      lambda: () => [...mesh.neighbours.keys()].map((id) => candidate(id, Number.parseInt(id, 16))),
      candidate,
      sources: () => sources,
      ancestors: () => [],
    },
    () => bearer,
  );
  const connect = (number: number): void => {
    mesh.request(memberOf(number), 1, undefined, 0);
    mesh.handleAccept(memberOf(number), 0);
  };
  const sent = (kind: string): string[] =>
    bench.sent().flatMap(({ to, message }) => (message.kind === kind ? [to] : []));
  /** The probed member answers both questions. */
  const answer = (
    member: Member,
    rttMs: number,
    more: { canAccept?: boolean; neighbours?: Member[]; generator?: NodeId | null } = {},
  ): void => {
    optimizer.onMeasured(member.address, rttMs, 0);
    const status = { kind: 'status', canAccept: true, routes: [], neighbours: [] } as const;
    optimizer.handleStatus(member, { ...status, generator: null, ...more }, 0);
  };
  /** The optimiser and the ping experiments, as one rule. */
  const clock = {
    get deadline() {
      return Math.min(optimizer.deadline, pings.deadline);
    },
    tick: (now: number): void => {
      pings.tick(now);
      optimizer.tick(now);
    },
  };
  const numberOf = (address: string): number => Number(address.slice(3, -2));
  return { bench, mesh, optimizer, clock, connect, sent, answer, numberOf };
}

describe('The optimiser', () => {
  test('probes one member in each round: its distance, then REQUEST_STATUS', () => {
    const { bench, mesh, optimizer, sent } = createProbing(PAPER);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline);
    const [probed, ...others] = sent('ping');
    expect(others).toEqual([]);
    optimizer.onMeasured(probed as Member['address'], 20, 100);
    expect(sent('requestStatus')).toEqual([probed]);
    expect(mesh.neighbours.size).toBe(0);
    expect(bench.take()).toEqual([]);
  });

  test('takes a candidate that has room while edges are missing', () => {
    const { mesh, optimizer, sent, answer, numberOf } = createProbing(PAPER);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline);
    const member = memberOf(numberOf(sent('ping')[0]!));
    answer(member, 20);
    expect(mesh.isPending(member.id)).toBe(true);
  });

  test('does not ask a candidate that has no room', () => {
    const { mesh, optimizer, sent, answer, numberOf } = createProbing(PAPER);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline);
    const member = memberOf(numberOf(sent('ping')[0]!));
    answer(member, 20, { canAccept: false });
    expect(mesh.isPending(member.id)).toBe(false);
  });

  test('replaces the worst edge by figure 4 when it has all its edges', () => {
    for (const [rttMs, isTaken] of [
      [20, true],
      [54, false],
    ] as const) {
      const { mesh, optimizer, connect, sent, answer, numberOf } = createProbing(PAPER);
      for (const number of [11, 12, 30]) connect(number);
      optimizer.start(0);
      optimizer.tick(optimizer.deadline);
      const member = memberOf(numberOf(sent('ping')[0]!));
      // The worst is 30 ms away: C.F. 1, and the candidate's is rttMs / 2 / 30.
      answer(member, rttMs);
      expect(mesh.isPending(member.id)).toBe(isTaken);
      mesh.handleAccept(member, 1);
      expect(mesh.neighbours.has(nodeId(30))).toBe(!isTaken);
    }
  });

  test('multiplies H by the number of known sources', () => {
    // With n sources the worst edge costs n, and the candidate 0.85 n or 0.84 n.
    for (const count of [1, 4]) {
      const sources = Array.from({ length: count }, (_, index) => nodeId(200 + index));
      for (const [rttMs, isTaken] of [
        [51.1, false],
        [50.9, true],
      ] as const) {
        const { mesh, optimizer, connect, sent, answer, numberOf } = createProbing(
          PAPER,
          undefined,
          sources,
        );
        for (const number of [11, 12, 30]) connect(number);
        optimizer.start(0);
        optimizer.tick(optimizer.deadline);
        const member = memberOf(numberOf(sent('ping')[0]!));
        answer(member, rttMs);
        expect(mesh.isPending(member.id)).toBe(isTaken);
      }
    }
  });

  test('never gives up the edge that brings the heartbeat, when told so', () => {
    const { mesh, optimizer, connect, sent, answer, numberOf } = createProbing(FAST, nodeId(30));
    for (const number of [11, 12, 30]) connect(number);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline);
    const member = memberOf(numberOf(sent('ping')[0]!));
    answer(member, 2);
    mesh.handleAccept(member, 1);
    expect([...mesh.neighbours.keys()]).toContain(nodeId(30));
    expect([...mesh.neighbours.keys()]).not.toContain(nodeId(12));
  });

  test('takes no answer that it has not asked for', () => {
    const { mesh, optimizer, answer } = createProbing(FAST);
    optimizer.start(0);
    answer(memberOf(11), 1);
    expect(mesh.isPending(nodeId(11))).toBe(false);
  });

  test('asks the neighbours of a full node next', () => {
    const { optimizer, sent, answer, numberOf } = createProbing(FAST);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline);
    const probed = sent('ping').map((address) => memberOf(numberOf(address)));
    const neighbours = [memberOf(91), memberOf(92)];
    answer(probed[0]!, 20, { canAccept: false, neighbours });
    optimizer.tick(optimizer.deadline);
    expect(sent('ping')).toContain(addressOf(91));
  });

  test('backs off as the mesh settles', () => {
    const { optimizer, clock, connect, sent } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    runUntil(clock, 20_000);
    sent('ping');
    runUntil(clock, 80_000);
    expect(sent('ping').length).toBeLessThanOrEqual(14);
    optimizer.quicken(80_000);
    runUntil(clock, 80_275);
    expect(sent('ping')).toHaveLength(1);
  });

  test('has a bounded number of probes under way, however often it is quickened', () => {
    const { optimizer, sent } = createProbing(FAST);
    optimizer.start(0);
    for (let now = 300; now < 5000; now += 10) {
      optimizer.quicken(now);
      if (optimizer.deadline <= now) optimizer.tick(now);
    }
    expect(sent('ping').length).toBeLessThanOrEqual(4 + 5000 / 225);
  });

  test('bridges a cut with the far member first, whatever the edge costs', () => {
    const { mesh, optimizer, clock, connect, sent, answer } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    runUntil(clock, 20_000);
    sent('ping');
    optimizer.bridge(memberOf(77), 20_000);
    optimizer.tick(optimizer.deadline);
    expect(sent('ping')).toEqual([addressOf(77)]);
    answer(memberOf(77), 5000, { generator: nodeId(1) });
    expect(mesh.isPending(nodeId(77))).toBe(true);
  });

  test('does not let strangers lengthen its list of bridgeheads without end', () => {
    const { optimizer, clock, connect, sent } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    for (let number = 100; number < 1100; number++) optimizer.bridge(memberOf(number), 0);
    runUntil(clock, 400_000);
    expect(sent('ping').filter((address) => address.length > 7).length).toBeLessThanOrEqual(32);
  });

  test('probes nobody when stopped', () => {
    const { optimizer } = createProbing(FAST);
    optimizer.start(0);
    optimizer.stop();
    optimizer.quicken(10);
    expect(optimizer.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});
