import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Effect, Input } from '../../src/gossamer/core/effects.js';
import type { Message } from '../../src/gossamer/core/message.js';
import type { Member } from '../../src/gossamer/core/node.js';
import { createGossamer } from '../../src/gossamer/gossamer.js';
import { createRng } from '../../src/lib/rng.js';
import { addressOf, coordinatesOf, keepAliveOf, memberOf, nodeId, offerOf } from './support.js';

const EDGE_REQUEST = { kind: 'edgeRequest', ...offerOf(5) } as const;
const REQUEST_STATUS = { kind: 'requestStatus' } as const;

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
    while (machine.deadline() <= until) {
      now = Math.max(now, machine.deadline());
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
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(machine.view().state).toBe('idle');
    const effects = [...machine.handle({ kind: 'join' }, 0), ...machine.tick(0)];
    expect(effects).toContainEqual({ kind: 'locate', location: 'here' });
    expect(machine.view().state).toBe('joined');
  });

  test('disowns a stranger that claims to be a neighbour', () => {
    const { hear } = createMachine();
    const heartbeat = { kind: 'heartbeat', generator: nodeId(3), sequence: 1 } as const;
    const update = {
      kind: 'update',
      whole: true,
      routes: [],
      lost: [],
      withdrawn: [],
    } as const;
    for (const message of [keepAliveOf(), heartbeat, update]) {
      expect(hear(memberOf(1), message)).toEqual(['edgeDrop scx1:1']);
    }
  });

  test('sends its table to a new neighbour, and measures the distance to it', () => {
    const { hear } = createMachine();
    const texts = hear(memberOf(1), EDGE_REQUEST);
    expect(texts).toEqual(['edgeAccept scx1:1', 'told edgeUp', 'update scx1:1', 'ping scx1:1']);
  });

  test('asks a neighbour whose connection closed, and floods its failure when it is not there', () => {
    const { feed, hear } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    hear(memberOf(2), EDGE_REQUEST);
    const closed = feed({ kind: 'linkDown', address: addressOf(1), reason: 'closed' });
    expect(closed).toEqual(['hangUp', 'told edgeDown', 'ping scx1:1']);
    const gone = feed({ kind: 'linkDown', address: addressOf(1), reason: 'unreachable' });
    expect(gone).toEqual(['notice scx2:1', 'told memberFailed']);
  });

  test('drops the edge to a silent neighbour, and floods its failure only when it does not answer', () => {
    const { hear, pass } = createMachine();
    for (const number of [1, 2]) hear(memberOf(number), EDGE_REQUEST);
    const keepTalking = (ms: number): string[] => {
      const texts: string[] = [];
      for (let passed = 0; passed < ms; passed += 500) {
        hear(memberOf(2), keepAliveOf());
        texts.push(...pass(500));
      }
      return texts;
    };
    // The experiments with which both edges began are over by then.
    const silent = keepTalking(3 * FAST.keepAliveIntervalMs + 500);
    expect(silent).toContain('edgeDrop scx1:1');
    expect(silent.slice(silent.indexOf('edgeDrop scx1:1'))).toContain('ping scx1:1');
    expect(silent).not.toContain('told memberFailed');
    const asked = keepTalking(FAST.answerTimeoutMs + 500);
    expect(asked).toContain('notice scx2:1');
    expect(asked).toContain('told memberFailed');
  });

  test('does not hold a silent neighbour for dead that answers when it is asked', () => {
    const { machine, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    expect(pass(3 * FAST.keepAliveIntervalMs + 500)).toContain('edgeDrop scx1:1');
    hear(memberOf(1), { kind: 'pong', nonce: 99, place: UNKNOWN_COORDINATES });
    const texts = pass(2 * FAST.answerTimeoutMs);
    expect(texts).not.toContain('told memberFailed');
    expect(machine.view().membersKnown).toBe(1);
  });

  test('sends its coordinates with each pong, which are unknown before its first experiment', () => {
    const { machine, feed } = createMachine();
    const ask = (): unknown => {
      const ping = { kind: 'ping', nonce: 1 } as const;
      const [effect] = machine.handle({ kind: 'received', from: memberOf(2), message: ping }, 0);
      return effect?.kind === 'send' && effect.message.kind === 'pong' && effect.message.place;
    };
    expect(ask()).toEqual(UNKNOWN_COORDINATES);
    feed({ kind: 'received', from: memberOf(1), message: EDGE_REQUEST });
    for (let nonce = 1; nonce < 20; nonce++) {
      const message = { kind: 'pong', nonce, place: coordinatesOf(30, 40) } as const;
      feed({ kind: 'received', from: memberOf(1), message });
    }
    expect(ask()).toMatchObject({ samples: 1 });
  });

  test('keeps the edge for the larger gain, and refers the evicted neighbour to the newcomer', () => {
    const { machine, feed, hear, pass } = createMachine();
    for (const number of [1, 2, 3, 4]) {
      hear(memberOf(number), EDGE_REQUEST);
      hear(memberOf(number), keepAliveOf(10 * number));
    }
    pass(1000);
    const ask = (gainMs: number) => ({
      kind: 'received' as const,
      from: memberOf(6),
      message: { ...EDGE_REQUEST, addGainMs: gainMs },
    });
    expect(feed(ask(10))).toEqual(['edgeReject scx6:1']);
    const effects = machine.handle(ask(11), 1000);
    const messages = effects.flatMap((effect) => (effect.kind === 'send' ? [effect] : []));
    expect(messages.slice(0, 2)).toEqual([
      { kind: 'send', to: addressOf(1), message: { kind: 'edgeDrop', instead: memberOf(6) } },
      { kind: 'send', to: addressOf(6), message: { kind: 'edgeAccept', reversed: false } },
    ]);
  });

  test('probes the node next that it was evicted for', () => {
    const { hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    hear(memberOf(1), { kind: 'edgeDrop', instead: memberOf(77) });
    expect(pass(0)).toContain('requestStatus scx77:1');
  });

  test('does not list its neighbours in its status', () => {
    const { machine, hear } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    const input = { kind: 'received', from: memberOf(2), message: REQUEST_STATUS } as const;
    const [status] = machine.handle(input, 0);
    expect(status).toMatchObject({ message: { kind: 'status', canAccept: true } });
    expect(JSON.stringify(status)).not.toContain(memberOf(1).address);
  });

  test('floods the failure of a neighbour at whose address another SCX answers', () => {
    const { machine, feed, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    feed({ kind: 'linkDown', address: addressOf(1), reason: 'closed' });
    const successor = memberOf(7, { address: addressOf(1), incarnation: 2000 });
    let texts: string[] = [];
    for (let nonce = 1; nonce < 20; nonce++) {
      texts = [
        ...texts,
        ...hear(successor, { kind: 'pong', nonce, place: UNKNOWN_COORDINATES }),
        ...pass(1),
      ];
    }
    expect(texts).toContain('told memberFailed');
    expect(machine.view().membersKnown).toBe(1);
  });

  test('contacts the rendezvous points and the generator when it has lost the heartbeat', () => {
    const { feed, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    feed({ kind: 'received', from: memberOf(3, { rendezvous: true }), message: REQUEST_STATUS });
    hear(memberOf(1), { kind: 'heartbeat', generator: nodeId(3), sequence: 1 });
    const texts: string[] = [];
    for (let count = 0; count < 50; count++) {
      hear(memberOf(1), keepAliveOf());
      texts.push(...pass(100));
    }
    expect(texts).toContain('told partitionSuspected');
    expect(texts).toContain('locate rendezvous:1');
    expect(sent(texts, 'discovery')).toContain('discovery scx3:1');
  });

  test('floods that it lives, but neither often nor in many incarnations, whatever liars say', () => {
    const { machine, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    let floods = 0;
    for (let count = 0; count < 100; count++) {
      const about = machine.self();
      const notice = { what: 'failed', about, atMs: count, reporter: nodeId(99) } as const;
      hear(memberOf(99), { kind: 'notice', notice });
      hear(memberOf(1), keepAliveOf());
      floods += sent(pass(50), 'notice').filter((text) => text.endsWith('scx1:1')).length;
    }
    expect(machine.self().incarnation).toBe(1008);
    expect(floods).toBe(2);
    pass(10_000);
    hear(memberOf(99), {
      kind: 'notice',
      notice: { what: 'failed', about: machine.self(), atMs: 1000, reporter: nodeId(99) },
    });
    expect(machine.self().incarnation).toBe(1009);
  });

  test('takes a new incarnation when gossip lists one that it never had', () => {
    const { machine, hear } = createMachine();
    const told = (incarnation: number): void => {
      const member = memberOf(5, { address: addressOf(66), incarnation });
      const message = {
        ...{ deaths: [], generator: null, digest: null },
        members: [{ member, place: UNKNOWN_COORDINATES, leaves: null }],
      };
      hear(memberOf(1), { kind: 'discoveryResponse', ...message });
    };
    for (const earlier of [900, 1000]) told(earlier);
    expect(machine.self().incarnation).toBe(1000);
    told(1007);
    expect(machine.self()).toMatchObject({ incarnation: 1008, address: addressOf(5) });
  });

  test('does not answer reports of an earlier life by another', () => {
    const { machine, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    const about = { ...machine.self(), incarnation: 900 };
    const notice = { what: 'failed', about, atMs: 1, reporter: nodeId(99) } as const;
    hear(memberOf(99), { kind: 'notice', notice });
    expect(machine.self().incarnation).toBe(1000);
    expect(sent(pass(100), 'notice')).toEqual([]);
  });

  test('accepts no edge while it leaves, says so in its status, and is silent afterwards', () => {
    const { machine, feed, hear, pass } = createMachine();
    hear(memberOf(1), EDGE_REQUEST);
    expect(feed({ kind: 'leave' })).toEqual(['notice scx1:1']);
    expect(hear(memberOf(2), EDGE_REQUEST)).toEqual(['edgeReject scx2:1']);
    const [status] = machine.handle(
      { kind: 'received', from: memberOf(2), message: REQUEST_STATUS },
      0,
    );
    expect(status).toMatchObject({ message: { kind: 'status', canAccept: false } });
    expect(pass(FAST.drainMs)).toContain('told left');
    expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect(hear(memberOf(2), { kind: 'ping', nonce: 1 })).toEqual([]);
    expect(machine.tick(1_000_000)).toEqual([]);
  });

  test('is not brought back to life by a report of its death while it leaves', () => {
    const { machine, feed, hear } = createMachine();
    feed({ kind: 'leave' });
    const notice = { what: 'left', about: machine.self(), atMs: 1, reporter: nodeId(1) } as const;
    expect(hear(memberOf(1), { kind: 'notice', notice })).toEqual([]);
    expect(machine.self().incarnation).toBe(1000);
  });
});
