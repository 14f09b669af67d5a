import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMesh } from '../../src/gossamer/mesh.js';
import type { Member } from '../../src/gossamer/node.js';
import { addressOf, createBench, memberOf, nodeId } from './support.js';

function createEdges(self = memberOf(5)) {
  const bench = createBench({}, self);
  const facts: string[] = [];
  const mesh = createMesh(bench.context, {
    onEdgeUp: ({ member, ours }, rttMs) =>
      void facts.push(`up ${member.address} ${ours ? 'ours' : 'theirs'} ${rttMs}`),
    onEdgeDown: ({ member }, reason) => void facts.push(`down ${member.address} ${reason}`),
    onRefused: (member) => void facts.push(`refused ${member.address}`),
  });
  const add = (number: number): void => {
    mesh.request(memberOf(number), 10, undefined, 0);
    mesh.handleAccept(memberOf(number), 0);
  };
  const kinds = (): string[] => bench.sent().map(({ to, message }) => `${message.kind} ${to}`);
  return { bench, mesh, facts, add, kinds };
}

describe('Mesh', () => {
  test('adds an edge by a request that is accepted', () => {
    const { mesh, facts, kinds } = createEdges();
    mesh.request(memberOf(1), 12, undefined, 0);
    expect(kinds()).toEqual(['edgeRequest scx1:1']);
    expect(mesh.isPending(nodeId(1))).toBe(true);
    mesh.handleAccept(memberOf(1), 20);
    expect(facts).toEqual(['up scx1:1 ours 12']);
    expect(mesh.neighbours.get(nodeId(1))).toMatchObject({ ours: true, sinceMs: 20 });
  });

  test('accepts a request while there is room and tells the RTT that the asker measured', () => {
    const { mesh, facts, kinds } = createEdges();
    mesh.handleRequest(memberOf(1), 33, 0);
    expect(kinds()).toEqual(['edgeAccept scx1:1']);
    expect(facts).toEqual(['up scx1:1 theirs 33']);
  });

  test('refuses an edge beyond k2, and has room again when one goes', () => {
    const { mesh, kinds } = createEdges();
    for (const number of [1, 2, 3, 4]) mesh.handleRequest(memberOf(number), 1, 0);
    expect(mesh.canAccept()).toBe(false);
    kinds();
    mesh.handleRequest(memberOf(6), 1, 0);
    expect(kinds()).toEqual(['edgeReject scx6:1']);
    mesh.handleDrop(memberOf(2), 0);
    expect(mesh.canAccept()).toBe(true);
    mesh.handleRequest(memberOf(6), 1, 0);
    expect(kinds()).toEqual(['edgeAccept scx6:1']);
  });

  test('asks for no more than k1 edges, requests under way counted', () => {
    const { mesh, kinds } = createEdges();
    for (const number of [1, 2, 3, 4]) mesh.request(memberOf(number), 1, undefined, 0);
    expect(kinds()).toEqual(['edgeRequest scx1:1', 'edgeRequest scx2:1', 'edgeRequest scx3:1']);
    expect(mesh.room()).toBe(0);
  });

  test('accepts edges of others however many it has added itself', () => {
    const { mesh, add } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    expect(mesh.canAccept()).toBe(true);
    for (const number of [6, 7, 8, 9]) mesh.handleRequest(memberOf(number), 1, 0);
    expect(mesh.neighbours.size).toBe(7);
  });

  test('gives up a replaced edge in the step that brings the new one, and not before', () => {
    const { mesh, facts, add, kinds } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    facts.length = 0;
    kinds();
    mesh.request(memberOf(6), 1, nodeId(2), 0);
    expect(mesh.neighbours.has(nodeId(2))).toBe(true);
    mesh.handleAccept(memberOf(6), 50);
    expect(facts).toEqual(['down scx2:1 replaced', 'up scx6:1 ours 1']);
    expect(kinds()).toEqual(['edgeRequest scx6:1', 'edgeDrop scx2:1']);
  });

  test('keeps the edge that was to be replaced when the request is refused', () => {
    const { mesh, facts, add } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    mesh.request(memberOf(6), 1, nodeId(2), 0);
    mesh.handleReject(memberOf(6), 50);
    expect(mesh.neighbours.has(nodeId(2))).toBe(true);
    expect(facts.at(-1)).toBe('refused scx6:1');
  });

  test('does not exceed k1 when two requests were to replace the same edge', () => {
    const { mesh, add, kinds } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    mesh.request(memberOf(6), 1, nodeId(2), 0);
    mesh.request(memberOf(7), 1, nodeId(2), 0);
    mesh.handleAccept(memberOf(6), 1);
    kinds();
    mesh.handleAccept(memberOf(7), 2);
    expect(kinds()).toEqual(['edgeDrop scx7:1']);
    expect([...mesh.neighbours.keys()]).toEqual([nodeId(1), nodeId(3), nodeId(6)]);
  });

  test('gives up a request that is not answered, and drops the edge when the answer is late', () => {
    const { bench, mesh, facts, kinds } = createEdges();
    mesh.request(memberOf(1), 1, undefined, 100);
    const until = 100 + bench.context.config.answerTimeoutMs;
    expect(mesh.deadline).toBe(until);
    mesh.tick(until);
    expect(facts).toEqual(['refused scx1:1']);
    expect(mesh.room()).toBe(3);
    kinds();
    mesh.handleAccept(memberOf(1), until + 1);
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    expect(mesh.neighbours.size).toBe(0);
  });

  test('drops an edge that is accepted without having been asked for', () => {
    const { mesh, kinds } = createEdges();
    mesh.handleAccept(memberOf(1), 0);
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    expect(mesh.neighbours.size).toBe(0);
  });

  test('makes one edge of two requests that cross: the lower id adds it', () => {
    const low = createEdges(memberOf(1));
    const high = createEdges(memberOf(2));
    low.mesh.request(memberOf(2), 1, undefined, 0);
    high.mesh.request(memberOf(1), 1, undefined, 0);
    low.kinds();
    high.kinds();
    low.mesh.handleRequest(memberOf(2), 1, 1);
    high.mesh.handleRequest(memberOf(1), 1, 1);
    expect(low.kinds()).toEqual(['edgeReject scx2:1']);
    expect(high.kinds()).toEqual(['edgeAccept scx1:1']);
    low.mesh.handleAccept(memberOf(2), 2);
    high.mesh.handleReject(memberOf(1), 2);
    expect(low.mesh.neighbours.get(nodeId(2))).toMatchObject({ ours: true });
    expect(high.mesh.neighbours.get(nodeId(1))).toMatchObject({ ours: false });
  });

  test('begins an edge anew when its other end asks for it again', () => {
    const { mesh, facts } = createEdges();
    mesh.handleRequest(memberOf(1), 1, 0);
    mesh.handleRequest(memberOf(1), 2, 9);
    expect(facts).toEqual(['up scx1:1 theirs 1', 'down scx1:1 dropped', 'up scx1:1 theirs 2']);
    expect(mesh.neighbours.size).toBe(1);
  });

  test('disowns a stranger who speaks as a neighbour, unless it is being asked', () => {
    const { mesh, kinds } = createEdges();
    mesh.disown(memberOf(1));
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    mesh.request(memberOf(1), 1, undefined, 0);
    kinds();
    mesh.disown(memberOf(1));
    expect(kinds()).toEqual([]);
  });

  test('tells the other end of a dropped edge, unless it cannot hear', () => {
    const { mesh, add, kinds } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    kinds();
    mesh.drop(nodeId(1), 'silent', 0);
    mesh.drop(nodeId(2), 'failed', 0);
    mesh.drop(nodeId(9), 'failed', 0);
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
  });

  test('loses edges and requests with their connection', () => {
    const { bench, mesh, facts, add } = createEdges();
    add(1);
    mesh.request(memberOf(2), 1, undefined, 0);
    facts.length = 0;
    bench.take();
    mesh.onLinkDown(addressOf(1), 5);
    mesh.onLinkDown(addressOf(2), 5);
    expect(facts).toEqual(['down scx1:1 closed', 'refused scx2:1']);
    expect(bench.take()).toContainEqual({ kind: 'hangUp', to: addressOf(1) });
  });

  test('keeps its limits at every instant, whatever others say', () => {
    const peer = fc.integer({ min: 1, max: 12 }).map((number) => memberOf(number));
    const kind = fc.constantFrom(
      'request',
      'replace',
      'handleRequest',
      'handleAccept',
      'handleReject',
      'handleDrop',
      'linkDown',
      'tick',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, peer), { maxLength: 120 }), (steps) => {
        const { mesh } = createEdges();
        let now = 0;
        const ours = (): Member[] =>
          [...mesh.neighbours.values()].filter((each) => each.ours).map((each) => each.member);
        for (const [what, member] of steps) {
          now += 100;
          if (member.id === nodeId(5)) continue;
          if (what === 'request') mesh.request(member, 1, undefined, now);
          if (what === 'replace') mesh.request(member, 1, ours()[0]?.id, now);
          if (what === 'handleRequest') mesh.handleRequest(member, 1, now);
          if (what === 'handleAccept') mesh.handleAccept(member, now);
          if (what === 'handleReject') mesh.handleReject(member, now);
          if (what === 'handleDrop') mesh.handleDrop(member, now);
          if (what === 'linkDown') mesh.onLinkDown(member.address, now);
          if (what === 'tick') mesh.tick(now);
          expect(ours().length).toBeLessThanOrEqual(3);
          expect(mesh.neighbours.size - ours().length).toBeLessThanOrEqual(4);
          expect(mesh.room()).toBeLessThanOrEqual(3 - ours().length);
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
