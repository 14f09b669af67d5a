import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { AuthorKey, AuthorTag } from '../../src/gossamer/core/entry.js';
import type { DataMessage, Message, Route, Withdrawal } from '../../src/gossamer/core/message.js';
import type {
  Address,
  Coordinates,
  Member,
  NodeId,
  Source,
  SourceId,
} from '../../src/gossamer/core/node.js';
import type { Sketch } from '../../src/gossamer/sketch.js';
import type { PublicKey } from '../../src/session/public-key.js';
import type { ClientMessage } from '../../src/wire/client-message.js';
import type { DatagramToken } from '../../src/wire/datagram.js';
import {
  encodeClientMessage,
  encodeDataMessage,
  encodeHello,
  encodeLot,
  encodeMessage,
  encodeSigned,
  encodeSketch,
} from '../../src/wire/encoder.js';
import { type Hello, WIRE_VERSION } from '../../src/wire/hello.js';
import { createLot, decodeLot, type LotFrame } from '../../src/wire/lot-codec.js';
import type { SignedMessage, Testimony } from '../../src/wire/message-codec.js';

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: digits,
    maxLength: digits,
  });

const nodeId = hex(32).map((id) => id as NodeId);
const sourceId = hex(16).map((id) => id as SourceId);

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
/** What the wire can hold: 1/64 ms. */
const ms = count.map((units) => units / 64);
/** 1/16 ms, up to 100 s from 0. */
export const coordinate = fc
  .integer({ min: -1_600_000, max: 1_600_000 })
  .map((units) => units / 16);
/** In 255 steps. */
export const share = fc.nat({ max: 255 }).map((steps) => steps / 255);
const instant = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((at) => at + 0);
const listeners = fc.nat({ max: 2 ** 32 - 1 });
const channel = fc.integer({ min: 0, max: 255 });
const port = fc.integer({ min: 1, max: 65_535 });

const address = fc
  .tuple(
    fc.oneof(
      fc.domain().filter((name) => name.length <= 253),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    ),
    port,
  )
  .map(([host, number]) => `${host}:${number}` as Address);

const member: fc.Arbitrary<Member> = fc.record({
  id: nodeId,
  address,
  incarnation: count,
  rendezvous: fc.boolean(),
});

const place: fc.Arbitrary<Coordinates> = fc.record({
  x: coordinate,
  y: coordinate,
  height: ms,
  error: share,
  samples: count,
});

const digest = fc.record({
  salt: fc.nat({ max: 0xffff }),
  bits: fc.uint8Array({ maxLength: 40 }),
});

const u48 = fc.nat({ max: 2 ** 48 - 1 });

const attachedSource = {
  id: sourceId,
  priority: fc.integer({ min: 0, max: 255 }),
  epoch: u48,
};

const source: fc.Arbitrary<Source> = fc.record(attachedSource);

const statement = fc.record({
  timeMs: u48,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});

const listing = fc.record({
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});

const statedSource: fc.Arbitrary<Source> = fc.oneof(
  source,
  fc.record({ ...attachedSource, statement }),
  fc.record({ ...attachedSource, listing }),
  fc.record({ ...attachedSource, statement, listing }),
);

const withdrawal: fc.Arbitrary<Withdrawal> = fc.oneof(
  fc.record({ scx: nodeId, stamp: u48 }),
  fc.record({ scx: nodeId, stamp: u48, listing }),
);

const route: fc.Arbitrary<Route> = fc.record({
  scx: nodeId,
  stamp: u48,
  costMs: ms,
  path: fc.array(nodeId, { maxLength: 6 }),
  sources: fc.array(statedSource, { maxLength: 3 }),
});

const authorTag = sourceId.map((id) => id as string as AuthorTag);
const slot = fc.nat({ max: 256 });
const u32 = fc.nat({ max: 2 ** 32 - 1 });
const entryId = { author: authorTag, slot };

const entry = fc.record({
  author: hex(64).map((key) => key as AuthorKey),
  slot,
  issuedMs: count,
  lifeMs: fc.nat({ max: 48 * 3_600_000 }),
  body: fc.uint8Array({ maxLength: 100 }),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});

