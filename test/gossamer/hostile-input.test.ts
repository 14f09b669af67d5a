/**
 * One machine among liars: whatever well-typed input comes, it never throws, its timers never stand
 * still, what it sends stays within the bounds of the wire, and what it holds stays bounded.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Effect, Input } from '../../src/gossamer/core/effects.js';
import type { DataMessage, EdgeOffer, Message, Route } from '../../src/gossamer/core/message.js';
import type { Adu, Coordinates, Member, Source } from '../../src/gossamer/core/node.js';
import { DIGEST_BYTES_MAX } from '../../src/gossamer/discovery/digest.js';
import { createGossamer, type Gossamer } from '../../src/gossamer/gossamer.js';
import type { Result } from '../../src/lib/result.js';
import { createRng } from '../../src/lib/rng.js';
import { decodeWith } from '../../src/wire/codec.js';
import { encodeDataMessage, encodeMessage } from '../../src/wire/encoder.js';
import { BOUNDS } from '../../src/wire/limits.js';
import { adusIn, createLot, decodeLot, encodeLot } from '../../src/wire/lot-codec.js';
import { dataMessageCodec, messageCodec } from '../../src/wire/message-codec.js';
import { sourceSchema } from '../../src/wire/node-schema.js';
import { addressOf, aduOf, memberOf, nodeId, sourceId } from './support.js';

const SELF = memberOf(5, { rendezvous: true });

/** The offer of a node that has room to add the edge. */
const OFFER: EdgeOffer = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

const number = fc.oneof(
  fc.nat(20),
  fc.constantFrom(0, -1, 0.5, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const who = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 0xffff }));
const id = who.map(nodeId);
const address = who.map(addressOf);
const channel = fc.constantFrom(1, 2, 3, -1);

const member: fc.Arbitrary<Member> = fc.oneof(
  fc.record({ id, address, incarnation: number, rendezvous: fc.boolean() }),
  who.map((each) => memberOf(each)),
);
const anySource: fc.Arbitrary<Source> = fc.record({
  id: fc.oneof(fc.nat(5), fc.nat(0xffff)).map(sourceId),
  priority: number,
  epoch: number,
});
const route = (from: Member): fc.Arbitrary<Route> =>
  fc
    .record({ path: fc.array(id, { maxLength: 70 }), costMs: number, stamp: number })
    .chain(({ path, costMs, stamp }) =>
      fc.array(anySource, { maxLength: 16 }).map((sources) => {
        const whole = [from.id, ...path];
        return { scx: whole.at(-1)!, stamp, costMs, path: whole, sources };
      }),
    );

const lists = { maxLength: 40 } as const;
const deaths = fc.array(fc.record({ id, incarnation: number }), lists);
const generator = fc.option(id);
const place: fc.Arbitrary<Coordinates> = fc.record({
  x: number,
  y: number,
  height: number,
  error: number,
  samples: number,
});
const digest = fc.record({ salt: number, bits: fc.uint8Array({ maxLength: 40 }) });

const messageFrom = (from: Member): fc.Arbitrary<Message> =>
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('discovery', 'discoveryResponse'),
      members: fc.array(fc.record({ member, place }), lists),
      deaths,
      generator,
      digest: fc.option(digest),
    }),
    fc.record({
      kind: fc.constant('notice' as const),
      notice: fc.record({
        what: fc.constantFrom('left', 'failed', 'alive'),
        about: fc.oneof(member, fc.constant(SELF)),
        atMs: number,
        reporter: id,
      }),
    }),
    fc.record({ kind: fc.constantFrom('requestStatus', 'edgeReject') }),
    fc.record({
      kind: fc.constant('keepAlive' as const),
      worthMs: number,
      loads: fc.array(fc.record({ scx: id, scxs: number }), lists),
    }),
    fc.record({
      kind: fc.constant('heartbeat' as const),
      generator: id,
      sequence: number,
    }),
    fc.record({
      kind: fc.constant('status' as const),
      canAccept: fc.boolean(),
      routes: fc.array(route(from), lists),
      generator,
    }),
    fc.record({
      kind: fc.constant('edgeRequest' as const),
      rttMs: number,
      addGainMs: fc.option(number),
      acceptGainMs: fc.option(number),
      place,
    }),
    fc.record({ kind: fc.constant('edgeAccept' as const), reversed: fc.boolean() }),
    fc.record({ kind: fc.constant('edgeDrop' as const), instead: fc.option(member) }),
    fc.record({
      kind: fc.constant('update' as const),
      whole: fc.boolean(),
      routes: fc.array(route(from), lists),
      lost: fc.array(id, lists),
      withdrawn: fc.array(fc.record({ scx: id, stamp: number }), lists),
    }),
    fc.record({ kind: fc.constant('ping' as const), nonce: number }),
    fc.record({ kind: fc.constant('pong' as const), nonce: number, place }),
  ) as fc.Arbitrary<Message>;

