import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createEdgeExchange } from '../../../src/gossamer/mesh/edge-exchange.js';
import { createEdgeReports } from '../../../src/gossamer/mesh/edge-reports.js';
import { createMesh, type Grant, type Mesh } from '../../../src/gossamer/mesh/mesh.js';
import { addressOf, createBench, memberOf, nodeId, offerOf, requestOf } from '../support.js';

type Granting = (mesh: Mesh, now: number) => Grant | undefined;

/** The paper's rule: each request is granted while there is room. */
const whileRoom: Granting = (mesh) =>
  mesh.canAccept() ? { reversed: false, victim: undefined } : undefined;

function createEdges(self = memberOf(5), grant = whileRoom) {
  const bench = createBench({}, self);
  const facts: string[] = [];
  const mesh = createMesh(bench.context, {
    onEdgeUp: ({ member, ours }, rttMs) =>
      void facts.push(`up ${member.address} ${ours ? 'ours' : 'theirs'} ${rttMs}`),
    onEdgeDown: ({ member }, reason) => void facts.push(`down ${member.address} ${reason}`),
    onRefused: (member) => void facts.push(`refused ${member.address}`),
    onReferred: (instead) => void facts.push(`referred ${instead.address}`),
    grant: (_offer, now) => grant(mesh, now),
    isAvoided: () => false,
  });
  const add = (number: number): void => {
    mesh.request(requestOf(memberOf(number), offerOf(10)), 0);
    mesh.handleAccept(memberOf(number), false, 0);
  };
  const kinds = (): string[] => bench.sent().map(({ to, message }) => `${message.kind} ${to}`);
  return { bench, mesh, facts, add, kinds };
}

/** A mesh with edge exchange, where each neighbour reports that its edge has a value of 3 ms. */
function createLoaded() {
  const { context } = createBench();
  const mesh: Mesh = createMesh(context, {
    onEdgeUp: ({ member }) => reports.forget(member.id),
    onEdgeDown: ({ member }) => reports.forget(member.id),
    onRefused: () => {},
    onReferred: () => {},
    grant: (offer, now, asker) => exchange.grant(offer, now, asker),
    isAvoided: () => false,
  });
  const reports = createEdgeReports(context.config, {
    lambda: () => [],
    coordinates: () => UNKNOWN_COORDINATES,
    rttMs: () => undefined,
    reachedOver: () => [],
    sources: () => [],
    isNeighbour: (id) => mesh.neighbours.has(id),
    isAvoided: () => false,
    isInUse: () => false,
    sessionSize: () => undefined,
  });
  const exchange = createEdgeExchange(context, reports, {
    lambda: () => [],
    isIdle: () => false,
    coordinates: () => UNKNOWN_COORDINATES,
    rttMs: () => undefined,
    member: () => undefined,
    costMs: () => 0,
    bearer: () => undefined,
    neighbours: () => mesh.neighbours,
    isAvoided: () => false,
    isInUse: () => false,
    isParent: () => false,
    isWary: () => false,
    alert: () => {},
    isUnserved: () => false,
    canAccept: mesh.canAccept,
    canAdd: () => mesh.room() > 0,
  });
  const pretend = ({ id }: Member): void =>
    reports.handle(id, { worthMs: 3, loads: [], heir: null });
  return { mesh, pretend };
}

/** A request that may be granted as added and, while there is room, as accepted. */
const bothWays = (mesh: Mesh) => ({ acceptGainMs: mesh.canAccept() ? 1 : null });

