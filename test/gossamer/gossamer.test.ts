import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/config.js';
import { createGossamer } from '../../src/gossamer/gossamer.js';
import type { Effect, Input } from '../../src/gossamer/gossamer-types.js';
import type { Message } from '../../src/gossamer/message.js';
import type { Member } from '../../src/gossamer/node.js';
import { createRng } from '../../src/lib/rng.js';
import { addressOf, memberOf, nodeId } from './support.js';

/** A machine that has joined; what it sends is gathered as `kind address`. */
function createMachine() {
  const machine = createGossamer({
    self: memberOf(5),
    config: FAST,
    rng: createRng(1),
    locations: ['rendezvous:1'],
  });
  let now = 0;
  const textOf = (effect: Effect): string => {
    if (effect.kind === 'send') return `${effect.message.kind} ${effect.to}`;
    if (effect.kind === 'locate') return `locate ${effect.location}`;
    return effect.kind === 'notify' ? `told ${effect.event.kind}` : effect.kind;
  };
  const feed = (input: Input): string[] => machine.handle(input, now).map(textOf);
  const hear = (from: Member, message: Message): string[] =>
    feed({ kind: 'received', from, message });
  const pass = (ms: number): string[] => {
    const until = now + ms;
    const texts: string[] = [];
    while (machine.deadline <= until) {
      now = Math.max(now, machine.deadline);
      texts.push(...machine.tick(now).map(textOf));
    }
    now = until;
    return texts;
  };
  feed({ kind: 'join' });
  return { machine, feed, hear, pass };
}

const sent = (texts: readonly string[], kind: string): string[] =>
  texts.filter((text) => text.startsWith(`${kind} `));

describe('The machine', () => {
  test('does nothing before it joins, and asks for the rendezvous points then', () => {
    const options = { self: memberOf(5), config: FAST, rng: createRng(1), locations: ['here'] };
    const machine = createGossamer(options);
    expect(machine.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(machine.view().state).toBe('idle');
    const effects = [...machine.handle({ kind: 'join' }, 0), ...machine.tick(0)];
    expect(effects).toContainEqual({ kind: 'locate', location: 'here' });
    expect(machine.view().state).toBe('joined');
  });

  test('tells a stranger that speaks as a neighbour that it is none', () => {
    const { hear } = createMachine();
    const heartbeat = { kind: 'heartbeat', generator: memberOf(3), sequence: 1 } as const;
    const update = { kind: 'update', routes: [], withdrawn: [] } as const;
    for (const message of [{ kind: 'keepAlive' } as const, heartbeat, update]) {
      expect(hear(memberOf(1), message)).toEqual(['edgeDrop scx1:1']);
    }
  });

  test('tells its table to a new neighbour, and measures the way to it', () => {
    const { hear } = createMachine();
    const texts = hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    expect(texts).toEqual(['edgeAccept scx1:1', 'told edgeUp', 'update scx1:1', 'ping scx1:1']);
  });

  test('asks a neighbour whose connection closed, and floods its failure when it is not there', () => {
    const { feed, hear } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    hear(memberOf(2), { kind: 'edgeRequest', rttMs: 5 });
    const closed = feed({ kind: 'linkDown', address: addressOf(1), reason: 'closed' });
    expect(closed).toEqual(['hangUp', 'told edgeDown', 'ping scx1:1']);
    const gone = feed({ kind: 'linkDown', address: addressOf(1), reason: 'unreachable' });
    expect(gone).toEqual(['notice scx2:1', 'told memberFailed']);
  });

  test('floods the failure of a neighbour in whose place another SCX answers', () => {
    const { machine, feed, hear, pass } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    feed({ kind: 'linkDown', address: addressOf(1), reason: 'closed' });
    const successor = memberOf(7, { address: addressOf(1), incarnation: 2000 });
    let texts: string[] = [];
    for (let nonce = 1; nonce < 20; nonce++) {
      texts = [...texts, ...hear(successor, { kind: 'pong', nonce }), ...pass(1)];
    }
    expect(texts).toContain('told memberFailed');
    expect(machine.view().membersKnown).toBe(1);
  });

  test('contacts the rendezvous points and the generator when it has lost the heartbeat', () => {
    const { hear, pass } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    const generator = memberOf(3, { rendezvous: true });
    hear(memberOf(1), { kind: 'heartbeat', generator, sequence: 1 });
    const texts: string[] = [];
    for (let count = 0; count < 50; count++) {
      hear(memberOf(1), { kind: 'keepAlive' });
      texts.push(...pass(100));
    }
    expect(texts).toContain('told partitionSuspected');
    expect(texts).toContain('locate rendezvous:1');
    expect(sent(texts, 'discovery')).toContain('discovery scx3:1');
  });

  test('floods that it lives, at most once a second, however often it is said to be dead', () => {
    const { machine, hear, pass } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    let floods = 0;
    for (let count = 0; count < 100; count++) {
      const about = machine.self();
      const notice = { what: 'failed', about, atMs: count, reporter: nodeId(99) } as const;
      hear(memberOf(99), { kind: 'notice', notice });
      hear(memberOf(1), { kind: 'keepAlive' });
      floods += sent(pass(50), 'notice').filter((text) => text.endsWith('scx1:1')).length;
    }
    expect(machine.self().incarnation).toBe(1100);
    expect(floods).toBeGreaterThanOrEqual(4);
    expect(floods).toBeLessThanOrEqual(6);
  });

  test('does not answer reports of an earlier life by another', () => {
    const { machine, hear, pass } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    const about = { ...machine.self(), incarnation: 900 };
    const notice = { what: 'failed', about, atMs: 1, reporter: nodeId(99) } as const;
    hear(memberOf(99), { kind: 'notice', notice });
    expect(machine.self().incarnation).toBe(1000);
    expect(sent(pass(100), 'notice')).toEqual([]);
  });

  test('accepts no edge while it leaves, says so in its status, and is silent afterwards', () => {
    const { machine, feed, hear, pass } = createMachine();
    hear(memberOf(1), { kind: 'edgeRequest', rttMs: 5 });
    expect(feed({ kind: 'leave' })).toEqual(['notice scx1:1']);
    expect(hear(memberOf(2), { kind: 'edgeRequest', rttMs: 5 })).toEqual(['edgeReject scx2:1']);
    const [status] = machine.handle(
      { kind: 'received', from: memberOf(2), message: { kind: 'requestStatus' } },
      0,
    );
    expect(status).toMatchObject({ message: { kind: 'status', canAccept: false } });
    expect(pass(FAST.drainMs)).toContain('told left');
    expect(machine.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(hear(memberOf(2), { kind: 'ping', nonce: 1 })).toEqual([]);
  });

  test('is not brought back to life by a report of its death while it leaves', () => {
    const { machine, feed, hear } = createMachine();
    feed({ kind: 'leave' });
    const notice = { what: 'left', about: machine.self(), atMs: 1, reporter: nodeId(1) } as const;
    expect(hear(memberOf(1), { kind: 'notice', notice })).toEqual([]);
    expect(machine.self().incarnation).toBe(1000);
  });
});
