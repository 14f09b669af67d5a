import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { NodeId, Source } from '../../../src/gossamer/core/node.js';
import { createDistribution } from '../../../src/gossamer/distribution/distribution.js';
import type { TableEntry } from '../../../src/gossamer/routing/routing-table.js';
import { aduOf, createBench, memberOf, nodeId, runUntil, sourceId, sourceOf } from '../support.js';

/** Every other member is a neighbour of ours. */
function createTree(changes: Partial<GossamerConfig> = {}) {
  const bench = createBench(changes);
  const blamed: NodeId[] = [];
  const unserved: [NodeId, number][] = [];
  const distribution = createDistribution(bench.context, {
    neighbour: (id) => memberOf(Number.parseInt(id, 16)),
    reserve: (_scx, avoided) => [nodeId(1), nodeId(2)].find((id) => !avoided.has(id)),
    onUnserved: (scx, now) => void unserved.push([scx, now]),
    onSlowParent: (parent) => void blamed.push(parent),
    onBroken: (id) => void blamed.push(id),
  });
  const entryOf = (
    scx: number,
    sources: readonly Source[],
    hop: number | undefined,
  ): [NodeId, TableEntry] => {
    const route = { scx: nodeId(scx), stamp: 1, costMs: 1, path: [nodeId(scx)], sources };
    return [nodeId(scx), { route, nextHop: hop === undefined ? undefined : nodeId(hop) }];
  };
  const onTable = (entries: [NodeId, TableEntry][], now = 0): void =>
    distribution.onTable(new Map(entries), now);
  /** Source 1 is attached at 9; the next hop is 1. */
  const settle = (): void => {
    onTable([entryOf(9, [sourceOf(1)], 1)]);
    for (const channel of bench.context.config.channels) {
      distribution.handleData(
        memberOf(1),
        { kind: 'subscribed', source: sourceId(1), channel, from: 0 },
        0,
      );
    }
    bench.take();
  };
  const delivered = (): number[] =>
    bench.take().flatMap((effect) => (effect.kind === 'deliver' ? [effect.adu.sequence] : []));
  return { bench, blamed, unserved, distribution, entryOf, onTable, settle, delivered };
}

