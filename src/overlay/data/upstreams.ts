/**
 * Data connections to our parents (§3.8: "separate connections per channel"). The child opens one
 * with its first subscription at a parent, and ends it with the last one.
 *
 * Beyond: connections to a mesh neighbour, which is a parent in reserve, are kept without a
 * subscription, and one is held ready from the start. When a parent dies, the next one then delivers
 * after one round trip instead of three; and neighbours that are asked in turn for what the parent
 * may withhold (promises.ts) need no handshake each time.
 *
 * upstream-table.ts holds the connections, upstream-arrivals.ts takes what comes over them.
 */
import type { Member, NodeId } from '../../gossamer/core/node.js';
import type { Contact } from '../../gossamer/mesh/edge-requests.js';
import type { Rng } from '../../lib/rng.js';
import { drawId } from '../../runtime/secrets.js';
import type { DatagramToken } from '../../wire/datagram.js';
import { encodeDataMessage } from '../../wire/encoder.js';
import type { ScxHello } from '../sockets/admission.js';
import type { Connection } from '../sockets/connection.js';
import {
  createAddressRetries,
  dataHello,
  memberOf,
  type OverlayContext,
} from '../sockets/context.js';
import { createOutbox } from '../sockets/outbox.js';
import type { ChildMessage } from './data-roles.js';
import { startDatagrams, upstreamHandler } from './upstream-arrivals.js';
import { endIfUnused, keyOf, lose, type Upstream, type UpstreamTable } from './upstream-table.js';

export interface Upstreams {
  send(to: Member, channel: number, message: ChildMessage): void;
  /**
   * Opens a connection for a channel if there is none, and keeps those to this peer even without a
   * subscription.
   */
  hold(to: Contact, channel: number): void;
  /** Ends the connections to this peer as soon as they have no subscription. */
  release(to: Contact): void;
  /** Stops timers; closing the connections is the sockets' business. */
  close(): void;
}

/**
 * Creates a table without parents; `onDown` is called when a connection with subscriptions is gone.
 */
export function createUpstreams(
  context: OverlayContext,
  rng: Rng,
  onDown: (peer: NodeId, channel: number) => void,
): Upstreams {
  const retries = createAddressRetries(context, rng);
  const table: UpstreamTable = {
    ...{ context, rng, retries, onDown },
    upstreams: new Map(),
    held: new Set(),
    failing: new Set(),
  };
  return {
    send: (to, channel, message) => send(table, to, channel, message),
    close: () => {
      for (const { datagrams } of table.upstreams.values()) datagrams?.close();
    },
    hold: (to, channel) => {
      table.held.add(to.id);
      if (!table.upstreams.has(keyOf(to.id, channel))) open(table, to, channel);
    },
    release: (to) => {
      table.held.delete(to.id);
      for (const upstream of [...table.upstreams.values()]) {
        if (upstream.peer.id === to.id) endIfUnused(table, upstream);
      }
    },
  };
}

function send(table: UpstreamTable, to: Member, channel: number, message: ChildMessage): void {
  const known = table.upstreams.get(keyOf(to.id, channel));
  const isSubscription = message.kind === 'subscribe';
  const upstream = known ?? (isSubscription ? openFor(table, to, channel) : undefined);
  if (upstream === undefined) return;
  if (message.kind === 'subscribe') upstream.sources.add(message.source);
  if (message.kind === 'unsubscribe') upstream.sources.delete(message.source);
  write(table, upstream, message);
  endIfUnused(table, upstream);
}

function openFor(table: UpstreamTable, to: Member, channel: number): Upstream | undefined {
  const upstream = open(table, to, channel);
  if (upstream === undefined) reportDownSoon(table, to.id, channel);
  return upstream;
}

/** Once for all sources, asynchronously, because the machine may ask again at once. */
function reportDownSoon({ failing, onDown }: UpstreamTable, peer: NodeId, channel: number): void {
  const key = keyOf(peer, channel);
  if (failing.has(key)) return;
  failing.add(key);
  setImmediate(() => {
    failing.delete(key);
    onDown(peer, channel);
  });
}

function write({ context }: UpstreamTable, upstream: Upstream, message: ChildMessage): void {
  context.counters.dataMessagesOut++;
  const frame = encodeDataMessage(message);
  if (message.kind === 'nack' && upstream.datagrams?.send(frame)) return;
  if (upstream.isOpen) return upstream.connection.send(frame);
  if (upstream.outbox.put(frame)) return sendEarly(upstream);
  context.counters.overflows++;
  upstream.connection.fail('lost', 'too much waits for it');
}

/** Sends what waits for the answer to our HELLO, if we know that it goes to this peer. */
function sendEarly({ isSecure, outbox, connection }: Upstream): void {
  if (isSecure) for (const frame of outbox.takeEarly()) connection.send(frame);
}

/** Opens a connection; undefined if there are too many, or the peer failed a moment ago. */
function open(table: UpstreamTable, peer: Contact, channel: number): Upstream | undefined {
  const { context, retries, upstreams } = table;
  const now = performance.now();
  retries.sweep(now);
  const isFull = upstreams.size >= context.limits.outboundDataMax;
  if (isFull || !retries.mayTry(peer.address, now)) {
    context.counters.connectsSuppressed++;
    return undefined;
  }
  const upstream = connect(table, peer, channel);
  upstreams.set(keyOf(peer.id, channel), upstream);
  return upstream;
}

const drawDatagramToken = (): DatagramToken => drawId() as DatagramToken;

function connect(table: UpstreamTable, peer: Contact, channel: number): Upstream {
  const { context, retries } = table;
  const token = context.usesDatagrams(channel) ? drawDatagramToken() : undefined;
  const connection = context.connections.open({
    to: peer.address,
    hello: dataHello(context, channel, token),
    onSecure: (_, id) => {
      upstream.isSecure = id === peer.id;
      sendEarly(upstream);
    },
    onOpen: (opened, answer) => becomeOpen(table, upstream, { opened, answer, token }),
    onFailed: () => {
      retries.onFailed(peer.address, performance.now());
      lose(table, upstream);
    },
  });
  const upstream: Upstream = {
    peer: { incarnation: 0, rendezvous: false, ...peer },
    ...{ channel, connection },
    isOpen: false,
    isSecure: false,
    outbox: createOutbox(context.limits),
    sources: new Set(),
    datagrams: undefined,
  };
  return upstream;
}

/** The handshake has succeeded; `token` is the one of our HELLO. */
interface Opened {
  readonly opened: Connection;
  readonly answer: ScxHello;
  readonly token: DatagramToken | undefined;
}

function becomeOpen(table: UpstreamTable, upstream: Upstream, handshake: Opened): void {
  const { opened, answer, token } = handshake;
  table.retries.onSucceeded(upstream.peer.address);
  if (answer.id !== upstream.peer.id) {
    // Another SCX has taken the address of our peer.
    opened.destroy();
    return lose(table, upstream);
  }
  upstream.peer = { ...memberOf(answer), address: upstream.peer.address };
  opened.handTo(upstreamHandler(table, upstream), 'data');
  upstream.isOpen = true;
  const isTaken = answer.purpose === 'data' && answer.token === token;
  if (token !== undefined && isTaken) startDatagrams(table, upstream, token);
  for (const frame of upstream.outbox.takeRest()) opened.send(frame);
}
