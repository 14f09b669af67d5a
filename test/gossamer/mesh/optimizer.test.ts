import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig, PAPER } from '../../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { addressOf, memberOf, nodeId, offerOf, requestOf, runUntil, sourceOf } from '../support.js';
import { createProbing } from './probing.js';

describe('The optimiser', () => {
  test('has a bounded number of probes under way when many members are named to it', () => {
    const { optimizer, clock, sent } = createProbing(FAST);
    optimizer.start(0);
    for (let number = 100; number < 1100; number++) {
      optimizer.onNamed(memberOf(number), 1000);
      runUntil(clock, 1000);
    }
    expect(sent('requestStatus').length).toBeLessThanOrEqual(64);
  });

  test('does not probe the same members without pause where it has room and all are full', () => {
    const { optimizer, sent, tell } = createProbing(FAST);
    optimizer.start(0);
    let probes = 0;
    for (let now = 0; now < 10_000; now++) {
      runUntil(optimizer, now);
      for (const to of sent('requestStatus')) {
        probes++;
        tell(memberOf(Number(to.slice(3, -2))), { canAccept: false }, now);
      }
    }
    // A hundred at once, then one each 250 ms or so.
    expect(probes).toBeGreaterThan(100);
    expect(probes).toBeLessThanOrEqual(100 + 50);
    optimizer.quicken(10_000);
    runUntil(optimizer, 10_000);
    expect(sent('requestStatus').length).toBeGreaterThan(1);
  });

  test('asks the SCX of a source that no neighbour delivers, and probes another, at once', () => {
    const { mesh, optimizer, sent, requests } = createProbing(FAST, undefined, [nodeId(20)]);
    optimizer.start(0);
    optimizer.onUnserved(memberOf(20), 0);
    expect(requests()).toMatchObject([{ addGainMs: expect.any(Number) }]);
    expect(mesh.isPending(nodeId(20))).toBe(true);
    optimizer.tick(0);
    expect(sent('requestStatus').length).toBeGreaterThan(0);
    optimizer.onUnserved(memberOf(21), 249);
    expect(mesh.isPending(nodeId(21))).toBe(false);
    optimizer.onUnserved(undefined, 250);
    optimizer.tick(250);
    expect(sent('requestStatus').length).toBeGreaterThan(0);
    optimizer.onUnserved(memberOf(20), 500);
    expect(requests()).toEqual([]);
  });

  test('asks nobody for a source while it is stopped', () => {
    const { mesh, optimizer } = createProbing(FAST);
    optimizer.onUnserved(memberOf(20), 0);
    expect(mesh.isPending(nodeId(20))).toBe(false);
  });

  test('probes one member in each round: REQUEST_STATUS, then its distance', () => {
    const { bench, mesh, optimizer, sent, tell } = createProbing(PAPER);
    optimizer.start(0);
    optimizer.tick(optimizer.deadline());
    const [probed, ...others] = sent('requestStatus');
    expect(others).toEqual([]);
    const member = memberOf(Number(probed?.slice(3, -2)));
    optimizer.onMeasured(member.address, 20, 100);
    expect(bench.take()).toEqual([]);
    tell(member);
    expect(sent('ping')).toEqual([probed]);
    expect(mesh.isPending(member.id)).toBe(false);
    optimizer.onMeasured(member.address, 20, 100);
    expect(mesh.isPending(member.id)).toBe(true);
  });

  test('does not measure a node without room', () => {
    const { optimizer, sent, tell, probeNext } = createProbing(PAPER);
    optimizer.start(0);
    tell(probeNext(), { canAccept: false });
    expect(sent('ping')).toEqual([]);
  });

  test('accepts a probed node that has room while edges are missing', () => {
    const { mesh, optimizer, answer, probeNext } = createProbing(PAPER);
    optimizer.start(0);
    const member = probeNext();
    answer(member, 20);
    expect(mesh.isPending(member.id)).toBe(true);
  });

  test('does not ask a probed node that has no room', () => {
    const { mesh, optimizer, answer, probeNext } = createProbing(PAPER);
    optimizer.start(0);
    const member = probeNext();
    answer(member, 20, { canAccept: false });
    expect(mesh.isPending(member.id)).toBe(false);
  });

  test('replaces the worst edge by figure 4 when it has all its edges', () => {
    for (const [rttMs, isTaken] of [
      [20, true],
      [54, false],
    ] as const) {
      // With a source, as H is 0 without one.
      const { mesh, optimizer, connect, answer, probeNext } = createProbing(PAPER, undefined, [
        nodeId(200),
      ]);
      for (const number of [11, 12, 30]) connect(number);
      optimizer.start(0);
      const member = probeNext();
      // The worst is 30 ms away: C.F. 1, and that of X_j is rttMs / 2 / 30.
      answer(member, rttMs);
      expect(mesh.isPending(member.id)).toBe(isTaken);
      mesh.handleAccept(member, false, 1);
      expect(mesh.neighbours.has(nodeId(30))).toBe(!isTaken);
    }
  });

  test('multiplies H by the number of known sources', () => {
    // With n sources the worst edge costs n, and X_j 0.85 n or 0.84 n.
    for (const count of [1, 4]) {
      const sources = Array.from({ length: count }, (_, index) => nodeId(200 + index));
      for (const [rttMs, isTaken] of [
        [51.1, false],
        [50.9, true],
      ] as const) {
        const { mesh, optimizer, connect, answer, probeNext } = createProbing(
          PAPER,
          undefined,
          sources,
        );
        for (const number of [11, 12, 30]) connect(number);
        optimizer.start(0);
        const member = probeNext();
        answer(member, rttMs);
        expect(mesh.isPending(member.id)).toBe(isTaken);
      }
    }
  });

  /** Neighbours that we added are 11, 12 and 20 ms away, and one that we accepted 30 ms. */
  const replacedBy = (changes: Partial<GossamerConfig>, rttMs: number, sources: NodeId[] = []) => {
    const { mesh, optimizer, connect, answer, probeNext } = createProbing(
      { ...PAPER, ...changes },
      undefined,
      sources,
    );
    for (const number of [11, 12, 20]) connect(number);
    mesh.handleRequest(memberOf(30), offerOf(60), 0);
    const before = [...mesh.neighbours.keys()];
    optimizer.start(0);
    const member = probeNext();
    answer(member, rttMs);
    mesh.handleAccept(member, false, 1);
    expect(mesh.neighbours.size).toBe(4);
    return before.filter((id) => !mesh.neighbours.has(id));
  };

  test.each([
    ['any', nodeId(30)],
    ['added', nodeId(20)],
    ['own', nodeId(20)],
  ] as const)('reads figure 4 as told: %s', (figure4, replaced) => {
    expect(replacedBy({ figure4 }, 20)).toEqual([replaced]);
  });

  test('normalises over the added edges alone where these are Λ', () => {
    // The worst added edge costs 20 ms, X_j 15.5 ms: less by 0.15 of the accepted one, not by 0.24.
    const hysteresis = { hysteresis: 0.2, hysteresisCounts: 'least1' } as const;
    expect(replacedBy({ figure4: 'added', ...hysteresis }, 31)).toEqual([]);
    expect(replacedBy({ figure4: 'own', ...hysteresis }, 31)).toEqual([nodeId(20)]);
  });

  test.each([
    ['known', 0],
    ['others', 0],
    ['least1', 1],
  ] as const)('takes H without a source as told: %s', (hysteresisCounts, counted) => {
    const changes = { figure4: 'added', hysteresisCounts } as const;
    // C.F. is a thirtieth of the distance, ms: 20 ms against 19 ms.
    expect(replacedBy(changes, 38)).toEqual(counted === 0 ? [nodeId(20)] : []);
  });

  test('counts our own source among the known ones where it is told to', () => {
    for (const [hysteresisCounts, isTaken] of [
      ['known', false],
      ['others', true],
    ] as const) {
      const config = { ...PAPER, hysteresisCounts };
      const probing = createProbing(config, undefined, [nodeId(200)]);
      const { mesh, optimizer, routing, connect, answer, probeNext } = probing;
      for (const number of [11, 12, 30]) connect(number);
      routing.announce(sourceOf(5), 0);
      optimizer.start(0);
      const member = probeNext();
      // C.F. 1 and 0.8: more than 0.15, not more than 0.3.
      answer(member, 48);
      expect(mesh.isPending(member.id)).toBe(isTaken);
    }
  });

  test('gives up any edge for a bridge but the one that brings the heartbeat, when told so', () => {
    for (let farther = 0; farther < 10; farther++) {
      const { mesh, optimizer, connect, answer, probeNext } = createProbing(FAST, 30);
      for (const number of [11, 12, 30]) connect(number);
      optimizer.start(0);
      for (let number = 0; number <= farther; number++) {
        optimizer.bridge(memberOf(77 + number), 0);
        const member = probeNext();
        answer(member, 2, { generator: nodeId(1) });
        mesh.handleAccept(member, false, 1);
        expect(mesh.neighbours.has(member.id)).toBe(true);
        expect(mesh.neighbours.has(nodeId(30))).toBe(true);
      }
    }
  });

  test('ignores an answer without a question', () => {
    const { mesh, optimizer, answer } = createProbing(FAST);
    optimizer.start(0);
    answer(memberOf(11), 1);
    expect(mesh.isPending(nodeId(11))).toBe(false);
  });

  test('asks for no more than k1 edges, pending requests counted', () => {
    const { bench, optimizer, tell } = createProbing(FAST);
    optimizer.start(0);
    let asked = 0;
    // No request is answered; each would be given up after 3000 ms.
    for (let now = 0; now < 2900; now += 50) {
      runUntil(optimizer, now);
      for (let sent = bench.sent(); sent.length > 0; sent = bench.sent()) {
        for (const { to, message } of sent) {
          if (message.kind === 'requestStatus') tell(memberOf(Number(to.slice(3, -2))));
          if (message.kind === 'ping') optimizer.onMeasured(to, 20, now);
          if (message.kind === 'edgeRequest') asked++;
        }
      }
    }
    expect(asked).toBe(3);
  });

  test('probes one that is named before others, and at once', () => {
    const { bench, optimizer, clock, connect, probeNext } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    runUntil(clock, 20_000);
    bench.take();
    optimizer.onNamed(memberOf(91), 20_000);
    expect(optimizer.deadline()).toBeLessThanOrEqual(20_000);
    expect(probeNext()).toEqual(memberOf(91));
  });

  test('does not begin to probe when a member is named while it is stopped', () => {
    const { optimizer } = createProbing(FAST);
    optimizer.onNamed(memberOf(91), 0);
    expect(optimizer.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('backs off as the mesh settles, and probes faster with each news', () => {
    const { optimizer, clock, connect, sent } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    runUntil(clock, 20_000);
    const first = sent('requestStatus').length;
    expect(first).toBeGreaterThan(15);
    runUntil(clock, 400_000);
    sent('requestStatus');
    runUntil(clock, 600_000);
    // One each 20 s, a tenth more or less.
    expect(sent('requestStatus').length).toBeLessThanOrEqual(12);
    for (let news = 0; news < 20; news++) optimizer.quicken(600_000);
    runUntil(clock, 600_275);
    expect(sent('requestStatus')).toHaveLength(1);
  });

  test('has a bounded number of probes under way when it is quickened again and again', () => {
    const { optimizer, sent } = createProbing(FAST);
    optimizer.start(0);
    for (let now = 300; now < 5000; now += 10) {
      optimizer.quicken(now);
      if (optimizer.deadline() <= now) optimizer.tick(now);
    }
    expect(sent('requestStatus').length).toBeLessThanOrEqual(4 + 5000 / 225);
  });

  test('probes fast again when it is refused while edges are missing', () => {
    const { mesh, optimizer, clock, sent } = createProbing({ ...FAST, directedProbes: false });
    optimizer.start(0);
    runUntil(clock, 1000);
    mesh.request(requestOf(memberOf(50), offerOf(1)), 1000);
    sent('requestStatus');
    mesh.handleReject(memberOf(50), 1000);
    runUntil(clock, 1275);
    expect(sent('requestStatus').length).toBeGreaterThanOrEqual(1);
  });

  test('bridges a cut with the far member first, whatever the edge costs', () => {
    const { mesh, optimizer, clock, connect, sent, answer } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    runUntil(clock, 20_000);
    sent('requestStatus');
    optimizer.bridge(memberOf(77), 20_000);
    optimizer.tick(optimizer.deadline());
    expect(sent('requestStatus')).toEqual([addressOf(77)]);
    answer(memberOf(77), 5000, { generator: nodeId(1) });
    expect(mesh.isPending(nodeId(77))).toBe(true);
  });

  test('gives up no edge for a bridge to a node that hears no heartbeat itself', () => {
    const { mesh, optimizer, connect, answer, probeNext } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    optimizer.bridge(memberOf(77), 0);
    answer(probeNext(), 20, { generator: null });
    expect(mesh.isPending(nodeId(77))).toBe(false);
  });

  test('does not let strangers lengthen its list of bridgeheads without end', () => {
    const { optimizer, clock, connect, sent } = createProbing(FAST);
    for (const number of [11, 12, 13]) connect(number);
    optimizer.start(0);
    for (let number = 100; number < 1100; number++) optimizer.bridge(memberOf(number), 0);
    runUntil(clock, 400_000);
    expect(
      sent('requestStatus').filter((address) => address.length > 7).length,
    ).toBeLessThanOrEqual(32);
  });

  test('sends no probe when stopped', () => {
    const { optimizer } = createProbing(FAST);
    optimizer.start(0);
    optimizer.stop();
    optimizer.quicken(10);
    expect(optimizer.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('The optimiser with edge exchange', () => {
  const SOURCE = nodeId(200);

  /** With all edges, the best route to the one source costs 11 ms; the margin is 0.5 ms. */
  const createFull = (changes: Partial<GossamerConfig> = {}) => {
    const bench = createProbing({ ...FAST, ...changes }, undefined, [SOURCE]);
    for (const number of [11, 12, 30]) bench.connect(number);
    bench.requests();
    bench.optimizer.start(0);
    return bench;
  };

  test('offers its gain if it adds the edge, and if it accepts it', () => {
    const { requests, answer, probeNext } = createFull();
    const member = probeNext();
    answer(member, 10);
    // 11 ms become 5; no end reports a loss for the edge that is given up.
    expect(requests()).toEqual([
      {
        ...{ kind: 'edgeRequest', rttMs: 10, addGainMs: 5.5, acceptGainMs: 5.5 },
        place: UNKNOWN_COORDINATES,
        leaves: { id: nodeId(11), costs: [{ scx: nodeId(200), costMs: 0 }] },
      },
    ]);
  });

  test('subtracts the loss of the neighbour that it gives up', () => {
    const { edgeReports, requests, answer, probeNext } = createFull();
    for (const number of [11, 12, 30]) {
      edgeReports.handle(nodeId(number), { worthMs: number === 12 ? 1 : 4, loads: [], heir: null });
    }
    answer(probeNext(), 10);
    expect(requests()).toMatchObject([{ addGainMs: 4.5, acceptGainMs: 5.5 }]);
  });

  test('can only accept when each of its own edges has a higher value than the gain', () => {
    const { mesh, edgeReports, requests, answer, probeNext } = createFull();
    for (const number of [11, 12, 30]) {
      edgeReports.handle(nodeId(number), { worthMs: 100, loads: [], heir: null });
    }
    const member = probeNext();
    answer(member, 10);
    expect(requests()).toMatchObject([{ addGainMs: null, acceptGainMs: 5.5 }]);
    mesh.handleAccept(member, true, 1);
    expect(mesh.neighbours.size).toBe(4);
  });

  test('can only add in a profile without reversed edges', () => {
    const { requests, answer, probeNext } = createFull({ reversible: false });
    answer(probeNext(), 10);
    expect(requests()).toMatchObject([{ addGainMs: 5.5, acceptGainMs: null }]);
  });

  test('sends no request when nothing is gained', () => {
    const { requests, answer, probeNext } = createFull();
    answer(probeNext(), 21.5);
    expect(requests()).toEqual([]);
  });

  test('measures a full node that may evict for it, and no other full node', () => {
    const { sent, tell, probeNext } = createFull();
    const member = probeNext();
    tell(member, { canAccept: false });
    expect(sent('ping')).toEqual([member.address]);
    const paper = createProbing(PAPER, undefined, [SOURCE]);
    paper.optimizer.start(0);
    paper.tell(paper.probeNext(), { canAccept: false });
    expect(paper.sent('ping')).toEqual([]);
  });
});
