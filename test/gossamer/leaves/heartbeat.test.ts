import { describe, expect, test } from 'vitest';
import type { Address, NodeId } from '../../../src/gossamer/core/node.js';
import { createHeartbeat } from '../../../src/gossamer/leaves/heartbeat.js';
import { addressOf, createBench, memberOf, nodeId, runUntil } from '../support.js';

const addressById = (id: NodeId): Address => addressOf(Number.parseInt(id, 16));

/** A heartbeat each 1000 ms, lost after 3500 ms; our neighbours are 11 and 12. */
function createPulse(self = memberOf(5), gossipsGenerators = true) {
  const bench = createBench({ healDampingMs: 500, gossipsGenerators }, self);
  const facts: string[] = [];
  const bearers: string[] = [];
  const heartbeat = createHeartbeat(bench.context, {
    neighbours: () => [memberOf(11), memberOf(12)],
    onPartition: (generator, now) =>
      void facts.push(
        `heal ${generator === undefined ? undefined : addressById(generator)} ${now}`,
      ),
    onFarSide: (from) => void facts.push(`far side ${from.address}`),
    onNewGenerator: (bearer) => void bearers.push(addressById(bearer)),
    onGenerating: () => void facts.push('meet'),
  });
  const hear = (number: number, sequence: number, now: number, from = 11): void =>
    heartbeat.handle(memberOf(from), nodeId(number), sequence, now);
  const beats = (): string[] =>
    bench
      .sent()
      .flatMap(({ to, message }) =>
        message.kind === 'heartbeat'
          ? [`${addressById(message.generator)} ${message.sequence} ${to}`]
          : [],
      );
  return { bench, heartbeat, facts, bearers, hear, beats };
}

const rendezvousPoint = (number: number) => memberOf(number, { rendezvous: true });

describe('A rendezvous point', () => {
  test('generates heartbeats for all its neighbours, each with a new number', () => {
    const { heartbeat, beats } = createPulse(rendezvousPoint(5));
    heartbeat.start(0);
    runUntil(heartbeat, 1000);
    expect(beats()).toEqual([
      'scx5:1 1 scx11:1',
      'scx5:1 1 scx12:1',
      'scx5:1 2 scx11:1',
      'scx5:1 2 scx12:1',
    ]);
    expect(heartbeat.generator()).toBe(nodeId(5));
  });

  test('reports the bearer of the heartbeat of another generator, once for each', () => {
    const { heartbeat, hear, bearers } = createPulse();
    heartbeat.start(0);
    hear(4, 1, 10, 11);
    hear(4, 2, 1010, 12);
    hear(3, 1, 1020, 12);
    expect(bearers).toEqual([addressOf(11), addressOf(12)]);
  });

  test('yields to a lower id that it hears, and propagates its heartbeats', () => {
    const { bench, heartbeat, hear, beats } = createPulse(rendezvousPoint(5));
    heartbeat.start(0);
    runUntil(heartbeat, 0);
    bench.take();
    hear(3, 1, 10);
    expect(beats()).toEqual(['scx3:1 1 scx12:1']);
    expect(heartbeat.generator()).toBe(nodeId(3));
    runUntil(heartbeat, 3000);
    expect(beats()).toEqual([]);
  });

  test('continues to generate when it hears a higher id, and propagates that, too', () => {
    const { bench, heartbeat, hear, beats } = createPulse(rendezvousPoint(5));
    heartbeat.start(0);
    runUntil(heartbeat, 0);
    bench.take();
    hear(7, 1, 10);
    expect(beats()).toEqual(['scx7:1 1 scx12:1']);
    expect(heartbeat.generator()).toBe(nodeId(5));
  });

  test('takes over when the generator is silent', () => {
    const { bench, heartbeat, hear } = createPulse(rendezvousPoint(5));
    heartbeat.start(0);
    hear(3, 1, 10);
    bench.take();
    runUntil(heartbeat, 3510);
    expect(heartbeat.generator()).toBe(nodeId(5));
    expect(bench.events()).toEqual([
      { kind: 'partitionSuspected', sinceMs: 3500 },
      { kind: 'generating', generating: true },
    ]);
  });

  test('looks for the other rendezvous points while it generates', () => {
    const { heartbeat, facts } = createPulse(rendezvousPoint(5));
    heartbeat.start(0);
    runUntil(heartbeat, 12_000);
    expect(facts.filter((fact) => fact === 'meet').length).toBeGreaterThanOrEqual(3);
  });
});

