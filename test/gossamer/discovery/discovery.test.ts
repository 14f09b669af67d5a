import { describe, expect, test } from 'vitest';
import type { GossamerConfig } from '../../../src/gossamer/core/config.js';
import { FAST, PAPER } from '../../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Message, Sighting } from '../../../src/gossamer/core/message.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createDiscovery } from '../../../src/gossamer/discovery/discovery.js';
import { createMembership } from '../../../src/gossamer/discovery/membership.js';
import { type Bloom, createBloom } from '../../../src/lib/bloom.js';
import {
  addressOf,
  coordinatesOf,
  createBench,
  memberOf,
  membersOf,
  nodeId,
  runUntil,
} from '../support.js';

type DiscoveryMessage = Extract<Message, { kind: 'discovery' | 'discoveryResponse' }>;

const HERE = coordinatesOf(1, 2);

/** Our coordinates are HERE, and we follow the heartbeat of 77. */
function createGossip(
  changes: Partial<GossamerConfig> = PAPER,
  known: readonly number[] = [],
  self = memberOf(5),
) {
  const bench = createBench(changes, self);
  const membership = createMembership(bench.context);
  for (const number of known) membership.learn(memberOf(number), 0);
  const accused: string[] = [];
  const sighted: Member[] = [];
  const discovery = createDiscovery(bench.context, membership, {
    generator: () => nodeId(77),
    sighting: () => ({ member: self, place: HERE }),
    onAccused: (id, incarnation) => void accused.push(`${id} ${incarnation}`),
    onDeadSighted: (member) => void sighted.push(member),
  });
  const lists = (): { to: string; message: DiscoveryMessage }[] =>
    bench.sent() as { to: string; message: DiscoveryMessage }[];
  return { bench, membership, discovery, accused, sighted, lists };
}

type Gossip = ReturnType<typeof createGossip>;

const sightingOf = (member: Member, place = UNKNOWN_COORDINATES): Sighting => ({ member, place });

/** A list as in the paper; with a digest as in `fast`. */
const listOf = (
  kind: DiscoveryMessage['kind'],
  members: readonly Member[],
  digest: Bloom | null = null,
): DiscoveryMessage => ({
  kind,
  members: members.map((member) => sightingOf(member)),
  deaths: [],
  generator: null,
  digest,
});

