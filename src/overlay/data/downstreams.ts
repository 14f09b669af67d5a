/**
 * Data connections from our children (§3.8). Each carries the ADUs of one channel to one child.
 * What a child does not read in time waits in its socket, up to a bound. Beyond that the machine is
 * told that the child is congested, and keeps the rest in its cache, so that a slow child costs the
 * others nothing. ADUs of a channel announced as UDP leave as datagrams while these arrive
 * (datagram-parent.ts).
 */
import type { DataMessage } from '../../gossamer/core/message.js';
import type { Adu, Lot, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import type { WireEvent } from '../../wire/decoder.js';
import { encodeDataMessage, encodeLot, encodeRefusal } from '../../wire/encoder.js';
import type { DataHello } from '../../wire/hello.js';
import type { Payloads } from '../../wire/lot-codec.js';
import type { Admission } from '../sockets/admission.js';
import type { Arrival, Connection, ConnectionHandler } from '../sockets/connection.js';
import { dataHello, memberOf, type OverlayContext } from '../sockets/context.js';
import { createSeal } from '../tls/seal.js';
import { isFromParent, type ParentMessage } from './data-roles.js';
import { createDatagramParent, type DatagramParent } from './datagram-parent.js';
import { createOutgoingLot, type OutgoingLot } from './outgoing-lot.js';

export interface Downstreams {
  admit(hello: DataHello): Admission;
  /** Does nothing when the child has no connection. */
  send(to: NodeId, channel: number, message: ParentMessage): void;
  /** Does nothing when the child has no connection. */
  forward(to: NodeId, adu: Adu): void;
  /** A mesh edge has come up or gone down: its neighbour may hold a connection in reserve. */
  onEdge(peer: NodeId, isUp: boolean): void;
  /** Stops timers; closing the connections is the sockets' business. */
  close(): void;
}

/** One data connection from a child. */
interface Downstream {
  readonly peer: Member;
  readonly channel: number;
  readonly connection: Connection;
  /** The subscriptions. Bounded: SUBSCRIPTIONS_MAX, and the machine refuses unknown sources. */
  readonly sources: Set<SourceId>;
  isCongested: boolean;
  datagrams: DatagramParent | undefined;
  readonly outgoing: OutgoingLot;
}

interface Table {
  readonly context: OverlayContext;
  /** By child and channel. Bounded: inboundMax. */
  readonly downstreams: Map<string, Downstream>;
  /** The mesh neighbours. Bounded: k1 + k2. */
  readonly neighbours: Set<NodeId>;
  /** Called when a connection with subscriptions is gone. */
  onDown(peer: NodeId, channel: number): void;
}

/** Subscriptions on one connection: more than the machine knows sources. */
const SUBSCRIPTIONS_MAX = 512;

const keyOf = (peer: NodeId, channel: number): string => `${peer}/${channel}`;

/**
 * Creates a table without children; `onDown` is called when a connection with subscriptions is
 * gone.
 */
export function createDownstreams(
  context: OverlayContext,
  onDown: (peer: NodeId, channel: number) => void,
): Downstreams {
  const table: Table = { context, downstreams: new Map(), neighbours: new Set(), onDown };
  const sweeper = setInterval(() => sweep(table), context.limits.sweepMs);
  return {
    admit: (hello) => admitChild(table, hello),
    send: (to, channel, message) => send(table, to, channel, message),
    forward: (to, adu) => forward(table, to, adu),
    onEdge: (peer, isUp) => {
      if (isUp) table.neighbours.add(peer);
      else table.neighbours.delete(peer);
    },
    close: () => clearInterval(sweeper),
  };
}

function admitChild(table: Table, hello: DataHello): Admission {
  const { context } = table;
  const { channel, token } = hello;
  return {
    kind: 'admitted',
    answer: dataHello(context, channel, context.usesDatagrams(channel) ? token : undefined),
    onOpen: (connection) => becomeConnected(table, connection, hello),
  };
}

function becomeConnected(table: Table, connection: Connection, hello: DataHello): void {
  const { context, downstreams } = table;
  const { channel, token } = hello;
  const peer = memberOf(hello);
  const old = downstreams.get(keyOf(peer.id, channel));
  if (old !== undefined) {
    old.connection.destroy();
    onClose(table, old);
  }
  const downstream: Downstream = {
    ...{ peer, channel, connection },
    sources: new Set(),
    isCongested: false,
    datagrams: undefined,
    outgoing: createOutgoingLot((lot, payloads) => sendLot(context, downstream, lot, payloads)),
  };
  if (token !== undefined && context.usesDatagrams(channel)) {
    const seal = createSeal(connection.exportKeys, 'parent', token);
    downstream.datagrams = createDatagramParent(context, token, seal, (event) =>
      handleDatagram(table, downstream, event),
    );
  }
  downstreams.set(keyOf(peer.id, channel), downstream);
  connection.handTo(downstreamHandler(table, downstream), 'data');
}

const downstreamHandler = (table: Table, downstream: Downstream): ConnectionHandler => ({
  onArrival: (event) => handleArrival(table, downstream, event),
  onDrain: () => becomeDrained(table, downstream),
  onClose: (cause, reason) => {
    const { log } = table.context;
    log.debug({ peer: downstream.peer.id, cause, reason }, 'data connection to a child closed');
    onClose(table, downstream);
  },
});

/** False when the child has opened another connection for the channel meanwhile. */
const isCurrent = ({ downstreams }: Table, downstream: Downstream): boolean =>
  downstreams.get(keyOf(downstream.peer.id, downstream.channel)) === downstream;

function handleArrival(table: Table, downstream: Downstream, event: Arrival): void {
  if (!isCurrent(table, downstream)) return;
  if (event.kind === 'data') return handleMessage(table, downstream, event.message);
  downstream.connection.reject('unexpected', `${event.kind} from a child`);
}

function handleMessage({ context }: Table, downstream: Downstream, message: DataMessage): void {
  const { connection, sources, channel, peer } = downstream;
  if (isFromParent(message) || (message.kind !== 'audience' && message.channel !== channel)) {
    return connection.reject('unexpected', `${message.kind} from a child`);
  }
  context.counters.dataMessagesIn++;
  if (message.kind === 'subscribe') {
    if (sources.size >= SUBSCRIPTIONS_MAX) return connection.reject('unexpected', 'subscription');
    sources.add(message.source);
  }
  if (message.kind === 'unsubscribe') sources.delete(message.source);
  context.feed({ kind: 'dataReceived', from: peer, message });
}

/** A malformed datagram is dropped. It may be forged, so it proves nothing against the child. */
/** Only the child can have sealed the datagram, so a fault costs it the connection. */
function handleDatagram(table: Table, downstream: Downstream, event: WireEvent): void {
  if (!isCurrent(table, downstream)) return;
  const isNack = event.kind === 'data' && event.message.kind === 'nack';
  if (isNack && event.message.channel === downstream.channel) {
    handleMessage(table, downstream, event.message);
  } else downstream.connection.reject('unexpected', `${event.kind} in a datagram of a child`);
}

function send(
  { context, downstreams }: Table,
  to: NodeId,
  channel: number,
  message: ParentMessage,
) {
  const downstream = downstreams.get(keyOf(to, channel));
  if (downstream === undefined) return;
  context.counters.dataMessagesOut++;
  downstream.outgoing.flush();
  if (message.kind === 'subscribed') downstream.datagrams?.becomeBulky();
  if (message.kind === 'refused') downstream.sources.delete(message.source);
  downstream.connection.send(encodeDataMessage(message));
}

function forward({ context, downstreams }: Table, to: NodeId, adu: Adu): void {
  const downstream = downstreams.get(keyOf(to, adu.channel));
  if (downstream === undefined) return;
  context.counters.adusOut++;
  downstream.outgoing.add(adu);
}

function sendLot(
  context: OverlayContext,
  downstream: Downstream,
  lot: Lot,
  payloads: Payloads,
): void {
  const { datagrams, connection } = downstream;
  if (datagrams?.forward(lot, payloads)) return;
  datagrams?.onAdusByTcp(payloads.filter((payload) => payload !== undefined).length);
  connection.send(encodeLot(lot, payloads));
  checkBacklog(context, downstream);
}

function checkBacklog({ feed, limits }: OverlayContext, downstream: Downstream): void {
  const { connection, peer, channel } = downstream;
  if (downstream.isCongested || connection.backlogBytes < limits.dataBacklogMax) return;
  downstream.isCongested = true;
  feed({ kind: 'congested', peer: peer.id, channel });
}

function becomeDrained(table: Table, downstream: Downstream): void {
  if (!downstream.isCongested || !isCurrent(table, downstream)) return;
  downstream.isCongested = false;
  const { peer, channel } = downstream;
  table.context.feed({ kind: 'drained', peer: peer.id, channel });
}

/** Ends idle connections without a subscription, unless a neighbour holds them in reserve. */
function sweep({ context, downstreams, neighbours }: Table): void {
  const now = performance.now();
  for (const { peer, sources, connection } of downstreams.values()) {
    const isUsed = sources.size > 0 || neighbours.has(peer.id);
    if (isUsed || now - connection.usedAt <= context.limits.idleMs) continue;
    connection.finish(encodeRefusal('idle'));
  }
}

function onClose(table: Table, downstream: Downstream): void {
  if (!isCurrent(table, downstream)) return;
  const { peer, channel, sources, isCongested } = downstream;
  table.downstreams.delete(keyOf(peer.id, channel));
  downstream.datagrams?.close();
  if (sources.size > 0) table.onDown(peer.id, channel);
  // The machine remembers congestion by peer, and the next connection starts without it.
  else if (isCongested) table.context.feed({ kind: 'drained', peer: peer.id, channel });
}