const source = fc.oneof(fc.nat(5), fc.nat(0xffff)).map(sourceId);
const dataMessage = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    source,
    channel,
    from: fc.option(number),
  }),
  fc.record({ kind: fc.constant('subscribed' as const), source, channel, from: number }),
  fc.record({ kind: fc.constantFrom('unsubscribe', 'refused'), source, channel }),
  fc.record({ kind: fc.constant('audience' as const), source, listeners: number }),
) as fc.Arbitrary<DataMessage>;

const adu: fc.Arbitrary<Adu> = fc.record({
  source,
  channel,
  sequence: fc.oneof(fc.nat(3000), fc.constantFrom(2 ** 32 - 1, Number.MAX_SAFE_INTEGER - 1)),
  timestampMs: number,
  payload: fc.constantFrom(new Uint8Array(1), new Uint8Array(5000)),
});

const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 12,
    arbitrary: member.chain((from) =>
      messageFrom(from).map((message) => ({ kind: 'received' as const, from, message })),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('dataReceived' as const),
      from: member,
      message: dataMessage,
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('adu' as const), from: id, adu }) },
  fc.record({
    kind: fc.constant('linkDown' as const),
    address,
    reason: fc.constantFrom('closed' as const, 'unreachable' as const),
  }),
  fc.record({
    kind: fc.constant('dataDown' as const),
    peer: id,
    channel,
    peerIs: fc.constantFrom('parent' as const, 'child' as const),
  }),
  fc.record({ kind: fc.constantFrom('congested' as const, 'drained' as const), peer: id, channel }),
  fc.record({
    kind: fc.constant('located' as const),
    location: fc.constant('here'),
    address: fc.option(address, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('announceSource' as const), source: anySource }),
  fc.record({ kind: fc.constant('withdrawSource' as const), source }),
  fc.record({ kind: fc.constant('publish' as const), adu }),
);

/** An ADU as a lot of its own brings it over the wire. */
function asReceived({ source, channel, sequence: first, timestampMs, payload }: Adu): Adu {
  const timeMs = Math.floor(timestampMs);
  const head = { source, epoch: 1, channel, first, timeMs, timestampMs };
  const unsigned = createLot(head, [payload], () => new Uint8Array(16));
  const lot = { ...unsigned, signature: new Uint8Array(64) };
  const received = decoded(decodeLot(encodeLot(lot, [payload])));
  return adusIn(received, received.lot)[0] as Adu;
}

/** The same as it comes out of the wire; undefined: the wire cannot carry it. */
function asDecoded(what: Input): Input | undefined {
  try {
    if (what.kind === 'adu' || what.kind === 'publish') {
      return { ...what, adu: asReceived(what.adu) };
    }
    if (what.kind === 'announceSource') {
      return { ...what, source: sourceSchema.parse(what.source) };
    }
    if (what.kind !== 'received' && what.kind !== 'dataReceived') return what;
    if (!Number.isSafeInteger(what.from.incarnation)) return undefined;
    if (what.kind === 'dataReceived') {
      const frame = encodeDataMessage(what.message);
      return { ...what, message: decoded(decodeWith(dataMessageCodec, 'data', frame)) };
    }
    const frame = encodeMessage(what.message);
    return { ...what, message: decoded(decodeWith(messageCodec, 'message', frame)) };
  } catch {
    return undefined;
  }
}

function decoded<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.problems[0]);
  return result.value;
}

