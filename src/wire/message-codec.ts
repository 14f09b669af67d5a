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
import type { Coordinates, Member, Source } from '../gossamer/core/node.js';
import { DIGEST_BYTES_MAX } from '../gossamer/discovery/digest.js';
import type { Bloom } from '../lib/bloom.js';
import { address } from './address-codec.js';
import { byKind, bytesUpTo, listOf, nullable, struct } from './combinators.js';
import { nodeId, sourceId } from './id-codec.js';
import { BOUNDS } from './limits.js';
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

const source = struct<Source>({ id: sourceId, priority: byte, epoch: count });

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

/** Messages on control connections. */
export const messageCodec = byKind<Message>({
  discovery,
  discoveryResponse: discovery,
  notice: { notice },
  keepAlive: { worthMs: ms, loads: listOf(load, BOUNDS.routesMax) },
  heartbeat: { generator: nodeId, sequence: count },
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
