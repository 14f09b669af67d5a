import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../src/gossamer/config.js';
import { PAPER } from '../../src/gossamer/config.js';
import { createDiscovery } from '../../src/gossamer/discovery.js';
import { createMembership } from '../../src/gossamer/membership.js';
import type { Message } from '../../src/gossamer/message.js';
import type { Member } from '../../src/gossamer/node.js';
import { addressOf, createBench, memberOf, nodeId, runUntil } from './support.js';

type DiscoveryMessage = Extract<Message, { kind: 'discovery' | 'discoveryResponse' }>;

function createGossip(changes: Partial<GossamerConfig> = {}, known: readonly number[] = []) {
  const bench = createBench(changes);
  const membership = createMembership(bench.context);
  for (const number of known) membership.learn(memberOf(number), 0);
  const accused: string[] = [];
  const discovery = createDiscovery(
    bench.context,
    membership,
    () => nodeId(77),
    (id, incarnation) => accused.push(`${id} ${incarnation}`),
  );
  const lists = (): { to: string; message: DiscoveryMessage }[] =>
    bench.sent() as { to: string; message: DiscoveryMessage }[];
  return { bench, membership, discovery, accused, lists };
}

const listOf = (kind: DiscoveryMessage['kind'], members: readonly Member[]): DiscoveryMessage => ({
  kind,
  members,
  deaths: [],
  generator: null,
});

describe('Discovery', () => {
  test('exchanges lists in both directions: it answers first, then merges', () => {
    const { membership, discovery, lists } = createGossip({}, [1]);
    discovery.handle(memberOf(2), listOf('discovery', [memberOf(2), memberOf(3)]), 10);
    const [answer] = lists();
    expect(answer).toMatchObject({ to: 'scx2:1', message: { kind: 'discoveryResponse' } });
    expect(answer!.message.members).toEqual([memberOf(5), memberOf(1)]);
    expect(answer!.message.generator).toBe(nodeId(77));
    expect(membership.all()).toEqual([memberOf(1), memberOf(2), memberOf(3)]);
  });

  test('does not answer an answer', () => {
    const { membership, discovery, lists } = createGossip();
    expect(discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 10)).toBe(1);
    expect(lists()).toEqual([]);
    expect(membership.all()).toEqual([memberOf(3)]);
  });

  test('sends itself and at most 30 random members of those it knows', () => {
    const known = Array.from({ length: 100 }, (_, index) => 100 + index);
    const { discovery, lists } = createGossip({}, known);
    discovery.contact(addressOf(1), 0);
    discovery.contact(addressOf(1), 0);
    const [one, other] = lists().map(({ message }) => message.members);
    expect(one).toHaveLength(31);
    expect(one![0]).toEqual(memberOf(5));
    expect(one).not.toEqual(other);
  });

  test('contacts one random member in each round', () => {
    const { discovery, lists } = createGossip(PAPER, [1, 2, 3, 4]);
    discovery.start(0);
    runUntil(discovery, 500_000);
    const targets = lists().map(({ to }) => to);
    // Rounds of 5 s, a tenth more or less.
    expect(targets.length).toBeGreaterThan(90);
    expect(targets.length).toBeLessThan(112);
    expect(new Set(targets).size).toBe(4);
  });

  test('starts fast, backs off while nothing new is learned, and starts again with news', () => {
    const { discovery, lists } = createGossip({}, [1]);
    discovery.start(0);
    runUntil(discovery, 10_000);
    const first = lists().length;
    runUntil(discovery, 60_000);
    const settled = lists().length;
    expect(first).toBeGreaterThanOrEqual(5);
    expect(settled).toBeLessThanOrEqual(12);
    discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 60_000);
    expect(discovery.deadline).toBeLessThanOrEqual(60_275);
    discovery.tick(discovery.deadline);
    const resumed = discovery.deadline;
    discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 60_300);
    expect(discovery.deadline).toBe(resumed);
  });

  test('passes on the deaths it believes in, and asks about those told of members it knows', () => {
    const { membership, discovery, accused, lists } = createGossip({}, [1, 2]);
    membership.bury({ id: nodeId(1), incarnation: 1000 }, 0);
    discovery.contact(addressOf(2), 0);
    expect(lists()[0]!.message.deaths).toEqual([{ id: nodeId(1), incarnation: 1000 }]);
    const deaths = [
      { id: nodeId(2), incarnation: 1000 },
      { id: nodeId(2), incarnation: 999 },
      { id: nodeId(5), incarnation: 1000 },
      { id: nodeId(66), incarnation: 1 },
    ];
    const message = { ...listOf('discoveryResponse', []), deaths };
    discovery.handle(memberOf(2), message, 0);
    expect(accused).toEqual([`${nodeId(2)} 1000`, `${nodeId(5)} 1000`]);
    expect(membership.get(nodeId(2))).toBeDefined();
  });

  test('stays quiet when stopped', () => {
    const { discovery, lists } = createGossip({}, [1]);
    discovery.start(0);
    discovery.stop();
    discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 10);
    expect(discovery.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(lists()).toEqual([]);
  });
});