const stamps = fc.array(fc.record({ ...entryId, issuedMs: count }), { maxLength: 6 });

const generator = fc.option(nodeId, { nil: null });
const routes = fc.array(route, { maxLength: 6 });

/** One arbitrary for each kind; a kind that is missing does not compile. */
const messages: { [Kind in Message['kind']]: fc.Arbitrary<Message> } = {
  discovery: discovery('discovery'),
  discoveryResponse: discovery('discoveryResponse'),
  notice: fc.record({
    kind: fc.constant('notice'),
    notice: fc.record({
      what: fc.constantFrom('left', 'failed', 'alive'),
      about: member,
      atMs: instant,
      reporter: nodeId,
    }),
  }),
  keepAlive: fc.record({
    kind: fc.constant('keepAlive'),
    worthMs: ms,
    loads: fc.array(fc.record({ scx: nodeId, scxs: listeners }), { maxLength: 6 }),
    heir: fc.option(fc.record({ id: nodeId, scxs: listeners, distanceMs: ms }), { nil: null }),
  }),
  heartbeat: fc.record({ kind: fc.constant('heartbeat'), generator: nodeId, sequence: count }),
  requestStatus: fc.constant({ kind: 'requestStatus' }),
  status: fc.record({
    kind: fc.constant('status'),
    canAccept: fc.boolean(),
    routes,
    generator,
  }),
  edgeRequest: fc.record({
    kind: fc.constant('edgeRequest'),
    rttMs: ms,
    addGainMs: fc.option(ms, { nil: null }),
    acceptGainMs: fc.option(ms, { nil: null }),
    place,
    leaves: fc.option(
      fc.record({
        id: nodeId,
        costs: fc.array(fc.record({ scx: nodeId, costMs: ms }), { maxLength: 6 }),
      }),
      { nil: null },
    ),
  }),
  edgeAccept: fc.record({ kind: fc.constant('edgeAccept'), reversed: fc.boolean() }),
  edgeReject: fc.constant({ kind: 'edgeReject' }),
  edgeDrop: fc.record({
    kind: fc.constant('edgeDrop'),
    instead: fc.option(member, { nil: null }),
  }),
  update: fc.record({
    kind: fc.constant('update'),
    whole: fc.boolean(),
    routes,
    lost: fc.array(nodeId, { maxLength: 6 }),
    withdrawn: fc.array(withdrawal, { maxLength: 8 }),
  }),
  ping: fc.record({ kind: fc.constant('ping'), nonce: count }),
  pong: fc.record({ kind: fc.constant('pong'), nonce: count, place }),
  entries: fc.record({
    kind: fc.constant('entries'),
    isNews: fc.boolean(),
    entries: fc.array(entry, { maxLength: 4 }),
  }),
  entryNews: fc.record({ kind: fc.constant('entryNews'), stamps }),
  entryEager: fc.record({ kind: fc.constant('entryEager'), isEager: fc.boolean() }),
  entryDigest: fc.record({
    kind: fc.constant('entryDigest'),
    salt: u32,
    sum: u32,
    buckets: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null }),
  }),
  entryHaves: fc.record({
    kind: fc.constant('entryHaves'),
    buckets: fc.array(channel, { maxLength: 6 }),
    stamps,
  }),
  entryWants: fc.record({
    kind: fc.constant('entryWants'),
    ids: fc.array(fc.record(entryId), { maxLength: 6 }),
  }),
};

function discovery(kind: 'discovery' | 'discoveryResponse'): fc.Arbitrary<Message> {
  return fc.record({
    kind: fc.constant(kind),
    members: fc.array(fc.record({ member, place }), { maxLength: 20 }),
    deaths: fc.array(fc.record({ id: nodeId, incarnation: count }), { maxLength: 20 }),
    generator,
    digest: fc.option(digest, { nil: null }),
  });
}

export const message: fc.Arbitrary<Message> = fc.oneof(...Object.values(messages));

const flow = { source: sourceId, channel };
const range = fc.record({ from: count, count: fc.nat({ max: 65_536 }) });

