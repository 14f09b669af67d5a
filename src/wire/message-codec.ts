/**
 * The messages between SCXs (gossamer/core/message.ts) as bytes. Every list, text and number is
 * bounded: behind these codecs the protocol may trust the shape of a message, though never its
 * truth.
 *
 * The order of kinds and of fields is the order on the wire. A change of it, or a new field, needs
 * another protocol version (hello.ts).
 */
import type {
  DataMessage,
  Death,
  Load,
  Message,
  Notice,
  Route,
  SequenceRange,
  Sighting,
  Withdrawal,
} from '../gossamer/core/message.js';
import type { Coordinates, Member, Source, Statement } from '../gossamer/core/node.js';
import { DIGEST_BYTES_MAX } from '../gossamer/discovery/digest.js';
import { assert } from '../lib/assert.js';
import type { Bloom } from '../lib/bloom.js';
import { address } from './address-codec.js';
import { type Codec, give, take } from './codec.js';
import { byKind, bytesOf, bytesUpTo, listOf, nullable, struct } from './combinators.js';
import { nodeId, sourceId } from './id-codec.js';
import { BOUNDS } from './limits.js';
import { SIGNATURE_BYTES } from './lot-codec.js';
import { byte, coordinate, count, flag, instant, ms, oneOf, share, upTo } from './number-codec.js';

const member = struct<Member>({
  id: nodeId,
  address,
  incarnation: count,
  rendezvous: flag,
});

const place = struct<Coordinates>({
  x: coordinate,
  y: coordinate,
  height: ms,
  error: share,
  samples: count,
});

const sighting = struct<Sighting>({ member, place });
const digest = struct<Bloom>({ salt: upTo(0xffff), bits: bytesUpTo(DIGEST_BYTES_MAX) });
const load = struct<Load>({ scx: nodeId, scxs: upTo(BOUNDS.listenersMax) });

const TIME_BYTES = 6;
const STATEMENT_BYTES = TIME_BYTES + SIGNATURE_BYTES;
const U32_SPAN = 2 ** 32;

/** Epochs have 48 bits, as in lots. */
const EPOCH_MAX = 2 ** 48 - 1;

const statementCodec: Codec<Statement> = {
  bytesMax: STATEMENT_BYTES,
  bytesOf: () => STATEMENT_BYTES,
  write: (to, { timeMs, signature }) => {
    assert(signature.length === SIGNATURE_BYTES, 'a signature has 64 bytes');
    to.view.setUint16(give(to, 2), Math.floor(timeMs / U32_SPAN));
    to.view.setUint32(give(to, 4), timeMs % U32_SPAN);
    const at = give(to, SIGNATURE_BYTES);
    new Uint8Array(to.view.buffer, to.view.byteOffset + at, SIGNATURE_BYTES).set(signature);
  },
  read: (from) => {
    const at = take(from, STATEMENT_BYTES);
    if (at === undefined) return undefined;
    const { view } = from;
    const timeMs = view.getUint16(at) * U32_SPAN + view.getUint32(at + 2);
    const signature = new Uint8Array(
      view.buffer,
      view.byteOffset + at + TIME_BYTES,
      SIGNATURE_BYTES,
    );
    return { timeMs, signature: signature.slice() };
  },
};

/** What all sources have; the epoch is twice the epoch, and tells whether a statement follows. */
const plain = struct<Omit<Source, 'statement'>>({
  id: sourceId,
  priority: byte,
  epoch: upTo(2 * EPOCH_MAX + 1),
});

const toPlain = ({ id, priority, epoch, statement }: Source): Omit<Source, 'statement'> => ({
  id,
  priority,
  epoch: 2 * Math.min(epoch, EPOCH_MAX) + (statement === undefined ? 0 : 1),
});

/**
 * A source in a route: its id (8 bytes), its priority (1 byte), twice its epoch (a number), plus 1 if
 * a statement follows: the source's clock when it signed (6 bytes), and the signature (64 bytes).
 * Simulated sources have none, and cost no byte for it.
 */