/** Throws where we say what the wire cannot hold. */
function encode(effect: Effect): void {
  if (effect.kind === 'send') encodeMessage(effect.message);
  if (effect.kind === 'sendData') encodeDataMessage(effect.message.body);
  if (effect.kind === 'forward') asReceived(effect.adu);
}

const machineOf = (config: GossamerConfig): Gossamer =>
  createGossamer({ self: SELF, config, rng: createRng(1), locations: ['here'] });

/** Feeds the machine, and runs its timers as the driver does. */
function createFeeder(machine: Gossamer) {
  let now = 0;
  const run = (until: number): Effect[] => {
    const effects: Effect[] = [];
    while (machine.deadline() <= until) {
      now = Math.max(now, machine.deadline());
      const before = effects.length;
      effects.push(...machine.tick(now));
      // A machine that has work again at once must have done some.
      if (machine.deadline() <= now) expect(effects.length).toBeGreaterThan(before);
      expect(effects.length).toBeLessThan(100_000);
    }
    now = until;
    return effects;
  };
  return {
    run,
    now: () => now,
    feed: (what: Input, afterMs: number): Effect[] => [
      ...run(now + afterMs),
      ...machine.handle(what, now),
    ],
  };
}

function checkMessage(message: Message): void {
  if ('members' in message) expect(message.members.length).toBeLessThanOrEqual(BOUNDS.membersMax);
  if ('deaths' in message) expect(message.deaths.length).toBeLessThanOrEqual(BOUNDS.deathsMax);
  if ('digest' in message) {
    expect(message.digest?.bits.length ?? 0).toBeLessThanOrEqual(DIGEST_BYTES_MAX);
  }
  if ('loads' in message) expect(message.loads.length).toBeLessThanOrEqual(BOUNDS.routesMax);
  if ('lost' in message) expect(message.lost.length).toBeLessThanOrEqual(BOUNDS.routesMax);
  if ('withdrawn' in message) {
    expect(message.withdrawn.length).toBeLessThanOrEqual(BOUNDS.withdrawnMax);
  }
  if (!('routes' in message)) return;
  expect(message.routes.length).toBeLessThanOrEqual(BOUNDS.routesMax);
  for (const route of message.routes) {
    expect(route.path.length).toBeLessThanOrEqual(BOUNDS.pathMax);
    expect(route.sources.length).toBeLessThanOrEqual(BOUNDS.sourcesPerRouteMax);
  }
}

function checkEffects(effects: readonly Effect[]): void {
  for (const effect of effects) if (effect.kind === 'send') checkMessage(effect.message);
}

function checkView(machine: Gossamer, config: GossamerConfig): void {
  const view = machine.view();
  const ours = view.neighbours.filter((neighbour) => neighbour.ours).length;
  const edgesMax = config.addedEdgesMax + config.acceptedEdgesMax;
  expect(ours).toBeLessThanOrEqual(config.figure4 === 'any' ? edgesMax : config.addedEdgesMax);
  expect(view.neighbours.length).toBeLessThanOrEqual(edgesMax);
  expect(view.neighbours.length - ours).toBeLessThanOrEqual(config.acceptedEdgesMax);
  expect(view.membersKnown).toBeLessThanOrEqual(config.membersMax);
  expect(view.sources.length).toBeLessThanOrEqual(256);
  for (const source of view.sources) {
    expect(source.flows.length).toBeLessThanOrEqual(config.channels.length);
  }
}