const dataMessages: { [Kind in DataMessage['kind']]: fc.Arbitrary<DataMessage> } = {
  subscribe: fc.record({
    kind: fc.constant('subscribe'),
    ...flow,
    from: fc.option(count, { nil: null }),
  }),
  subscribed: fc.record({ kind: fc.constant('subscribed'), ...flow, from: count }),
  unsubscribe: fc.record({ kind: fc.constant('unsubscribe'), ...flow }),
  refused: fc.record({ kind: fc.constant('refused'), ...flow }),
  audience: fc.record({ kind: fc.constant('audience'), source: sourceId, listeners }),
  nack: fc.record({
    kind: fc.constant('nack'),
    ...flow,
    ranges: fc.array(range, { maxLength: 6 }),
  }),
  head: fc.record({ kind: fc.constant('head'), ...flow, next: count }),
  lost: fc.record({ kind: fc.constant('lost'), ...flow, range }),
};

export const dataMessage: fc.Arbitrary<DataMessage> = fc.oneof(...Object.values(dataMessages));

const token = hex(16).map((id) => id as DatagramToken);
const placed = fc.record({ channel, place: count });

const clientMessages: { [Kind in ClientMessage['kind']]: fc.Arbitrary<ClientMessage> } = {
  keepAlive: fc.constant({ kind: 'keepAlive' }),
  amLeaving: fc.constant({ kind: 'amLeaving' }),
  stated: fc.record({
    kind: fc.constant('stated' as const),
    timeMs: count,
    signature: fc.string({ maxLength: 86 }),
  }),
  alive: fc.record(
    {
      ...{ kind: fc.constant('alive' as const), listeners, scxListeners: listeners },
      places: fc.array(placed, { maxLength: 16 }),
    },
    { requiredKeys: ['kind', 'listeners', 'scxListeners'] },
  ),
  leaving: fc.constant({ kind: 'leaving' }),
  wanted: fc.record({
    kind: fc.constant('wanted' as const),
    channels: fc.array(channel, { maxLength: 16 }),
  }),
  heard: fc.constant({ kind: 'heard' }),
  group: fc.record({
    ...{ kind: fc.constant('group' as const), address: fc.ipV4(), token },
    port: fc.integer({ min: 1, max: 65_535 }),
    key: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
  }),
  onGroup: fc.record({
    kind: fc.constant('onGroup' as const),
    places: fc.array(placed, { maxLength: 16 }),
  }),
  unheard: fc.record({
    kind: fc.constant('unheard' as const),
    positions: fc.array(fc.record({ ...flow, next: count }), { maxLength: 16 }),
  }),
};

const clientMessage = fc.oneof(...Object.values(clientMessages));

const greeting = { version: fc.constant(WIRE_VERSION), session: fc.string({ maxLength: 100 }) };

const self = { id: nodeId, address, incarnation: count, rendezvous: fc.boolean() };
const selfKeys = ['id', 'address', 'incarnation', 'rendezvous'] as const;

const proof = fc.record({
  key: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64url') as PublicKey),
  timeMs: count,
  signature: fc.string({ maxLength: 86 }),
});

const segment = fc.record({
  source: sourceId,
  first: count,
  number: count,
  last: count,
  discontinuities: count,
});

const hellos: { [Purpose in Hello['purpose']]: fc.Arbitrary<Hello> } = {
  control: fc.record(
    { ...greeting, purpose: fc.constant('control'), ...self, segment },
    { requiredKeys: ['version', 'session', 'purpose', ...selfKeys] },
  ),
  data: fc.record(
    { ...greeting, purpose: fc.constant('data'), ...self, channel, token },
    { requiredKeys: ['version', 'session', 'purpose', ...selfKeys, 'channel'] },
  ),
  client: fc.record({ ...greeting, purpose: fc.constant('client'), source, proof }),
  receive: fc.record(
    {
      ...greeting,
      purpose: fc.constant('receive'),
      channels: fc.uniqueArray(channel, { minLength: 1, maxLength: 16 }),
      positions: fc.array(fc.record({ ...flow, next: count }), { maxLength: 32 }),
      ticket: fc.string({ maxLength: 100 }),
    },
    { requiredKeys: ['version', 'session', 'purpose', 'channels', 'positions'] },
  ),
  watch: fc.record({ ...greeting, purpose: fc.constant('watch'), ...self }),
};

