/**
 * NICE: its clusters, as its paper defines them, after many joins at once, after deaths and after
 * departures; and the rules that are functions.
 */
import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Member, SourceId } from '../../../src/gossamer/core/node.js';
import { createRivalMachine } from '../../../src/simulator/rivals/core/rival-machine.js';
import {
  centreOf,
  halve,
  isMuchLess,
  radiusAt,
} from '../../../src/simulator/rivals/nice/centre.js';
import { createNice, nice } from '../../../src/simulator/rivals/nice/nice.js';
import { createRendezvous } from '../../../src/simulator/rivals/nice/rendezvous.js';
import { K, SIZE_MAX } from '../../../src/simulator/rivals/nice/upkeep.js';
import { createWorld, type World } from '../../../src/simulator/world/world.js';

const ascending = (a: number, b: number): number => a - b;

/** Nodes on a line. */
const apart = (a: number, b: number): number => Math.abs(a - b);

describe('A cluster of NICE', () => {
  test('is led from its centre: the least of the largest distances', () => {
    expect(centreOf([0, 1, 9, 10, 14], apart)).toBe(9);
    expect(radiusAt(9, [0, 1, 9, 10, 14], apart)).toBe(9);
    expect(centreOf([], apart)).toBeUndefined();
  });

  test('is cut into halves of the least radius', () => {
    const cut = halve([30, 0, 31, 2, 33, 1, 3, 32, 34], apart);
    expect(cut.map((half) => half.toSorted(ascending))).toEqual([
      [0, 1, 2, 3],
      [30, 31, 32, 33, 34],
    ]);
  });

  test('that is much too large is cut between the members that are farthest apart', () => {
    const many = Array.from({ length: 101 }, (_, index) => (index * 37) % 101);
    const cut = halve(many, apart).map((half) => half.toSorted(ascending));
    expect(cut.map((half) => half.length).toSorted(ascending)).toEqual([50, 51]);
    const [near, far] = cut.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    expect(near?.at(-1)).toBeLessThan(far?.[0] ?? 0);
  });

  test('changes its leader only for one that is much nearer', () => {
    expect(isMuchLess(60, 100, 50)).toBe(true);
    expect(isMuchLess(69, 100, 50)).toBe(false);
    expect(isMuchLess(1, 8, 5)).toBe(false);
  });
});

describe('The rendezvous point of NICE', () => {
  const member = (name: string) => ({ id: name, address: `${name}:1` }) as unknown as Member;
  const rootOf = ({ root }: { root: Member }): string => root.id;

  test('takes the first that asks, then whoever leads a higher layer', () => {
    const { onClaim } = createRendezvous(100);
    expect(rootOf(onClaim(member('a'), -1, 0))).toBe('a');
    expect(rootOf(onClaim(member('b'), 0, 1))).toBe('a');
    expect(rootOf(onClaim(member('b'), 1, 2))).toBe('b');
    expect(onClaim(member('a'), 0, 3)).toEqual({ root: member('b'), layer: 1 });
  });

  test('forgets a root that is silent, and believes only the root about its successor', () => {
    const { onClaim, onYield } = createRendezvous(100);
    onClaim(member('a'), 2, 0);
    onYield(member('b'), { root: member('b'), layer: 2 }, 10);
    expect(rootOf(onClaim(member('b'), 0, 20))).toBe('a');
    onYield(member('a'), { root: member('c'), layer: 2 }, 30);
    expect(rootOf(onClaim(member('b'), 0, 129))).toBe('c');
    expect(rootOf(onClaim(member('b'), 0, 130))).toBe('b');
  });
});

/** A world of NICE nodes on a line, and what each of them takes for its clusters. */
function play(count: number) {
  const rules = new Map<string, ReturnType<typeof createNice>>();
  const received: number[] = [];
  const world = createWorld({
    ...{ seed: 1, config: FAST, delayMs: (a, b) => 5 + apart(a, b) },
    observers: [{ onDeliver: ({ index }) => void received.push(index) }],
    createScx: (options) =>
      createRivalMachine(
        {
          ...nice,
          create: (context) => {
            const created = createNice(context);
            rules.set(context.self.id, created);
            return created;
          },
        },
        options,
      ),
  });
  for (let index = 0; index < count; index++) {
    world.at((5000 * index) / count, () => void world.add());
  }
  return { world, rules, received };
}

