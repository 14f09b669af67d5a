import { describe, expect, test } from 'vitest';
import { type GossamerConfig, PAPER } from '../../../src/gossamer/core/config.js';
import type { Notice } from '../../../src/gossamer/core/message.js';
import type { Member } from '../../../src/gossamer/core/node.js';
import { createMembership } from '../../../src/gossamer/discovery/membership.js';
import { createDepartures } from '../../../src/gossamer/leaves/departures.js';
import { createNotices } from '../../../src/gossamer/leaves/notices.js';
import { createPings } from '../../../src/gossamer/routing/pings.js';
import { addressOf, createBench, memberOf, nodeId } from '../support.js';

/** Our neighbours are 1 and 2; we know 1, 2 and 9. */
function createNews(changes: Partial<GossamerConfig> = {}) {
  const bench = createBench(changes);
  const heard: string[] = [];
  let isJoined = true;
  const membership = createMembership(bench.context);
  for (const number of [1, 2, 9]) membership.learn(memberOf(number), 0);
  const notices = createNotices(bench.context, () => [memberOf(1), memberOf(2)]);
  const pings = createPings(bench.context, { onMeasured: () => {}, onFailed: () => {} });
  const facts = {
    onDead: (member: Member, what: string) => void heard.push(`${what} ${member.address}`),
    onAlive: () => void heard.push('alive'),
    onRefuted: (incarnation: number) => {
      if (!isJoined) return undefined;
      if (incarnation >= bench.self.incarnation) {
        bench.self = { ...bench.self, incarnation: incarnation + 1 };
      }
      return bench.self;
    },
  };
  const departures = createDepartures({
    context: bench.context,
    membership,
    notices,
    pings,
    facts,
  });
  const told = (): string[] =>
    bench.sent().map(({ to, message }) => {
      if (message.kind !== 'notice') return `${message.kind} ${to}`;
      const { what, about } = message.notice;
      return `${what} ${about.address} ${about.incarnation} ${to}`;
    });
  return {
    membership,
    pings,
    departures,
    facts: heard,
    told,
    leave: () => {
      isJoined = false;
    },
  };
}

const noticeOf = (what: Notice['what'], number: number, incarnation = 1000): Notice => ({
  what,
  about: memberOf(number, { incarnation }),
  atMs: 1,
  reporter: nodeId(1),
});