const source: Codec<Source> = {
  bytesMax: plain.bytesMax + STATEMENT_BYTES,
  bytesOf: (value) =>
    plain.bytesOf(toPlain(value)) + (value.statement === undefined ? 0 : STATEMENT_BYTES),
  write: (to, value) => {
    plain.write(to, toPlain(value));
    if (value.statement !== undefined) statementCodec.write(to, value.statement);
  },
  read: (from) => {
    const found = plain.read(from);
    if (found === undefined) return undefined;
    const unstated = { ...found, epoch: Math.floor(found.epoch / 2) };
    if (found.epoch % 2 === 0) return unstated;
    const statement = statementCodec.read(from);
    return statement && { ...unstated, statement };
  },
};

const route = struct<Route>({
  scx: nodeId,
  stamp: count,
  costMs: ms,
  path: listOf(nodeId, BOUNDS.pathMax),
  sources: listOf(source, BOUNDS.sourcesPerRouteMax),
});

const routes = listOf(route, BOUNDS.routesMax);
const withdrawal = struct<Withdrawal>({ scx: nodeId, stamp: count });
const death = struct<Death>({ id: nodeId, incarnation: count });

const notice = struct<Notice>({
  what: oneOf('left', 'failed', 'alive'),
  about: member,
  atMs: instant,
  reporter: nodeId,
});

const discovery = {
  members: listOf(sighting, BOUNDS.membersMax),
  deaths: listOf(death, BOUNDS.deathsMax),
  generator: nullable(nodeId),
  digest: nullable(digest),
};

/** A message that is passed on, and speaks of another SCX than the one that sends it. */
export type Testimony = Extract<Message, { readonly kind: 'notice' | 'heartbeat' }>;

/** What an SCX says about itself, in a form in which others can pass it on. */
export interface SignedMessage {
  /** The public half of its key, 32 bytes. */
  readonly key: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly message: Testimony;
}

const testimony = {
  notice: { notice },
  heartbeat: { generator: nodeId, sequence: count },
};

const KEY_BYTES = 32;

/** Notices and heartbeats with the key and the signature of the SCX that they speak of. */
export const signedCodec = struct<SignedMessage>({
  key: bytesOf(KEY_BYTES),
  signature: bytesOf(SIGNATURE_BYTES),
  message: byKind<Testimony>(testimony),
});

/** Messages on control connections. */
export const messageCodec = byKind<Message>({
  discovery,
  discoveryResponse: discovery,
  notice: testimony.notice,
  keepAlive: { worthMs: ms, loads: listOf(load, BOUNDS.routesMax) },
  heartbeat: testimony.heartbeat,
  requestStatus: {},
  status: {
    canAccept: flag,
    routes,
    generator: nullable(nodeId),
  },
  edgeRequest: { rttMs: ms, addGainMs: nullable(ms), acceptGainMs: nullable(ms), place },
  edgeAccept: { reversed: flag },
  edgeReject: {},
  edgeDrop: { instead: nullable(member) },
  update: {
    whole: flag,
    routes,
    lost: listOf(nodeId, BOUNDS.routesMax),
    withdrawn: listOf(withdrawal, BOUNDS.withdrawnMax),
  },
  ping: { nonce: count },
  pong: { nonce: count, place },
});

const flow = { source: sourceId, channel: byte };
const range = struct<SequenceRange>({ from: count, count: upTo(BOUNDS.rangeCountMax) });

/** Messages on data connections. */
export const dataMessageCodec = byKind<DataMessage>({
  subscribe: { ...flow, from: nullable(count) },
  subscribed: { ...flow, from: count },
  unsubscribe: flow,
  refused: flow,
  audience: { source: sourceId, listeners: upTo(BOUNDS.listenersMax) },
  nack: { ...flow, ranges: listOf(range, BOUNDS.rangesMax) },
  head: { ...flow, next: count },
  lost: { ...flow, range },
});