/**
 * The clusters by layer and leader. Each of their members must list the same ones, and a node must lead
 * the clusters of all its layers but the highest.
 */
function clustersOf({ world, rules }: ReturnType<typeof play>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { gossamer } of world.live()) {
    const { id } = gossamer.self();
    const clusters = rules.get(id)?.clusters() ?? [];
    expect(clusters.length).toBeGreaterThan(0);
    for (const [layer, { leader, peers }] of clusters.entries()) {
      const members = [id, ...peers.keys()].toSorted();
      const name = `${layer} ${leader.id}`;
      expect(members).toEqual(found.get(name) ?? members);
      expect(members).toContain(leader.id);
      if (layer < clusters.length - 1) expect(leader.id).toBe(id);
      found.set(name, members);
    }
  }
  return found;
}

/** One cluster is the highest one, and all others have the sizes that they should. */
function expectHierarchy(played: ReturnType<typeof play>): void {
  const clusters = [...clustersOf(played)];
  const layerOf = (name: string): number => Number(name.split(' ')[0]);
  const top = Math.max(...clusters.map(([name]) => layerOf(name)));
  expect(clusters.filter(([name]) => layerOf(name) === top)).toHaveLength(1);
  for (const [name, { length }] of clusters) {
    expect(length).toBeLessThanOrEqual(SIZE_MAX);
    if (layerOf(name) < top) expect(length).toBeGreaterThanOrEqual(K);
  }
  const inLayer0 = clusters.filter(([name]) => layerOf(name) === 0).flatMap(([, all]) => all);
  expect(inLayer0.toSorted()).toEqual(idsOf(played.world));
}

const idsOf = (world: World): string[] =>
  world
    .live()
    .map(({ gossamer }) => gossamer.self().id as string)
    .toSorted();

/** A node publishes: all that are up get it, once. */
function expectDelivery({ world, received }: ReturnType<typeof play>, sequence: number): void {
  received.length = 0;
  const adu = { source: 'a'.repeat(16) as SourceId, channel: 1, sequence };
  const source = world.live().at(-1);
  const payload = new Uint8Array(0);
  source?.feed({ kind: 'publish', adu: { ...adu, timestampMs: world.now(), payload } });
  world.runUntil(world.now() + 2000);
  expect(received.toSorted(ascending)).toEqual(world.live().map(({ index }) => index));
}

test('Clusters of NICE have their sizes and serve all after joins, deaths and departures', () => {
  const played = play(60);
  const { world } = played;
  const settle = (seconds: number, sequence: number): void => {
    world.runUntil(world.now() + 1000 * seconds);
    expectHierarchy(played);
    expectDelivery(played, sequence);
  };
  settle(120, 1);
  for (const scx of world.live().filter(({ index }) => index % 6 === 1)) world.vanish(scx);
  settle(60, 2);
  expect(world.live()).toHaveLength(50);
  for (const scx of world.live().filter(({ index }) => index % 6 === 2))
    scx.feed({ kind: 'leave' });
  settle(60, 3);
  expect(world.live()).toHaveLength(40);
});

test('A node of NICE that leaves tells its clusters, which do not wait for its heartbeats', () => {
  const played = play(30);
  const { world, rules } = played;
  world.runUntil(120_000);
  const leaders = world.live().filter(({ index, gossamer }) => {
    const clusters = rules.get(gossamer.self().id)?.clusters() ?? [];
    return index > 0 && clusters.length > 1;
  });
  const [leader] = leaders;
  leader?.feed({ kind: 'leave' });
  world.runUntil(world.now() + 1000);
  expect(world.live()).toHaveLength(29);
  const gone = leader?.gossamer.self().id;
  for (const members of clustersOf(played).values()) expect(members).not.toContain(gone);
  expectDelivery(played, 1);
});