describe('Mesh', () => {
  test('adds an edge by a request that is accepted', () => {
    const { mesh, facts, kinds } = createEdges();
    mesh.request(requestOf(memberOf(1), offerOf(12)), 0);
    expect(kinds()).toEqual(['edgeRequest scx1:1']);
    expect(mesh.isPending(nodeId(1))).toBe(true);
    mesh.handleAccept(memberOf(1), false, 20);
    expect(facts).toEqual(['up scx1:1 ours 12']);
    expect(mesh.neighbours.get(nodeId(1))).toMatchObject({ ours: true, sinceMs: 20 });
  });

  test('accepts a request while there is room, with the RTT that the asker measured', () => {
    const { mesh, facts, kinds } = createEdges();
    mesh.handleRequest(memberOf(1), offerOf(33), 0);
    expect(kinds()).toEqual(['edgeAccept scx1:1']);
    expect(facts).toEqual(['up scx1:1 theirs 33']);
  });

  test('refuses an edge beyond k2, and has room again when one goes', () => {
    const { mesh, kinds } = createEdges();
    for (const number of [1, 2, 3, 4]) mesh.handleRequest(memberOf(number), offerOf(1), 0);
    expect(mesh.canAccept()).toBe(false);
    kinds();
    mesh.handleRequest(memberOf(6), offerOf(1), 0);
    expect(kinds()).toEqual(['edgeReject scx6:1']);
    mesh.handleDrop(memberOf(2), null, 0);
    expect(mesh.canAccept()).toBe(true);
    mesh.handleRequest(memberOf(6), offerOf(1), 0);
    expect(kinds()).toEqual(['edgeAccept scx6:1']);
  });

  test('still waits for its own answer when it refuses one that asked at the same time', () => {
    const { mesh, facts, kinds } = createEdges(memberOf(5), () => undefined);
    mesh.request(requestOf(memberOf(3), offerOf(1)), 0);
    mesh.handleRequest(memberOf(3), offerOf(1), 1);
    expect(kinds()).toEqual(['edgeRequest scx3:1', 'edgeReject scx3:1']);
    expect(mesh.isPending(nodeId(3))).toBe(true);
    mesh.handleReject(memberOf(3), 2);
    expect(facts).toEqual(['refused scx3:1']);
    expect(mesh.isPending(nodeId(3))).toBe(false);
  });

  test('has no two neighbours at one address, as one of them borrows it', () => {
    const { mesh, add, kinds } = createEdges();
    add(1);
    kinds();
    const thief = memberOf(7, { address: addressOf(1) });
    mesh.handleRequest(thief, offerOf(1), 1);
    expect(kinds()).toEqual(['edgeReject scx1:1']);
    mesh.request(requestOf(thief, offerOf(1)), 2);
    mesh.handleAccept(thief, false, 3);
    mesh.disown(thief);
    expect(kinds()).toEqual(['edgeRequest scx1:1']);
    expect([...mesh.neighbours.keys()]).toEqual([nodeId(1)]);
  });

  test('counts a pending request against k1, k2 or both, as it may be granted', () => {
    const { mesh } = createEdges();
    expect(mesh.room()).toBe(3);
    mesh.request(requestOf(memberOf(1), offerOf(1)), 0);
    expect([mesh.room(), mesh.canAccept()]).toEqual([2, true]);
    mesh.request(requestOf(memberOf(2), offerOf(1, { acceptGainMs: 1 })), 0);
    expect([mesh.room(), mesh.canAccept()]).toEqual([1, true]);
    for (const number of [6, 7]) mesh.handleRequest(memberOf(number), offerOf(1), 0);
    mesh.request(requestOf(memberOf(3), offerOf(1, { addGainMs: null, acceptGainMs: 1 })), 0);
    expect([mesh.room(), mesh.canAccept()]).toEqual([1, false]);
    mesh.handleReject(memberOf(3), 1);
    mesh.handleReject(memberOf(1), 1);
    expect([mesh.room(), mesh.canAccept()]).toEqual([2, true]);
  });

  test('accepts edges of others however many it has added itself', () => {
    const { mesh, add } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    expect(mesh.canAccept()).toBe(true);
    for (const number of [6, 7, 8, 9]) mesh.handleRequest(memberOf(number), offerOf(1), 0);
    expect(mesh.neighbours.size).toBe(7);
  });

  test('gives up a replaced edge in the step that brings the new one, and not before', () => {
    const { mesh, facts, add, kinds } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    facts.length = 0;
    kinds();
    mesh.request(requestOf(memberOf(6), offerOf(1), nodeId(2)), 0);
    expect(mesh.neighbours.has(nodeId(2))).toBe(true);
    mesh.handleAccept(memberOf(6), false, 50);
    expect(facts).toEqual(['down scx2:1 replaced', 'up scx6:1 ours 1']);
    expect(kinds()).toEqual(['edgeRequest scx6:1', 'edgeDrop scx2:1']);
  });

  test('keeps the edge that was to be replaced when the request is refused', () => {
    const { mesh, facts, add } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    mesh.request(requestOf(memberOf(6), offerOf(1), nodeId(2)), 0);
    mesh.handleReject(memberOf(6), 50);
    expect(mesh.neighbours.has(nodeId(2))).toBe(true);
    expect(facts.at(-1)).toBe('refused scx6:1');
  });

  test('does not exceed k1 when two requests were to replace the same edge', () => {
    const { mesh, add, kinds } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    mesh.request(requestOf(memberOf(6), offerOf(1), nodeId(2)), 0);
    mesh.request(requestOf(memberOf(7), offerOf(1), nodeId(2)), 0);
    mesh.handleAccept(memberOf(6), false, 1);
    kinds();
    mesh.handleAccept(memberOf(7), false, 2);
    expect(kinds()).toEqual(['edgeDrop scx7:1']);
    expect([...mesh.neighbours.keys()]).toEqual([nodeId(1), nodeId(3), nodeId(6)]);
  });

  test('gives up a request that is not answered, and drops the edge when the answer is late', () => {
    const { bench, mesh, facts, kinds } = createEdges();
    mesh.request(requestOf(memberOf(1), offerOf(1)), 100);
    const until = 100 + bench.context.config.answerTimeoutMs;
    expect(mesh.deadline()).toBe(until);
    mesh.tick(until);
    expect(facts).toEqual(['refused scx1:1']);
    expect(mesh.room()).toBe(3);
    kinds();
    mesh.handleAccept(memberOf(1), false, until + 1);
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    expect(mesh.neighbours.size).toBe(0);
  });

  test('drops an edge that is accepted without having been asked for', () => {
    const { mesh, kinds } = createEdges();
    mesh.handleAccept(memberOf(1), false, 0);
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    expect(mesh.neighbours.size).toBe(0);
  });

  test('makes one edge of two requests that cross: the lower id adds it', () => {
    const low = createEdges(memberOf(1));
    const high = createEdges(memberOf(2));
    low.mesh.request(requestOf(memberOf(2), offerOf(1)), 0);
    high.mesh.request(requestOf(memberOf(1), offerOf(1)), 0);
    low.kinds();
    high.kinds();
    low.mesh.handleRequest(memberOf(2), offerOf(1), 1);
    high.mesh.handleRequest(memberOf(1), offerOf(1), 1);
    expect(low.kinds()).toEqual(['edgeReject scx2:1']);
    expect(high.kinds()).toEqual(['edgeAccept scx1:1']);
    low.mesh.handleAccept(memberOf(2), false, 2);
    high.mesh.handleReject(memberOf(1), 2);
    expect(low.mesh.neighbours.get(nodeId(2))).toMatchObject({ ours: true });
    expect(high.mesh.neighbours.get(nodeId(1))).toMatchObject({ ours: false });
  });

  test('begins an edge anew when its other end asks for it again', () => {
    const { mesh, facts } = createEdges();
    mesh.handleRequest(memberOf(1), offerOf(1), 0);
    mesh.handleRequest(memberOf(1), offerOf(2), 9);
    expect(facts).toEqual(['up scx1:1 theirs 1', 'down scx1:1 dropped', 'up scx1:1 theirs 2']);
    expect(mesh.neighbours.size).toBe(1);
  });

  test('disowns a stranger that claims to be a neighbour, unless a request to it is pending', () => {
    const { mesh, kinds } = createEdges();
    mesh.disown(memberOf(1));
    expect(kinds()).toEqual(['edgeDrop scx1:1']);
    mesh.request(requestOf(memberOf(1), offerOf(1)), 0);
    kinds();
    mesh.disown(memberOf(1));
    expect(kinds()).toEqual([]);
  });

  test('sends EDGE_DROP to the other end, unless that cannot hear', () => {
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
    mesh.request(requestOf(memberOf(2), offerOf(1)), 0);
    facts.length = 0;
    bench.take();
    mesh.onLinkDown(addressOf(1), 5);
    mesh.onLinkDown(addressOf(2), 5);
    expect(facts).toEqual(['down scx1:1 closed', 'refused scx2:1']);
    expect(bench.take()).toContainEqual({ kind: 'hangUp', to: addressOf(1) });
  });

  test('counts a reversed edge as accepted at the end that asked, as added at the other', () => {
    const asker = createEdges(memberOf(5));
    const asked = createEdges(memberOf(6), () => ({ reversed: true, victim: undefined }));
    const offer = offerOf(8, { addGainMs: null, acceptGainMs: 3 });
    asker.mesh.request(requestOf(memberOf(6), offer), 0);
    asked.mesh.handleRequest(memberOf(5), offer, 1);
    expect(asked.bench.sent()).toEqual([
      { to: addressOf(5), message: { kind: 'edgeAccept', reversed: true } },
    ]);
    asker.mesh.handleAccept(memberOf(6), true, 2);
    expect(asker.facts).toEqual(['up scx6:1 theirs 8']);
    expect(asked.facts).toEqual(['up scx5:1 ours 8']);
    expect([asker.mesh.room(), asked.mesh.room()]).toEqual([3, 2]);
  });

  test('keeps the edge that was to be replaced when the new one is reversed', () => {
    const { mesh, facts, add } = createEdges();
    for (const number of [1, 2, 3]) add(number);
    facts.length = 0;
    mesh.request(requestOf(memberOf(6), offerOf(1, { acceptGainMs: 1 }), nodeId(2)), 0);
    mesh.handleAccept(memberOf(6), true, 50);
    expect(facts).toEqual(['up scx6:1 theirs 1']);
    expect(mesh.neighbours.size).toBe(4);
  });

  test('drops a reversed edge for which it has no room any more', () => {
    const { mesh, kinds } = createEdges();
    mesh.request(requestOf(memberOf(6), offerOf(1, { addGainMs: null, acceptGainMs: 1 })), 0);
    for (const number of [1, 2, 3]) mesh.handleRequest(memberOf(number), offerOf(1), 0);
    mesh.handleAccept(memberOf(6), true, 1);
    expect(mesh.neighbours.has(nodeId(6))).toBe(true);
    mesh.request(requestOf(memberOf(7), offerOf(1, { addGainMs: null, acceptGainMs: 1 })), 2);
    kinds();
    mesh.handleAccept(memberOf(7), true, 3);
    expect(kinds()).toEqual(['edgeDrop scx7:1']);
    expect(mesh.neighbours.size).toBe(4);
  });

  test('sends the drop to the victim before the acceptance to the newcomer', () => {
    const { bench, mesh, facts } = createEdges(memberOf(5), (each) =>
      each.canAccept() ? whileRoom(each, 0) : { reversed: false, victim: nodeId(2) },
    );
    for (const number of [1, 2, 3, 4]) mesh.handleRequest(memberOf(number), offerOf(1), 0);
    facts.length = 0;
    bench.take();
    mesh.handleRequest(memberOf(6), offerOf(9), 5);
    expect(bench.sent()).toEqual([
      { to: addressOf(2), message: { kind: 'edgeDrop', instead: memberOf(6) } },
      { to: addressOf(6), message: { kind: 'edgeAccept', reversed: false } },
    ]);
    expect(facts).toEqual(['down scx2:1 evicted', 'up scx6:1 theirs 9']);
  });

  test('accepts a referral only from a neighbour', () => {
    const { mesh, facts, add } = createEdges();
    mesh.handleDrop(memberOf(1), memberOf(7), 0);
    expect(facts).toEqual([]);
    add(1);
    facts.length = 0;
    mesh.handleDrop(memberOf(1), memberOf(7), 0);
    expect(facts).toEqual(['referred scx7:1', 'down scx1:1 dropped']);
  });

  test('asks the neighbours of an SCX that died for their edges, the nearest first, as many as it may have', () => {
    const { bench, mesh, facts, kinds } = createEdges();
    const { addedEdgesMax: added, acceptedEdgesMax: accepted } = bench.context.config;
    const all = Array.from({ length: added + accepted + 2 }, (_, index) => index + 10);
    const edges = all.toReversed().map((number) => ({ member: memberOf(number), rttMs: number }));
    mesh.resume(edges, 0);
    const asked = all.slice(0, added + accepted);
    expect(kinds()).toEqual(asked.map((number) => `edgeRequest ${addressOf(number)}`));
    const [first, last] = [asked[0] as number, asked.at(-1) as number];
    mesh.handleAccept(memberOf(first), false, 20);
    mesh.handleAccept(memberOf(last), true, 20);
    expect(facts).toEqual([
      `up ${addressOf(first)} ours ${first}`,
      `up ${addressOf(last)} theirs ${last}`,
    ]);
  });

  test('keeps its limits at every instant, whatever others say', () => {
    const peer = fc.integer({ min: 1, max: 12 }).map((number) => memberOf(number));
    const kind = fc.constantFrom(
      'request',
      'replace',
      'offer',
      'handleRequest',
      'handleAccept',
      'handleReversed',
      'handleReject',
      'handleDrop',
      'linkDown',
      'tick',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, peer), { maxLength: 120 }), (steps) => {
        const { mesh, pretend } = createLoaded();
        let now = 0;
        const ours = (): Member[] =>
          [...mesh.neighbours.values()].filter((each) => each.ours).map((each) => each.member);
        for (const [what, member] of steps) {
          now += 100;
          if (member.id === nodeId(5)) continue;
          if (what === 'request' && mesh.room() > 0) {
            mesh.request(requestOf(member, offerOf(1, bothWays(mesh))), now);
          }
          if (what === 'offer' && mesh.canAccept()) {
            mesh.request(requestOf(member, offerOf(1, { addGainMs: null, acceptGainMs: 1 })), now);
          }
          if (what === 'replace') {
            mesh.request(requestOf(member, offerOf(1, bothWays(mesh)), ours()[0]?.id), now);
          }
          if (what === 'handleRequest') {
            mesh.handleRequest(member, offerOf(1, { addGainMs: 5, acceptGainMs: 7 }), now);
            pretend(member);
          }
          if (what === 'handleAccept') mesh.handleAccept(member, false, now);
          if (what === 'handleReversed') mesh.handleAccept(member, true, now);
          if (what === 'handleReject') mesh.handleReject(member, now);
          if (what === 'handleDrop') mesh.handleDrop(member, memberOf(3), now);
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
