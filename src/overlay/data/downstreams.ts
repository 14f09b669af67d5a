/**
 * Data connections from our children (§3.8). Each carries the ADUs of one channel to one child. What
 * a child does not take in time waits in its socket, up to a bound; then the machine is told, and
 * keeps the rest in its cache, where it costs the other children nothing. Of a channel announced as
 * UDP they leave as datagrams where these arrive (datagram-parent.ts).
 */
import type { DataMessage } from '../../gossamer/core/message.js';
import type { Adu, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import type { WireEvent } from '../../wire/decoder.js';
import { encodeAdu, encodeDataMessage } from '../../wire/encoder.js';
import type { DataHello } from '../../wire/hello.js';
import type { Arrival, Connection, ConnectionHandler } from '../sockets/connection.js';
import type { Admission } from '../sockets/connections.js';
import { dataHello, memberOf, type OverlayContext } from '../sockets/context.js';
import { OVERLAY_LIMITS } from '../sockets/limits.js';
import { isFromParent, type ParentMessage } from './data-roles.js';
import { createDatagramParent, type DatagramParent } from './datagram-parent.js';

export interface Downstreams {
  admit(hello: DataHello): Admission;
  /** Nothing happens when the child has no connection. */
  send(to: NodeId, channel: number, message: ParentMessage): void;
  forward(to: NodeId, adu: Adu): void;
}

interface Downstream {
  readonly peer: Member;
  readonly channel: number;
  readonly connection: Connection;
  /** The subscriptions. Bounded: the machine refuses sources that it does not know. */
  readonly sources: Set<SourceId>;
  isCongested: boolean;
  datagrams: DatagramParent | undefined;
}

const keyOf = (peer: NodeId, channel: number): string => `${peer}/${channel}`;

/** No children; `onDown` hears when a connection with subscriptions is gone. */
export function createDownstreams(
  context: OverlayContext,
  onDown: (peer: NodeId, channel: number) => void,
): Downstreams {
  const { counters, feed, log, usesDatagrams } = context;
  /** Bounded: inboundMax. */
  const downstreams = new Map<string, Downstream>();

  const isCurrent = (downstream: Downstream): boolean =>
    downstreams.get(keyOf(downstream.peer.id, downstream.channel)) === downstream;

  const handleMessage = (downstream: Downstream, message: DataMessage): void => {
    const { connection, sources, channel, peer } = downstream;
    if (isFromParent(message) || (message.kind !== 'audience' && message.channel !== channel)) {
      return connection.reject('unexpected', `${message.kind} from a child`);
    }
    counters.dataMessagesIn++;
    if (message.kind === 'subscribe') sources.add(message.source);
    if (message.kind === 'unsubscribe') sources.delete(message.source);
    feed({ kind: 'dataReceived', from: peer, message });
  };

  /** What is wrong in a datagram is dropped: it says nothing of the connection. */
  const handleDatagram = (downstream: Downstream, event: WireEvent): void => {
    if (!isCurrent(downstream)) return;
    const isNack = event.kind === 'data' && event.message.kind === 'nack';
    if (isNack && event.message.channel === downstream.channel) {
      handleMessage(downstream, event.message);
    } else counters.datagramsMalformed++;
  };

  const handleArrival = (downstream: Downstream, event: Arrival): void => {
    // The child has opened another connection meanwhile: what it said on this one is past.
    if (!isCurrent(downstream)) return;
    if (event.kind === 'data') return handleMessage(downstream, event.message);
    downstream.connection.reject('unexpected', `${event.kind} from a child`);
  };

  const becomeDrained = (downstream: Downstream): void => {
    if (!downstream.isCongested || !isCurrent(downstream)) return;
    downstream.isCongested = false;
    feed({ kind: 'drained', peer: downstream.peer.id, channel: downstream.channel });
  };

  const checkBacklog = (downstream: Downstream): void => {
    const { connection, peer, channel } = downstream;
    if (downstream.isCongested || connection.backlogBytes < OVERLAY_LIMITS.dataBacklogMax) return;
    downstream.isCongested = true;
    feed({ kind: 'congested', peer: peer.id, channel });
  };

  const onClose = (downstream: Downstream): void => {
    if (!isCurrent(downstream)) return;
    const { peer, channel, sources, isCongested } = downstream;
    downstreams.delete(keyOf(peer.id, channel));
    downstream.datagrams?.close();
    if (sources.size > 0) onDown(peer.id, channel);
    // The machine remembers congestion by peer: the next connection starts without.
    else if (isCongested) feed({ kind: 'drained', peer: peer.id, channel });
  };

  const handlerOf = (downstream: Downstream): ConnectionHandler => ({
    onArrival: (event) => handleArrival(downstream, event),
    onDrain: () => becomeDrained(downstream),
    onClose: (cause, reason) => {
      log.debug({ peer: downstream.peer.id, cause, reason }, 'data connection to a child closed');
      onClose(downstream);
    },
  });

  const becomeConnected = (connection: Connection, peer: Member, hello: DataHello): void => {
    const { channel, token } = hello;
    const old = downstreams.get(keyOf(peer.id, channel));
    if (old !== undefined) {
      old.connection.destroy();
      onClose(old);
    }
    const downstream = { peer, channel, connection, sources: new Set<SourceId>() };
    const entry: Downstream = { ...downstream, isCongested: false, datagrams: undefined };
    if (token !== undefined && usesDatagrams(channel)) {
      const take = (event: WireEvent): void => handleDatagram(entry, event);
      entry.datagrams = createDatagramParent(context.datagrams, token, take);
    }
    downstreams.set(keyOf(peer.id, channel), entry);
    connection.handTo(handlerOf(entry), 'data');
  };

  return {
    admit: (hello) => ({
      kind: 'admitted',
      answer: dataHello(
        context,
        hello.channel,
        usesDatagrams(hello.channel) ? hello.token : undefined,
      ),
      onOpen: (connection) => becomeConnected(connection, memberOf(hello), hello),
    }),
    send: (to, channel, message) => {
      const downstream = downstreams.get(keyOf(to, channel));
      if (downstream === undefined) return;
      counters.dataMessagesOut++;
      if (message.kind === 'subscribed') downstream.datagrams?.becomeBulky();
      if (message.kind === 'refused') downstream.sources.delete(message.source);
      downstream.connection.send(encodeDataMessage(message));
    },
    forward: (to, adu) => {
      const downstream = downstreams.get(keyOf(to, adu.channel));
      if (downstream === undefined) return;
      counters.adusOut++;
      const frame = encodeAdu(adu);
      if (downstream.datagrams?.forward(frame)) return;
      downstream.datagrams?.onAduByTcp();
      downstream.connection.send(frame);
      checkBacklog(downstream);
    },
  };
}