describe('Departures', () => {
  test('flood the failure of a lost neighbour that does not answer, and mark it dead', () => {
    const { membership, departures, facts, told } = createNews();
    departures.onLost(memberOf(9), 0);
    expect(told()).toEqual(['ping scx9:1']);
    expect(membership.isDead(memberOf(9))).toBe(false);
    departures.onUnreachable(addressOf(9), 5);
    expect(told()).toEqual(['failed scx9:1 1000 scx1:1', 'failed scx9:1 1000 scx2:1']);
    expect(facts).toEqual(['failed scx9:1']);
    expect(membership.isDead(memberOf(9))).toBe(true);
  });

  test('report a lost neighbour at once where nobody suspects first', () => {
    const { departures, facts, told } = createNews({ suspectsFirst: false });
    departures.onLost(memberOf(9), 0);
    expect(told()).toEqual(['failed scx9:1 1000 scx1:1', 'failed scx9:1 1000 scx2:1']);
    expect(facts).toEqual(['failed scx9:1']);
  });

  test('are not refuted where reports stand, but a node that is heard is alive', () => {
    const { membership, departures, facts, told } = createNews(PAPER);
    departures.handle(memberOf(1), noticeOf('failed', 5), 0);
    departures.onAccused(nodeId(5), 1000, 0);
    departures.onAccused(nodeId(9), 1000, 0);
    expect(told()).toEqual([]);
    departures.handle(memberOf(1), noticeOf('failed', 9), 0);
    expect(membership.isDead(memberOf(9))).toBe(true);
    departures.onDeadSighted(memberOf(9), 0);
    departures.onMessage(memberOf(9), 1);
    expect(membership.isDead(memberOf(9))).toBe(false);
    expect(membership.get(nodeId(9))).toBeDefined();
    expect(facts).toEqual(['failed scx9:1', 'alive']);
    expect(told()).toEqual(['failed scx9:1 1000 scx2:1']);
  });

  test('stand for a node that left, whatever it still sends', () => {
    const { membership, departures } = createNews(PAPER);
    departures.handle(memberOf(9), noticeOf('left', 9), 0);
    departures.onMessage(memberOf(9), 1);
    expect(membership.isDead(memberOf(9))).toBe(true);
    departures.onMessage(memberOf(9, { incarnation: 1001 }), 2);
    expect(membership.isDead(memberOf(9, { incarnation: 1001 }))).toBe(false);
  });

  test('that nobody refutes are forgotten in time', () => {
    const { membership } = createNews(PAPER);
    membership.markDead(memberOf(9), 0);
    membership.reachable(PAPER.deathMemoryMs - 1);
    expect(membership.isDead(memberOf(9))).toBe(true);
    membership.reachable(PAPER.deathMemoryMs);
    expect(membership.isDead(memberOf(9))).toBe(false);
  });

  test('accuse a bounded number at once, however many deaths gossip makes up', () => {
    const { departures, membership, told } = createNews();
    const accused = (now: number): number => {
      for (let number = 100; number < 500; number++) {
        departures.onAccused(nodeId(number), 1000, now);
      }
      return told().length;
    };
    for (let number = 100; number < 500; number++) membership.learn(memberOf(number), 0);
    expect(accused(1)).toBe(32);
    expect(accused(500)).toBe(1);
    expect(accused(1001)).toBe(3);
    expect(accused(60_000)).toBe(32);
  });

  test('accuse of the incarnation that is dead, so that the answer proves the contrary', () => {
    const { departures, membership, told } = createNews();
    membership.markDead(memberOf(9, { incarnation: 1200 }), 0);
    departures.onMessage(memberOf(9), 1);
    expect(told()).toEqual(['failed scx9:1 1200 scx9:1']);
    departures.handle(memberOf(9), noticeOf('alive', 9, 1201), 2);
    expect(membership.isDead(memberOf(9, { incarnation: 1201 }))).toBe(false);
  });

  test('report no node that was not lost', () => {
    const { departures, facts, told } = createNews();
    departures.onUnreachable(addressOf(9), 5);
    departures.onAnswered(addressOf(9), 5);
    expect([...told(), ...facts]).toEqual([]);
  });

  test('report the death of the present life of a neighbour whose edge began in an earlier one', () => {
    const { membership, departures, told } = createNews();
    membership.learn(memberOf(9, { incarnation: 1001 }), 0);
    departures.onLost(memberOf(9, { incarnation: 1000 }), 0);
    told();
    departures.onUnreachable(addressOf(9), 5);
    expect(told()[0]).toBe('failed scx9:1 1001 scx1:1');
    expect(membership.get(nodeId(9))).toBeUndefined();
  });

  test('ask a neighbour that they have lost before they take it for dead', () => {
    const { departures, facts, told } = createNews();
    departures.onLost(memberOf(9), 0);
    expect(told()).toEqual(['ping scx9:1']);
    expect(facts).toEqual([]);
    departures.onUnreachable(addressOf(9), 5);
    expect(facts).toEqual(['failed scx9:1']);
  });

  test('forget the matter when it answers', () => {
    const { departures, facts } = createNews();
    departures.onLost(memberOf(9), 0);
    departures.onMessage(memberOf(9), 3);
    departures.onUnreachable(addressOf(9), 5);
    expect(facts).toEqual([]);
  });

  test('mark it dead when another SCX answers at its address', () => {
    const { departures, facts } = createNews();
    departures.onLost(memberOf(9), 0);
    departures.onMessage(memberOf(10, { address: addressOf(9), incarnation: 2000 }), 3);
    departures.onAnswered(addressOf(9), 3);
    expect(facts).toEqual(['failed scx9:1']);
  });

  test('ask again when the connection of the question closes, but not for ever', () => {
    const { pings, departures, facts } = createNews();
    departures.onLost(memberOf(9), 0);
    const close = (): void => {
      pings.onUnreachable(addressOf(9));
      departures.onClosedAgain(addressOf(9), 1);
    };
    close();
    close();
    expect(pings.isUnderWay(addressOf(9))).toBe(true);
    expect(facts).toEqual([]);
    close();
    expect(facts).toEqual(['failed scx9:1']);
  });

  test('count closed connections for each address, and none while a question is under way', () => {
    const { pings, departures, facts } = createNews();
    departures.onLost(memberOf(9), 0);
    departures.onLost(memberOf(2), 0);
    for (let count = 0; count < 5; count++) departures.onClosedAgain(addressOf(9), 1);
    expect(facts).toEqual([]);
    for (let count = 0; count < 3; count++) {
      pings.onUnreachable(addressOf(9));
      departures.onClosedAgain(addressOf(9), 1);
    }
    expect(facts).toEqual(['failed scx9:1']);
  });

  test('accuse a dead node when it sends a message, at most once a second', () => {
    const { membership, departures, told } = createNews();
    membership.markDead(memberOf(9), 0);
    departures.onMessage(memberOf(9), 10);
    departures.onMessage(memberOf(9), 500);
    expect(told()).toEqual(['failed scx9:1 1000 scx9:1']);
    departures.onMessage(memberOf(9), 1010);
    expect(told()).toHaveLength(1);
    expect(membership.get(nodeId(9))).toBeUndefined();
  });

  test('accuse a node that gossip lists as dead, and do not believe gossip', () => {
    const { membership, departures, told } = createNews();
    departures.onAccused(nodeId(9), 1000, 0);
    expect(told()).toEqual(['failed scx9:1 1000 scx9:1']);
    expect(membership.get(nodeId(9))).toBeDefined();
  });

  test('prove our own life to the accuser, with a higher incarnation', () => {
    const { departures, told } = createNews();
    departures.handle(memberOf(7), noticeOf('failed', 5), 0);
    expect(told()).toEqual(['alive scx5:1 1001 scx7:1']);
    departures.handle(memberOf(7), noticeOf('failed', 5), 1);
    expect(told()).toEqual(['alive scx5:1 1001 scx7:1']);
  });

  test('do not deny our death while we leave', () => {
    const { departures, told, leave } = createNews();
    leave();
    departures.handle(memberOf(7), noticeOf('failed', 5), 0);
    departures.handle(memberOf(7), noticeOf('left', 5), 0);
    expect(told()).toEqual([]);
  });

  test('take a node back that floods that it is alive', () => {
    const { membership, departures, facts } = createNews();
    departures.handle(memberOf(1), noticeOf('failed', 9), 0);
    departures.onUnreachable(addressOf(9), 0);
    expect(membership.isDead(memberOf(9))).toBe(true);
    departures.handle(memberOf(1), noticeOf('alive', 9, 1001), 1);
    expect(membership.get(nodeId(9))?.incarnation).toBe(1001);
    expect(facts).toEqual(['failed scx9:1', 'alive']);
  });

  test('look at a node that others accuse, and believe what they see', () => {
    const { membership, departures, facts, told } = createNews();
    for (const accuser of [1, 2]) departures.handle(memberOf(accuser), noticeOf('failed', 9), 0);
    expect(told()).toEqual(['ping scx9:1']);
    departures.onMessage(memberOf(9), 20);
    departures.onAnswered(addressOf(9), 20);
    expect(membership.isDead(memberOf(9))).toBe(false);
    expect(facts).toEqual([]);
  });

  test('pass on that an accused node failed only when it does not answer', () => {
    const { membership, departures, told } = createNews();
    departures.handle(memberOf(1), noticeOf('failed', 9), 0);
    told();
    departures.onUnreachable(addressOf(9), 3000);
    expect(membership.isDead(memberOf(9))).toBe(true);
    expect(told()).toEqual(['failed scx9:1 1000 scx1:1', 'failed scx9:1 1000 scx2:1']);
  });

  test('look at one node rarely, at few nodes at once, and at none that nobody knows', () => {
    const { membership, departures, pings, told } = createNews();
    for (let number = 100; number < 200; number++) membership.learn(memberOf(number), 0);
    const accuse = (now: number): number => {
      for (let number = 100; number < 300; number++) {
        departures.handle(memberOf(1), noticeOf('failed', number), now);
      }
      return told().length;
    };
    expect(accuse(0)).toBe(8);
    expect(accuse(1000)).toBe(1);
    departures.onMessage(memberOf(100), 1001);
    pings.onUnreachable(addressOf(100));
    const again = (now: number): string[] => {
      departures.handle(memberOf(1), noticeOf('failed', 100), now);
      return told();
    };
    expect(again(9999)).toEqual([]);
    expect(again(10_000)).toEqual(['ping scx100:1']);
  });

  test('believe a report at once under the profile of the paper', () => {
    const { membership, departures } = createNews({ verifiesFailures: false });
    departures.handle(memberOf(1), noticeOf('failed', 9), 0);
    expect(membership.isDead(memberOf(9))).toBe(true);
  });

  test('pass on what a node says of itself a bounded number of times', () => {
    const { departures, told } = createNews();
    for (let incarnation = 1001; incarnation < 1101; incarnation++) {
      departures.handle(memberOf(1), noticeOf('alive', 9, incarnation), 0);
    }
    expect(told()).toHaveLength(6);
    departures.handle(memberOf(1), noticeOf('alive', 9, 1200), 5000);
    expect(told()).toHaveLength(1);
  });

  test('propagate one refutation once, however often it comes', () => {
    const { departures, told } = createNews();
    for (let atMs = 0; atMs < 50; atMs++) {
      departures.handle(memberOf(1), { ...noticeOf('alive', 9, 1001), atMs }, atMs);
    }
    expect(told()).toEqual(['alive scx9:1 1001 scx2:1']);
  });
});