describe('A Gossamer machine', () => {
  for (const [name, config] of [
    ['paper', PAPER],
    ['fast', FAST],
  ] as const) {
    test(`survives random hostile input in the ${name} profile`, () => {
      const steps = fc.array(fc.tuple(input, fc.constantFrom(0, 0, 1, 20, 500, 6000)), {
        minLength: 20,
        maxLength: 200,
        size: 'max',
      });
      fc.assert(
        fc.property(steps, (inputs) => {
          const machine = machineOf({ ...config, membersMax: 100 });
          const feeder = createFeeder(machine);
          feeder.feed({ kind: 'join' }, 0);
          for (const [what, afterMs] of inputs) {
            checkEffects(feeder.feed(what, afterMs));
            checkView(machine, { ...config, membersMax: 100 });
          }
          feeder.feed({ kind: 'leave' }, 0);
          checkEffects(feeder.run(1e6));
          expect(machine.view().state).toBe('left');
          expect(machine.deadline()).toBe(Number.POSITIVE_INFINITY);
        }),
        { numRuns: 80, seed: 4 },
      );
    });

    test(`survives such input before it joins and after it has left, too, ${name}`, () => {
      fc.assert(
        fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
          const machine = machineOf(config);
          const feeder = createFeeder(machine);
          for (const what of inputs) checkEffects(feeder.feed(what, 10));
          feeder.feed({ kind: 'join' }, 0);
          feeder.feed({ kind: 'leave' }, 0);
          for (const what of inputs) checkEffects(feeder.feed(what, 100));
          feeder.run(1e6);
          for (const what of inputs) expect(feeder.feed(what, 10)).toEqual([]);
        }),
        { numRuns: 40, seed: 5 },
      );
    });
  }

  test('says nothing that the wire cannot hold, nor much at once, whatever came over the wire', () => {
    const steps = fc.array(fc.tuple(input, fc.constantFrom(0, 0, 1, 20, 300, 1500)), {
      minLength: 50,
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (inputs) => {
        const machine = machineOf(FAST);
        const feeder = createFeeder(machine);
        feeder.feed({ kind: 'join' }, 0);
        for (const [what, afterMs] of inputs) {
          feeder.run(feeder.now() + afterMs).forEach(encode);
          const heard = asDecoded(what);
          if (heard === undefined) continue;
          const effects = feeder.feed(heard, 0);
          effects.forEach(encode);
          // Each child gets what is cached; all else is a few messages to each neighbour.
          const told = effects.filter(({ kind }) => kind === 'send' || kind === 'sendData');
          expect(told.length).toBeLessThan(600);
        }
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  test('answers one liar with a bounded number of messages', () => {
    const neighbours = [1, 2, 3, 4].map((each) => memberOf(each));
    const machine = machineOf(FAST);
    machine.handle({ kind: 'join' }, 0);
    for (const from of neighbours) {
      machine.handle({ kind: 'received', from, message: { kind: 'edgeRequest', ...OFFER } }, 0);
    }
    let sent = 0;
    for (let count = 0; count < 1000; count++) {
      const incarnation = 10_000 + count;
      const about = { ...SELF, incarnation };
      const notice = { what: 'failed', about, atMs: count, reporter: nodeId(99) } as const;
      const message = { kind: 'notice', notice } as const;
      const effects = [
        ...machine.handle({ kind: 'received', from: memberOf(99), message }, count),
        ...machine.tick(count),
      ];
      sent += effects.filter(
        (effect) => effect.kind === 'send' && effect.message.kind === 'notice',
      ).length;
    }
    // One direct answer to each lie, and one flood per second that we are alive.
    expect(sent).toBeLessThanOrEqual(1000 + 2 * neighbours.length);
  });

  test('holds a bounded part of what a source without end or pause publishes', () => {
    const machine = machineOf({ ...FAST, cacheBytesMax: 100_000 });
    const from = memberOf(1);
    machine.handle({ kind: 'join' }, 0);
    machine.handle({ kind: 'received', from, message: { kind: 'edgeRequest', ...OFFER } }, 0);
    const announced = { id: sourceId(1), priority: 1, epoch: 1 };
    machine.handle({ kind: 'announceSource', source: announced }, 0);
    for (let sequence = 0; sequence < 20_000; sequence++) {
      const published = aduOf(sequence, { payload: new Uint8Array(0), timestampMs: 0 });
      machine.handle({ kind: 'publish', adu: published }, 0);
    }
    const subscribe = { kind: 'subscribe', source: sourceId(1), channel: 1, from: 0 } as const;
    const effects = machine.handle({ kind: 'dataReceived', from, message: subscribe }, 0);
    const forwarded = effects.filter((effect) => effect.kind === 'forward').length;
    expect(forwarded).toBeGreaterThan(0);
    expect(forwarded).toBeLessThanOrEqual(1000);
  });
});