describe('An SCX', () => {
  test('spares a neighbour that has the heartbeat already each second one', () => {
    const { heartbeat, hear, beats } = createPulse();
    heartbeat.start(0);
    hear(4, 1, 10, 11);
    expect(beats()).toEqual(['scx4:1 1 scx12:1']);
    // 12 had it from another neighbour.
    hear(4, 1, 20, 12);
    hear(4, 2, 1010, 11);
    expect(beats()).toEqual(['scx4:1 2 scx12:1']);
    hear(4, 2, 1020, 12);
    hear(4, 3, 2010, 11);
    expect(beats()).toEqual([]);
    hear(4, 4, 3010, 11);
    expect(beats()).toEqual(['scx4:1 4 scx12:1']);
    // It has not had that one from another, so it needs the next.
    hear(4, 5, 4010, 11);
    expect(beats()).toEqual(['scx4:1 5 scx12:1']);
  });

  test('follows the lowest generator that it hears, and knows which neighbour brings it', () => {
    const { heartbeat, hear } = createPulse();
    heartbeat.start(0);
    hear(8, 1, 10, 11);
    expect(heartbeat.generator()).toBe(nodeId(8));
    hear(3, 1, 20, 12);
    expect(heartbeat.generator()).toBe(nodeId(3));
    expect(heartbeat.bearer()).toBe(nodeId(12));
    hear(8, 2, 30, 11);
    expect(heartbeat.generator()).toBe(nodeId(3));
  });

  test('passes a beat on once, to all but the one that brought it', () => {
    const { heartbeat, hear, beats } = createPulse();
    heartbeat.start(0);
    hear(3, 5, 10, 11);
    expect(beats()).toEqual(['scx3:1 5 scx12:1']);
    hear(3, 5, 11, 12);
    hear(3, 4, 12, 12);
    expect(beats()).toEqual([]);
  });

  test('suspects a partition after the timeout, and heals at random within the damping', () => {
    const { bench, heartbeat, facts, hear } = createPulse();
    heartbeat.start(0);
    hear(3, 1, 1000);
    bench.take();
    runUntil(heartbeat, 4499);
    expect(bench.events()).toEqual([]);
    runUntil(heartbeat, 4500);
    expect(bench.events()).toEqual([{ kind: 'partitionSuspected', sinceMs: 3500 }]);
    expect(heartbeat.generator()).toBeNull();
    expect(facts).toEqual([]);
    runUntil(heartbeat, 5000);
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatch(/^heal scx3:1 /);
  });

  test('tries again with growing damping until it hears a beat', () => {
    const { heartbeat, facts, hear } = createPulse();
    heartbeat.start(0);
    hear(3, 1, 0);
    runUntil(heartbeat, 600_000);
    const instants = facts.map((fact) => Number(fact.split(' ')[2]));
    const waits = instants.slice(1).map((instant, index) => instant - instants[index]!);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(1000);
      expect(wait).toBeLessThanOrEqual(1000 + 500 * Math.min(index + 1, 8));
    }
    // Up to 1000 + 8 * 500.
    expect(Math.max(...waits)).toBeGreaterThan(4500);
    hear(3, 2, 600_001);
    facts.length = 0;
    runUntil(heartbeat, 603_500);
    expect(facts).toEqual([]);
  });

  test('heals even when it never heard a generator', () => {
    const { heartbeat, facts } = createPulse();
    heartbeat.start(0);
    runUntil(heartbeat, 4000);
    expect(facts[0]).toMatch(/^heal undefined /);
  });

  test('without a heartbeat counts any node that hears one as the far side', () => {
    const { heartbeat, facts } = createPulse();
    heartbeat.start(0);
    heartbeat.onFollows(memberOf(20), null, 10);
    expect(facts).toEqual([]);
    heartbeat.onFollows(memberOf(20), nodeId(3), 10);
    expect(facts).toEqual([`far side ${addressOf(20)}`]);
  });

  test('builds the bridge when settled, and only from the side of the higher generator', () => {
    const { heartbeat, facts, hear } = createPulse();
    heartbeat.start(0);
    hear(3, 1, 0);
    heartbeat.onFollows(memberOf(20), nodeId(2), 3500);
    expect(facts).toEqual([]);
    heartbeat.onFollows(memberOf(20), nodeId(3), 3501);
    heartbeat.onFollows(memberOf(20), nodeId(4), 3501);
    expect(facts).toEqual([]);
    heartbeat.onFollows(memberOf(20), nodeId(2), 3501);
    expect(facts).toEqual([`far side ${addressOf(20)}`]);
  });

  test('does not let invented generators make it forget which beats it has passed on', () => {
    const { heartbeat, hear, beats } = createPulse();
    heartbeat.start(0);
    hear(3, 1, 0);
    for (let number = 100; number < 200; number++) hear(number, 1, 1);
    expect(beats()).toHaveLength(32);
    for (let number = 100; number < 200; number++) hear(number, 1, 2, 12);
    hear(3, 1, 3, 12);
    expect(beats()).toEqual([]);
    hear(3, 2, 4);
    expect(beats()).toHaveLength(1);
  });

  test('lets a generator that has long been silent make room for another', () => {
    const { heartbeat, hear, beats } = createPulse();
    heartbeat.start(0);
    for (let number = 100; number < 132; number++) hear(number, 1, number);
    beats();
    hear(200, 1, 34_000);
    expect(beats()).toEqual([]);
    hear(200, 1, 36_000);
    expect(beats()).toEqual(['scx200:1 1 scx12:1']);
  });
});

describe('Without gossip about generators', () => {
  test('an SCX believes a rendezvous point, and only while it hears no heartbeat', () => {
    const { heartbeat, facts, hear } = createPulse(memberOf(5), false);
    heartbeat.start(0);
    heartbeat.onFollows(memberOf(7), nodeId(4), 1);
    expect(facts).toEqual([]);
    heartbeat.onFollows(rendezvousPoint(4), nodeId(4), 2);
    expect(facts).toEqual(['far side scx4:1']);
    hear(4, 1, 10);
    heartbeat.onFollows(rendezvousPoint(3), nodeId(3), 5000);
    expect(facts).toEqual(['far side scx4:1']);
  });

  test('a rendezvous point finds the cut by the election, among rendezvous points', () => {
    const { heartbeat, facts } = createPulse(rendezvousPoint(5), false);
    heartbeat.start(0);
    heartbeat.onFollows(memberOf(7), nodeId(4), 5000);
    expect(facts).not.toContain('far side scx7:1');
    heartbeat.onFollows(rendezvousPoint(4), nodeId(4), 5000);
    expect(facts).toContain('far side scx4:1');
  });
});