describe('Distribution', () => {
  test('subscribes once for each channel of the session, over separate connections', () => {
    const { bench, entryOf, onTable } = createTree({ channels: [1, 2, 7] });
    onTable([entryOf(9, [sourceOf(1)], 1)]);
    const subscribed = bench
      .take()
      .flatMap((effect) =>
        effect.kind === 'sendData' ? [`${effect.message.body.kind} ${effect.message.channel}`] : [],
      );
    expect(subscribed).toEqual(['subscribe 1', 'subscribe 2', 'subscribe 7']);
  });

  test('delivers only what passes the reverse-path check, and counts the rest', () => {
    const { distribution, settle, delivered } = createTree();
    settle();
    distribution.handleAdu(nodeId(3), aduOf(0), 0);
    expect(delivered()).toEqual([]);
    distribution.handleAdu(nodeId(1), aduOf(0), 0);
    expect(delivered()).toEqual([0]);
    expect([...distribution.flows.values()][0]?.counters).toMatchObject({ stray: 1, received: 1 });
  });

  test('ignores ADUs of sources and channels that it does not know', () => {
    const { distribution, settle, delivered } = createTree();
    settle();
    distribution.handleAdu(nodeId(1), aduOf(0, { source: sourceId(5) }), 0);
    distribution.handleAdu(nodeId(1), aduOf(0, { channel: 99 }), 0);
    distribution.publish(aduOf(0, { source: sourceId(5) }), 0);
    expect(delivered()).toEqual([]);
  });

  test('delivers and forwards what its own source publishes', () => {
    const { bench, distribution, entryOf, onTable } = createTree();
    onTable([entryOf(5, [sourceOf(1)], undefined)]);
    distribution.publish(aduOf(0), 0);
    const message = { kind: 'subscribe', source: sourceId(1), channel: 1, from: null } as const;
    distribution.handleData(memberOf(3), message, 0);
    distribution.publish(aduOf(1), 0);
    const kinds = bench.take().map((effect) => effect.kind);
    expect(kinds.filter((kind) => kind === 'deliver')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'forward')).toHaveLength(2);
  });

  test('locates a source where it attached last', () => {
    const { distribution, entryOf, onTable } = createTree();
    onTable([entryOf(9, [sourceOf(1, 2)], 1), entryOf(8, [sourceOf(1, 1)], 2)]);
    expect(distribution.sources.get(sourceId(1))?.scx).toBe(nodeId(9));
  });

  test('asks the next hop in reserve when its parent is silent', () => {
    const { bench, distribution, settle } = createTree();
    settle();
    runUntil(distribution, 2000);
    const told = bench.sentData().filter(({ body }) => body.kind === 'subscribe');
    expect(told[0]?.to).toBe(nodeId(2));
  });

  test('tells which source nobody delivers, once reserves have been asked in vain', () => {
    const { distribution, settle, unserved, onTable } = createTree();
    settle();
    runUntil(distribution, 1899);
    expect(unserved).toEqual([]);
    expect([distribution.isUnserved(1899), distribution.isUnserved(1900)]).toEqual([false, true]);
    runUntil(distribution, 2100);
    expect(unserved.length).toBeGreaterThan(0);
    expect(new Set(unserved.map(([scx]) => scx))).toEqual(new Set([nodeId(9)]));
    distribution.handleAdu(nodeId(2), aduOf(0), 2200);
    expect(distribution.isUnserved(2200)).toBe(false);
    const before = unserved.length;
    runUntil(distribution, 4000);
    expect(unserved).toHaveLength(before);
    expect(distribution.isUnserved(9000)).toBe(true);
    onTable([], 9000);
    expect(distribution.isUnserved(9000)).toBe(false);
  });

  test('lets a source that ended linger, then forgets it', () => {
    const { bench, distribution, settle, onTable, delivered } = createTree();
    settle();
    onTable([], 1000);
    expect(bench.events()).toEqual([{ kind: 'sourceDown', source: sourceId(1) }]);
    distribution.handleAdu(nodeId(1), aduOf(0), 1001);
    expect(delivered()).toEqual([0]);
    runUntil(distribution, 7000);
    expect(distribution.sources.size).toBe(0);
    expect(distribution.flows.size).toBe(0);
    expect(distribution.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('continues where it was when a source comes back, however late', () => {
    const { bench, distribution, settle, entryOf, onTable, delivered } = createTree();
    settle();
    for (let sequence = 0; sequence < 10; sequence++) {
      distribution.handleAdu(nodeId(1), aduOf(sequence), 0);
    }
    onTable([], 1000);
    runUntil(distribution, 60_000);
    bench.take();
    onTable([entryOf(9, [sourceOf(1)], 1)], 60_000);
    expect(bench.sentData()[0]?.body).toMatchObject({ kind: 'subscribe', from: 10 });
    const answer = { kind: 'subscribed', source: sourceId(1), channel: 1, from: 10 } as const;
    distribution.handleData(memberOf(1), answer, 60_001);
    for (const sequence of [8, 9, 10]) {
      distribution.handleAdu(nodeId(1), aduOf(sequence), 60_002);
    }
    expect(delivered()).toEqual([10]);
  });

  test('sends newcomers the last title of a source that was away', () => {
    const { bench, distribution, settle, entryOf, onTable } = createTree();
    settle();
    const told = { kind: 'subscribed', source: sourceId(1), channel: 2, from: 3 } as const;
    distribution.handleData(memberOf(1), told, 0);
    distribution.handleAdu(nodeId(1), aduOf(3, { channel: 2 }), 0);
    onTable([], 1000);
    runUntil(distribution, 60_000);
    onTable([entryOf(9, [sourceOf(1)], 1)], 60_000);
    bench.take();
    const newcomer = { kind: 'subscribe', source: sourceId(1), channel: 2, from: null } as const;
    distribution.handleData(memberOf(3), newcomer, 60_001);
    const forwarded = bench.take().filter((effect) => effect.kind === 'forward');
    expect(forwarded).toMatchObject([{ to: nodeId(3), adu: { channel: 2, sequence: 3 } }]);
  });

  test('counts and reports what is lost for good', () => {
    const { bench, distribution, settle } = createTree();
    settle();
    distribution.handleAdu(nodeId(1), aduOf(0), 0);
    const later = { kind: 'subscribed', source: sourceId(1), channel: 1, from: 50 } as const;
    distribution.handleData(memberOf(1), later, 0);
    expect(bench.events()).not.toContainEqual({ kind: 'missed', source: sourceId(1), count: 49 });
    distribution.handleAdu(nodeId(1), aduOf(50), 0);
    expect(bench.events()).toContainEqual({ kind: 'missed', source: sourceId(1), count: 49 });
  });

  test('knows no more sources than its bound; those that ended make room', () => {
    const { distribution, entryOf, onTable } = createTree();
    const many = (first: number): Source[] =>
      Array.from({ length: 300 }, (_, index) => sourceOf(first + index));
    onTable([entryOf(9, many(1000), 1)]);
    expect(distribution.sources.size).toBe(256);
    onTable([entryOf(9, many(2000).slice(0, 5), 1)], 1);
    expect(distribution.flows.size).toBe(512);
    expect(distribution.sources.has(sourceId(2004))).toBe(true);
  });

  test('a source that ended makes room, and no source that is on the air', () => {
    const { distribution, entryOf, onTable } = createTree();
    const all = Array.from({ length: 256 }, (_, index) => sourceOf(1000 + index));
    onTable([entryOf(9, all, 1)]);
    onTable([entryOf(9, all.slice(0, 255), 1)], 1);
    onTable([entryOf(9, [...all.slice(0, 255), sourceOf(2000)], 1)], 2);
    expect(distribution.sources.size).toBe(256);
    expect(distribution.sources.has(sourceId(1000))).toBe(true);
    expect(distribution.sources.has(sourceId(1255))).toBe(false);
    expect(distribution.sources.has(sourceId(2000))).toBe(true);
  });

  test('has room for the source of another SCX, however many one invents; its own ones stay', () => {
    const { bench, distribution, entryOf, onTable } = createTree();
    const many = (first: number, count: number): Source[] =>
      Array.from({ length: count }, (_, index) => sourceOf(first + index));
    const own = entryOf(5, many(100, 150), undefined);
    const liar = entryOf(9, many(1000, 300), 1);
    onTable([own, liar]);
    bench.take();
    onTable([own, liar, entryOf(8, [sourceOf(1)], 2)], 1);
    expect(bench.events()).toContainEqual({ kind: 'sourceDown', source: sourceId(1105) });
    expect(distribution.sources.size).toBe(256);
    expect(distribution.sources.has(sourceId(1))).toBe(true);
    expect(distribution.sources.has(sourceId(249))).toBe(true);
    expect(distribution.sources.has(sourceId(1104))).toBe(true);
    expect(distribution.sources.has(sourceId(1105))).toBe(false);
    expect(distribution.flows.size).toBe(512);
  });

  test('remembers the last ADU of a flow that ended up to 4 KiB', () => {
    for (const [bytes, isKept] of [
      [4096, true],
      [4097, false],
    ] as const) {
      const { distribution, entryOf, onTable, settle } = createTree({ channels: [1] });
      settle();
      distribution.handleAdu(nodeId(1), aduOf(0, { payload: new Uint8Array(bytes) }), 0);
      onTable([], 1);
      runUntil(distribution, 10_000);
      onTable([entryOf(9, [sourceOf(1)], 1)], 10_000);
      const [flow] = distribution.flows.values();
      expect(flow?.stream.next()).toBe(1);
      expect(flow?.stream.get(0) !== undefined).toBe(isKept);
    }
  });

  test('remembers the positions of the last 1024 flows that ended', () => {
    const { bench, distribution, entryOf, onTable } = createTree({ channels: [1] });
    let now = 0;
    const come = (number: number): void => onTable([entryOf(9, [sourceOf(number)], 1)], now);
    const go = (): void => {
      onTable([], now);
      now += 10_000;
      runUntil(distribution, now);
    };
    for (let number = 1; number <= 1025; number++) {
      come(number);
      const source = sourceId(number);
      const from = 100;
      distribution.handleData(memberOf(1), { kind: 'subscribed', source, channel: 1, from }, now);
      go();
    }
    bench.take();
    const askedFrom = (number: number): unknown => {
      come(number);
      const asked = bench.sentData().find(({ body }) => body.kind === 'subscribe');
      go();
      bench.take();
      return asked?.body;
    };
    expect(askedFrom(2)).toMatchObject({ from: 100 });
    expect(askedFrom(1)).toMatchObject({ from: null });
  });

  test('sleeps while all is well, and wakes for what is waited for in vain', () => {
    const { bench, distribution, settle } = createTree({ stallMs: 1500, channels: [1] });
    expect(distribution.deadline()).toBe(Number.POSITIVE_INFINITY);
    settle();
    let wakes = 0;
    for (let sequence = 0; sequence < 600; sequence++) {
      const now = 25 * sequence;
      distribution.handleAdu(nodeId(1), aduOf(sequence), now);
      if (distribution.deadline() > now) continue;
      distribution.tick(now);
      wakes++;
    }
    // In 15 s: soon after the beginning, then once for each silence that would be suspicious, 400
    // ms.
    expect(wakes).toBeLessThanOrEqual(40);
    bench.take();
    runUntil(distribution, 599 * 25 + 399);
    expect(bench.sentData()).toEqual([]);
    runUntil(distribution, 599 * 25 + 400 + 100);
    expect(bench.sentData()).toMatchObject([{ to: nodeId(2), body: { kind: 'subscribe' } }]);
    runUntil(distribution, 599 * 25 + 1499);
    expect(bench.sentData()).toEqual([]);
    runUntil(distribution, 599 * 25 + 1500 + 100);
    expect(bench.sentData()).toContainEqual(
      expect.objectContaining({
        to: nodeId(1),
        body: expect.objectContaining({ kind: 'unsubscribe' }),
      }),
    );
  });

  test('replaces a lost parent at once, but does not ask failing reserves all the time', () => {
    const { bench, distribution, settle } = createTree({ channels: [1] });
    settle();
    distribution.handleAdu(nodeId(1), aduOf(0), 1000);
    runUntil(distribution, 1400);
    bench.take();
    distribution.onParentDown(nodeId(1), 1, 1401);
    runUntil(distribution, 1401);
    expect(bench.sentData()).toMatchObject([
      { to: nodeId(2), body: { kind: 'subscribe', from: 1 } },
    ]);
    distribution.onParentDown(nodeId(2), 1, 1402);
    runUntil(distribution, 1402 + 98);
    expect(bench.sentData()).toEqual([]);
    runUntil(distribution, 1402 + 100);
    expect(bench.sentData()).toMatchObject([{ to: nodeId(1), body: { kind: 'subscribe' } }]);
  });

  test('leaves a slow parent although the first change to another one fails', () => {
    const { bench, blamed, distribution, entryOf, onTable, settle } = createTree({ channels: [1] });
    settle();
    let sequence = 0;
    /** A second of sound from 1 takes two. */
    const hear = (now: number): void => distribution.handleAdu(nodeId(1), aduOf(sequence++), now);
    while (blamed.length === 0) hear(52 * sequence);
    // Routing avoids the slow one from now on, and has nothing to change any more.
    onTable([entryOf(9, [sourceOf(1)], 2)], 52 * sequence);
    const refused = { kind: 'refused', source: sourceId(1), channel: 1 } as const;
    distribution.handleData(memberOf(2), refused, 52 * sequence);
    bench.take();
    const end = 52 * sequence + 1000;
    while (52 * sequence < end) {
      hear(52 * sequence);
      runUntil(distribution, 52 * sequence);
    }
    const asked = bench.sentData().filter(({ body }) => body.kind === 'subscribe');
    expect(asked.map(({ to }) => to)).toEqual([nodeId(2)]);
    distribution.handleData(
      memberOf(2),
      { kind: 'subscribed', source: sourceId(1), channel: 1, from: sequence },
      end,
    );
    distribution.handleAdu(nodeId(2), aduOf(sequence), end);
    expect(distribution.flows.values().next().value?.parent()).toBe(nodeId(2));
    expect(distribution.disturbances.failovers.behind).toBe(1);
  });

  test('asks ever less often for sources that a neighbour offers and cannot send', () => {
    const { bench, distribution, entryOf, onTable } = createTree();
    const sources = Array.from({ length: 30 }, (_, index) => sourceOf(index));
    let asked = 0;
    const fail = (now: number): void => {
      const peers = bench.sentData().filter(({ body }) => body.kind === 'subscribe');
      asked += peers.length;
      for (const id of new Set(peers.map(({ to }) => to))) {
        for (const channel of [1, 2]) distribution.onParentDown(id, channel, now);
      }
    };
    for (let now = 0; now < 30_000; now += 100) {
      // Each update is news: it offers the sources at another SCX.
      onTable([entryOf(100 + (now % 7), sources, 1)], now);
      fail(now);
      runUntil(distribution, now);
      fail(now);
    }
    // Two channels and two neighbours; 6 attempts in the first 5 s, and then one each 5 s.
    expect(asked).toBeLessThanOrEqual(30 * 2 * 2 * (6 + 30 / 5));
  });

  test('asks again, but not all the time, when no parent is to be had', () => {
    const { bench, distribution, settle } = createTree({ stallMs: 1500, channels: [1] });
    settle();
    const refuse = (now: number): void =>
      distribution.handleData(
        memberOf(1),
        { kind: 'refused', source: sourceId(1), channel: 1 },
        now,
      );
    refuse(100);
    expect(bench.sentData()).toEqual([]);
    runUntil(distribution, 100 + 250);
    expect(bench.sentData()).toMatchObject([{ to: nodeId(2), body: { kind: 'subscribe' } }]);
  });
});