describe('Discovery', () => {
  test('reports members that it holds to be dead and that others still list', () => {
    const { discovery, membership, sighted } = createGossip(FAST, [1, 2]);
    membership.markDead(memberOf(1), 0);
    const members = [memberOf(1), memberOf(2)];
    expect(discovery.handle(memberOf(2), listOf('discoveryResponse', members), 10)).toBe(0);
    expect(sighted).toEqual([memberOf(1)]);
    expect(membership.get(nodeId(1))).toBeUndefined();
  });

  test('exchanges lists in both directions: it answers first, then merges', () => {
    const { membership, discovery, lists } = createGossip(PAPER, [1]);
    discovery.handle(memberOf(2), listOf('discovery', [memberOf(2), memberOf(3)]), 10);
    const [answer] = lists();
    expect(answer).toMatchObject({ to: 'scx2:1', message: { kind: 'discoveryResponse' } });
    expect(answer!.message.members).toEqual([
      sightingOf(memberOf(5), HERE),
      sightingOf(memberOf(1)),
    ]);
    expect(answer!.message.digest).toBeNull();
    expect(answer!.message.generator).toBe(nodeId(77));
    expect(membersOf(membership)).toEqual([memberOf(1), memberOf(2), memberOf(3)]);
  });

  test('does not answer an answer that brings no digest', () => {
    const { membership, discovery, lists } = createGossip();
    expect(discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 10)).toBe(1);
    expect(lists()).toEqual([]);
    expect(membersOf(membership)).toEqual([memberOf(3)]);
  });

  test('sends itself and at most 30 random members of those it knows', () => {
    const known = Array.from({ length: 100 }, (_, index) => 100 + index);
    const { discovery, lists } = createGossip(PAPER, known);
    discovery.contact(addressOf(1), 0);
    discovery.contact(addressOf(1), 0);
    const [one, other] = lists().map(({ message }) => message.members);
    expect(one).toHaveLength(31);
    expect(one![0]).toEqual(sightingOf(memberOf(5), HERE));
    expect(new Set(one!.map(({ member }) => member.id)).size).toBe(31);
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

  test('starts fast, and backs off to its interval', () => {
    const { discovery, lists } = createGossip(FAST, [1]);
    discovery.start(0);
    runUntil(discovery, 10_000);
    const first = lists().length;
    runUntil(discovery, 60_000);
    const settled = lists().length;
    expect(first).toBeGreaterThanOrEqual(5);
    // Rounds of 10 s, a tenth more or less.
    expect(settled).toBeGreaterThanOrEqual(4);
    expect(settled).toBeLessThanOrEqual(6);
  });

  test('brings the next round forward for a single news, and comes fast again with many', () => {
    const newsOf = (...numbers: readonly number[]) =>
      listOf(
        'discoveryResponse',
        numbers.map((number) => memberOf(number)),
      );
    const { discovery } = createGossip(FAST, [1]);
    discovery.start(0);
    runUntil(discovery, 60_000);
    const before = discovery.deadline();
    discovery.handle(memberOf(2), newsOf(1), 60_000);
    expect(discovery.deadline()).toBe(before);
    // Two in one list are not many: the interval stays, and the next round is at most one away.
    discovery.handle(memberOf(2), newsOf(50, 51), 60_000);
    discovery.tick(discovery.deadline());
    expect(discovery.deadline()).toBeGreaterThan(68_000);
    // Six lists with many news each halve the interval, from 10 s.
    for (let list = 0; list < 6; list++) {
      const first = 100 + 3 * list;
      discovery.handle(memberOf(2), newsOf(first, first + 1, first + 2), 60_000);
    }
    expect(discovery.deadline()).toBeLessThanOrEqual(60_275);
    discovery.tick(discovery.deadline());
    const resumed = discovery.deadline();
    expect(resumed).toBeLessThanOrEqual(60_275 + 275);
    discovery.handle(memberOf(2), newsOf(100), 60_300);
    expect(discovery.deadline()).toBe(resumed);
  });

  test('lists the deaths it believes in, and questions those of members it knows', () => {
    const config = { ...PAPER, refutesDeaths: true };
    const { membership, discovery, accused, lists } = createGossip(config, [1, 2]);
    membership.markDead({ id: nodeId(1), incarnation: 1000 }, 0);
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

  test('lists no deaths where nobody refutes them', () => {
    const { membership, discovery, lists } = createGossip(PAPER, [1, 2]);
    membership.markDead({ id: nodeId(1), incarnation: 1000 }, 0);
    discovery.contact(addressOf(2), 0);
    expect(lists()[0]!.message.deaths).toEqual([]);
  });

  test('stays quiet when stopped', () => {
    const { discovery, lists } = createGossip(PAPER, [1]);
    discovery.start(0);
    discovery.stop();
    discovery.handle(memberOf(2), listOf('discoveryResponse', [memberOf(3)]), 10);
    expect(discovery.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(lists()).toEqual([]);
  });
});

describe('Discovery with digests', () => {
  /** Two SCXs, 5 and 6, and the messages between them until there are no more. */
  const meet = (one: Gossip, other: Gossip, from: Member, to: Member): DiscoveryMessage[] => {
    one.discovery.contact(to.address, 0);
    const passed: DiscoveryMessage[] = [];
    let [teller, hearer, speaker, listener] = [one, other, from, to];
    for (let sent = teller.lists(); sent.length > 0; sent = teller.lists()) {
      expect(sent.map((each) => each.to)).toEqual([listener.address]);
      for (const { message } of sent) {
        passed.push(message);
        hearer.discovery.handle(speaker, message, 0);
      }
      [teller, hearer, speaker, listener] = [hearer, teller, listener, speaker];
    }
    return passed;
  };

  const idsOf = (message: DiscoveryMessage | undefined): string[] =>
    (message?.members ?? []).map(({ member }) => member.address).sort();

  test('takes three messages, which contain only what the other one lacks', () => {
    const one = createGossip(FAST, [10, 11, 12, 13]);
    const other = createGossip(FAST, [12, 13, 14], memberOf(6));
    const passed = meet(one, other, memberOf(5), memberOf(6));
    expect(passed.map(({ kind }) => kind)).toEqual([
      'discovery',
      'discoveryResponse',
      'discoveryResponse',
    ]);
    expect(passed.map(({ digest }) => digest !== null)).toEqual([true, true, false]);
    expect(passed.map(idsOf)).toEqual([
      ['scx5:1'],
      ['scx14:1', 'scx6:1'],
      ['scx10:1', 'scx11:1', 'scx5:1'],
    ]);
    const known = (gossip: Gossip): string[] =>
      membersOf(gossip.membership)
        .map(({ address }) => address)
        .sort();
    const common = [10, 11, 12, 13, 14].map((number) => `scx${number}:1`);
    expect(known(one)).toEqual([...common, 'scx6:1'].sort());
    expect(known(other)).toEqual([...common, 'scx5:1'].sort());
  });

  test('ends after the response when the other lacks nothing', () => {
    const one = createGossip(FAST, [12]);
    const other = createGossip(FAST, [12, 14], memberOf(6));
    const passed = meet(one, other, memberOf(5), memberOf(6));
    expect(passed).toHaveLength(2);
  });

  test('contains only the two SCXs themselves when both know the same', () => {
    const one = createGossip(FAST, [12]);
    const other = createGossip(FAST, [12], memberOf(6));
    meet(one, other, memberOf(5), memberOf(6));
    const passed = meet(one, other, memberOf(5), memberOf(6));
    expect(passed.map(idsOf)).toEqual([['scx5:1'], ['scx6:1']]);
  });

  test('contains deaths that the other one does not know, in the last message, too', () => {
    const one = createGossip(FAST, [12]);
    const other = createGossip(FAST, [12], memberOf(6));
    one.membership.markDead({ id: nodeId(20), incarnation: 1000 }, 0);
    for (const { membership } of [one, other]) {
      membership.markDead({ id: nodeId(21), incarnation: 1000 }, 0);
    }
    const passed = meet(one, other, memberOf(5), memberOf(6));
    expect(passed.map(({ deaths }) => deaths.map(({ id }) => id))).toEqual([[], [], [nodeId(20)]]);
  });

  test('repeats coordinates only when they rest on many more experiments', () => {
    for (const [samples, isTold] of [
      [8, false],
      [31, false],
      [32, true],
    ] as const) {
      const one = createGossip(FAST, [12]);
      const other = createGossip(FAST, [12], memberOf(6));
      other.membership.locate(nodeId(12), coordinatesOf(3, 4, { samples: 5 }));
      one.membership.locate(nodeId(12), coordinatesOf(5, 6, { samples }));
      const passed = meet(one, other, memberOf(5), memberOf(6));
      expect(passed).toHaveLength(isTold ? 3 : 2);
      expect(other.membership.coordinates(nodeId(12)).x).toBe(isTold ? 5 : 3);
    }
  });

  const MANY = Array.from({ length: 100 }, (_, index) => 100 + index);
  const NOTHING = { salt: 0, bits: new Uint8Array(0) };

  test('sends no more members than a list holds, even to a node that claims to know none', () => {
    const { discovery, lists } = createGossip({ ...FAST, sightingIntervalMs: 0 }, MANY);
    for (const kind of ['discovery', 'discoveryResponse'] as const) {
      discovery.handle(memberOf(2), listOf(kind, [], NOTHING), 0);
      expect(lists()[0]?.message.members).toHaveLength(31);
    }
  });

  test('tells members at a bounded rate, whoever asks and however often', () => {
    const { discovery, lists } = createGossip({ ...FAST, sightingIntervalMs: 100 }, MANY);
    const ask = (asker: number, now: number): number => {
      discovery.handle(memberOf(asker), listOf('discovery', [], NOTHING), now);
      // Itself is always told.
      return (lists()[0]?.message.members.length ?? 0) - 1;
    };
    const atOnce = ask(1, 0) + ask(2, 0) + ask(3, 0);
    expect(atOnce).toBe(10);
    expect([ask(4, 50), ask(4, 100), ask(4, 500), ask(4, 60_000)]).toEqual([0, 1, 4, 10]);
  });

  test('does not take from the rate what is not told', () => {
    const { discovery, lists } = createGossip({ ...FAST, sightingIntervalMs: 100 }, [1, 2]);
    for (let round = 0; round < 4; round++) {
      discovery.handle(memberOf(9), listOf('discovery', [], NOTHING), 0);
      expect(lists()[0]?.message.members).toHaveLength(3);
    }
  });

  test('tells each newcomer three members at least, and asks it for nothing', () => {
    const { discovery, lists } = createGossip(FAST, MANY);
    for (let newcomer = 10; newcomer < 30; newcomer++) {
      const digest = createBloom([newcomer], 0, 512);
      discovery.handle(memberOf(newcomer), listOf('discovery', [memberOf(newcomer)], digest), 0);
      const { members, digest: asked } = lists()[0]!.message;
      expect(members.length).toBeGreaterThanOrEqual(4);
      expect(asked).toBeNull();
    }
  });

  test('answers a list without a digest with a list without a digest', () => {
    const { discovery, lists } = createGossip(FAST, [1]);
    discovery.handle(memberOf(2), listOf('discovery', [memberOf(3)]), 0);
    const [answer] = lists();
    expect(answer?.message.digest).toBeNull();
    expect(idsOf(answer?.message)).toEqual(['scx1:1', 'scx5:1']);
  });

  test('salts each digest anew', () => {
    const { discovery, lists } = createGossip(FAST, [1]);
    discovery.contact(addressOf(1), 0);
    discovery.contact(addressOf(1), 0);
    const [one, other] = lists().map(({ message }) => message.digest?.salt);
    expect(one).not.toBe(other);
  });
});