export const hello: fc.Arbitrary<Hello> = fc.oneof(...Object.values(hellos));

const lotHead = fc.record({
  source: sourceId,
  epoch: u48,
  channel,
  first: fc.nat({ max: 2 ** 48 - 10 }),
  timeMs: u48,
  timestampMs: u48,
});

const part = fc.record({
  payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  isPresent: fc.boolean(),
});

/** A hash that is none, but tells what it is of. */
export const someHash = (...parts: readonly Uint8Array[]): Uint8Array =>
  createHash('md5').update(Buffer.concat(parts)).digest();

/** A lot, whole or in part, and its whole payloads. */
export const sentLot = fc
  .tuple(
    lotHead,
    fc.array(part, { minLength: 1, maxLength: 8 }).filter((all) => all.some((p) => p.isPresent)),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
  )
  .map(([head, parts, signature]) => {
    const all = parts.map(({ payload }) => payload);
    const lot = { ...createLot(head, all, someHash), signature };
    const payloads = parts.map((p) => (p.isPresent ? p.payload : undefined));
    return { lot, all, payloads, frame: encodeLot(lot, payloads).slice() };
  });

/** A message with the key and the signature of its subject, which need not be right. */
const signedMessage: fc.Arbitrary<SignedMessage> = fc.record({
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  timeMs: u48,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  message: message.filter((m): m is Testimony => m.kind === 'notice' || m.kind === 'heartbeat'),
});

/** A lot as the decoder tells it: the hashes of what is present are not computed yet. */
const lotFrame: fc.Arbitrary<LotFrame> = sentLot.map(({ frame }) => {
  const found = decodeLot(frame);
  if (!found.ok) throw new Error(found.problems[0]);
  return found.value;
});

/** A HELLO that is always right. */
export const SOME_HELLO: Hello = {
  version: WIRE_VERSION,
  session: 'scattercast://radio.example/news',
  purpose: 'control',
  id: '000000000000000000000000000000aa' as NodeId,
  address: '192.0.2.1:9000' as Address,
  incarnation: 1,
  rendezvous: false,
};

const smallMs = fc.integer({ min: 0, max: 1_000_000 });

/** What an SCX tells those that watch it. */
const sketch: fc.Arbitrary<Sketch> = fc.record({
  place: fc.option(
    fc.record({ x: fc.integer({ min: -9999, max: 9999 }), y: smallMs, height: smallMs }),
  ),
  listeners: count,
  neighbours: fc.array(fc.record({ id: nodeId, rttMs: smallMs }), { maxLength: 32 }),
  sources: fc.array(
    fc.record({ id: sourceId, scx: nodeId, parent: fc.option(nodeId), audience: count }),
    { maxLength: 16 },
  ),
  failovers: count,
  stallMs: count,
  repaired: count,
  lost: count,
});

/** Anything that may follow a HELLO, as the decoder tells it, with its frame. */
export const event = fc.oneof(
  message.map((m) => ({
    event: { kind: 'message' as const, message: m },
    frame: encodeMessage(m),
  })),
  signedMessage.map((m) => ({
    event: { kind: 'signed' as const, ...m },
    frame: encodeSigned(m),
  })),
  dataMessage.map((m) => ({
    event: { kind: 'data' as const, message: m },
    frame: encodeDataMessage(m),
  })),
  clientMessage.map((m) => ({
    event: { kind: 'client' as const, message: m },
    frame: encodeClientMessage(m),
  })),
  sketch.map((s) => ({
    event: { kind: 'sketch' as const, sketch: s },
    frame: encodeSketch(s),
  })),
  lotFrame.map((sent) => ({ event: { kind: 'lot' as const, ...sent }, frame: sent.frame })),
);

export const greetingFrame = (greetingHello: Hello = SOME_HELLO): Uint8Array =>
  encodeHello(greetingHello);

/** Bytes one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Cuts bytes at the given places, which may be anywhere. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...places].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  const bounds = [0, ...at, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.slice(bounds[index], end));
}

/** A frame with any type and body. */
export function rawFrame(type: number, body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const frame = new Uint8Array(5 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length + 1);
  frame[4] = type;
  frame.set(bytes, 5);
  return frame;
}
