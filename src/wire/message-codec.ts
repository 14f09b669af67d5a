/**
 * The messages between SCXs (gossamer/core/message.ts) as bytes. Every list, text and number is
 * bounded: behind these codecs the protocol may trust the shape of a message, though never its
 * truth.
 *
 * The order of kinds and of fields is the order on the wire. A change of it, or a new field, needs
 * another protocol version (hello.ts).
 */
import {
  ENTRY_BODY_BYTES_MAX,
  ENTRY_LIFE_MS_MAX,
  type Entry,
  type EntryId,
  type EntryStamp,
  SLOTS_MAX,
} from '../gossamer/core/entry.js';
import type {
  DataMessage,
  Death,
  Heir,
  LeftParent,
  Load,
  Message,
  Notice,
  Route,
  SequenceRange,
  Sighting,
  Withdrawal,
} from '../gossamer/core/message.js';
import type { Coordinates, Listing, Member, Source, Statement } from '../gossamer/core/node.js';
import { DIGEST_BYTES_MAX } from '../gossamer/discovery/digest.js';
import { ENTRIES_PER_MESSAGE, STAMPS_PER_MESSAGE } from '../gossamer/entries/entry-push.js';
import { WINDOW } from '../gossamer/entries/entry-requests.js';
import { BUCKETS } from '../gossamer/entries/entry-table.js';
import { assert } from '../lib/assert.js';
import type { Bloom } from '../lib/bloom.js';
import { address } from './address-codec.js';
import { type Codec, type Cursor, fail, give, type Reader, take } from './codec.js';
import { byKind, bytesOf, bytesUpTo, listOf, nullable, struct } from './combinators.js';
import { authorKey, authorTag, nodeId, sourceId } from './id-codec.js';
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

const heir = struct<Heir>({ id: nodeId, scxs: upTo(BOUNDS.listenersMax), distanceMs: ms });

const cost = struct<LeftParent['costs'][number]>({ scx: nodeId, costMs: ms });
const leftParent = struct<LeftParent>({ id: nodeId, costs: listOf(cost, BOUNDS.routesMax) });

const TIME_BYTES = 6;
const STATEMENT_BYTES = TIME_BYTES + SIGNATURE_BYTES;
const U32_SPAN = 2 ** 32;
const TIME_MS_MAX = 2 ** 48 - 1;

/** Epochs have 48 bits, as in lots. */
const EPOCH_MAX = 2 ** 48 - 1;

/** Stamps count changes. */
const STAMP_MAX = 2 ** 48 - 1;

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

/** Of a public key. */
const KEY_BYTES = 32;

const listingCodec = struct<Listing>({
  key: bytesOf(KEY_BYTES),
  signature: bytesOf(SIGNATURE_BYTES),
});

/** What may follow a source or a withdrawal; simulated ones have neither. */
interface Proofs {
  readonly statement?: Statement;
  readonly listing?: Listing;
}

/**
 * The last number before them is four times the number, plus 1 if a statement follows, and 2 if a
 * listing does.
 */
const [STATED, LISTED, FLAGS] = [1, 2, 4];

const withFlags = (value: number, most: number, { statement, listing }: Proofs): number =>
  FLAGS * Math.min(value, most) +
  (statement === undefined ? 0 : STATED) +
  (listing === undefined ? 0 : LISTED);

const PROOFS_BYTES = STATEMENT_BYTES + listingCodec.bytesMax;

const bytesOfProofs = ({ statement, listing }: Proofs): number =>
  (statement === undefined ? 0 : STATEMENT_BYTES) +
  (listing === undefined ? 0 : listingCodec.bytesMax);

function writeProofs(to: Cursor, { statement, listing }: Proofs): void {
  if (statement !== undefined) statementCodec.write(to, statement);
  if (listing !== undefined) listingCodec.write(to, listing);
}

function readProofs(from: Reader, flagged: number): Proofs | undefined {
  const flags = flagged % FLAGS;
  const isStated = flags % LISTED === STATED;
  const statement = isStated ? statementCodec.read(from) : undefined;
  const listing = flags >= LISTED ? listingCodec.read(from) : undefined;
  if ((isStated && statement === undefined) || (flags >= LISTED && listing === undefined)) {
    return undefined;
  }
  return { ...(statement && { statement }), ...(listing && { listing }) };
}

/** A source in a route: its id (8 bytes), its priority (1 byte), its epoch (a number), its proofs. */
const plainSource = struct<Omit<Source, keyof Proofs>>({
  id: sourceId,
  priority: byte,
  epoch: upTo(FLAGS * EPOCH_MAX + FLAGS - 1),
});

