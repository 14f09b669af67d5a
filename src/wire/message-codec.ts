/**
 * What SCXs say to each other (gossamer/message.ts), as bytes. Every list, text and number is
 * bounded: behind these codecs the protocol may trust the shape of what it hears, though never the
 * truth of it.
 *
 * The order of kinds and of fields is the order on the wire: whoever changes it, or adds a field,
 * speaks another version (hello.ts).
 */
import type {
  DataMessage,
  Death,
  Message,
  Notice,
  Route,
  Withdrawal,
} from '../gossamer/message.js';
import type { Member, Source } from '../gossamer/node.js';
import { address } from './address-codec.js';
import { byKind, listOf, nullable, struct } from './combinators.js';
import { nodeId, sourceId } from './id-codec.js';
import { BOUNDS } from './limits.js';
import { byte, count, flag, instant, ms, oneOf, upTo } from './number-codec.js';

const member = struct<Member>({
  id: nodeId,
  address,
  incarnation: count,
  rendezvous: flag,
});

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
  members: listOf(member, BOUNDS.membersMax),
  deaths: listOf(death, BOUNDS.deathsMax),
  generator: nullable(nodeId),
};

export const messageCodec = byKind<Message>({
  discovery,
  discoveryResponse: discovery,
  notice: { notice },
  keepAlive: {},
  heartbeat: { generator: member, sequence: count },
  requestStatus: {},
  status: {
    canAccept: flag,
    routes,
    neighbours: listOf(member, BOUNDS.neighboursMax),
    generator: nullable(nodeId),
  },
  edgeRequest: { rttMs: ms },
  edgeAccept: {},
  edgeReject: {},
  edgeDrop: {},
  update: { routes, withdrawn: listOf(withdrawal, BOUNDS.withdrawnMax) },
  ping: { nonce: count },
  pong: { nonce: count },
});

const flow = { source: sourceId, channel: byte };

export const dataMessageCodec = byKind<DataMessage>({
  subscribe: { ...flow, from: nullable(count) },
  subscribed: { ...flow, from: count },
  unsubscribe: flow,
  refused: flow,
  audience: { source: sourceId, listeners: upTo(BOUNDS.listenersMax) },
});