const toPlainSource = (value: Source): Omit<Source, keyof Proofs> => ({
  id: value.id,
  priority: value.priority,
  epoch: withFlags(value.epoch, EPOCH_MAX, value),
});

/** A source of a route. */
const source: Codec<Source> = {
  bytesMax: plainSource.bytesMax + PROOFS_BYTES,
  bytesOf: (value) => plainSource.bytesOf(toPlainSource(value)) + bytesOfProofs(value),
  write: (to, value) => {
    plainSource.write(to, toPlainSource(value));
    writeProofs(to, value);
  },
  read: (from) => {
    const found = plainSource.read(from);
    const proofs = found && readProofs(from, found.epoch);
    return proofs && { ...found, epoch: Math.floor(found.epoch / FLAGS), ...proofs };
  },
};

const plainWithdrawal = struct<Omit<Withdrawal, keyof Proofs>>({
  scx: nodeId,
  stamp: upTo(FLAGS * STAMP_MAX + FLAGS - 1),
});

const toPlainWithdrawal = (value: Withdrawal): Omit<Withdrawal, keyof Proofs> => ({
  scx: value.scx,
  stamp: withFlags(value.stamp, STAMP_MAX, value),
});

/** The SCX, its stamp (a number), and the listing of none. */
const withdrawal: Codec<Withdrawal> = {
  bytesMax: plainWithdrawal.bytesMax + listingCodec.bytesMax,
  bytesOf: (value) => plainWithdrawal.bytesOf(toPlainWithdrawal(value)) + bytesOfProofs(value),
  write: (to, value) => {
    plainWithdrawal.write(to, toPlainWithdrawal(value));
    writeProofs(to, value);
  },
  read: (from) => {
    const found = plainWithdrawal.read(from);
    if (found === undefined) return undefined;
    if (found.stamp % LISTED === STATED) return fail(from, 'a withdrawal has no statement');
    const proofs = readProofs(from, found.stamp);
    return proofs && { ...found, stamp: Math.floor(found.stamp / FLAGS), ...proofs };
  },
};

const route = struct<Route>({
  scx: nodeId,
  stamp: upTo(STAMP_MAX),
  costMs: ms,
  path: listOf(nodeId, BOUNDS.pathMax),
  sources: listOf(source, BOUNDS.sourcesPerRouteMax),
});

const routes = listOf(route, BOUNDS.routesMax);
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
  /** When it signed, ms since 1970. */
  readonly timeMs: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  readonly message: Testimony;
}

const testimony = {
  notice: { notice },
  heartbeat: { generator: nodeId, sequence: count },
};

/** Notices and heartbeats with the key and the signature of the SCX that they speak of. */
export const signedCodec = struct<SignedMessage>({
  key: bytesOf(KEY_BYTES),
  timeMs: upTo(TIME_MS_MAX),
  signature: bytesOf(SIGNATURE_BYTES),
  message: byKind<Testimony>(testimony),
});

const slot = upTo(SLOTS_MAX - 1);
const u32 = upTo(U32_SPAN - 1);

const entryId = struct<EntryId>({ author: authorTag, slot });
const entryStamp = struct<EntryStamp>({ author: authorTag, slot, issuedMs: count });

const entry = struct<Entry>({
  author: authorKey,
  slot,
  issuedMs: count,
  lifeMs: upTo(ENTRY_LIFE_MS_MAX),
  body: bytesUpTo(ENTRY_BODY_BYTES_MAX),
  signature: bytesOf(SIGNATURE_BYTES),
});

const stamps = listOf(entryStamp, STAMPS_PER_MESSAGE);

/** Messages about entries: the last kinds of messageCodec. */
const entryMessages = {
  entries: { isNews: flag, entries: listOf(entry, ENTRIES_PER_MESSAGE) },
  entryNews: { stamps },
  entryEager: { isEager: flag },
  entryDigest: { salt: u32, sum: u32, buckets: nullable(bytesUpTo(4 * BUCKETS)) },
  entryHaves: { buckets: listOf(byte, BUCKETS), stamps },
  entryWants: { ids: listOf(entryId, WINDOW) },
};

/** Messages on control connections. */
export const messageCodec = byKind<Message>({
  discovery,
  discoveryResponse: discovery,
  notice: testimony.notice,
  keepAlive: { worthMs: ms, loads: listOf(load, BOUNDS.routesMax), heir: nullable(heir) },
  heartbeat: testimony.heartbeat,
  requestStatus: {},
  status: {
    canAccept: flag,
    routes,
    generator: nullable(nodeId),
  },
  edgeRequest: {
    rttMs: ms,
    addGainMs: nullable(ms),
    acceptGainMs: nullable(ms),
    place,
    leaves: nullable(leftParent),
  },
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
  ...entryMessages,
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
