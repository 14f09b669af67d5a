/**
 * Data connections to our parents (§3.8: "separate connections per channel"): the child opens one
 * with its first subscription at a parent, and ends it with the last one.
 *
 * Beyond: to mesh neighbours, who are the parents in reserve, one may be held ready without a
 * subscription. When a parent dies the next one then delivers after one round trip, not three.
 */

import type { DataMessage } from '../../gossamer/core/message.js';
import type { Adu, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import { splitHostPort } from '../../lib/host-port.js';
import type { Rng } from '../../lib/rng.js';
import { drawId } from '../../runtime/secrets.js';
import type { DatagramToken } from '../../wire/datagram.js';
import type { WireEvent } from '../../wire/decoder.js';
import { encodeDataMessage } from '../../wire/encoder.js';
import {
  type Arrival,
  type Connection,
  type ConnectionHandler,
  NOBODY,
} from '../sockets/connection.js';
import { dataHello, type OverlayContext } from '../sockets/context.js';
import { OVERLAY_LIMITS } from '../sockets/limits.js';
import { createOutbox, type Outbox } from '../sockets/outbox.js';
import { createRetries } from '../sockets/retries.js';
import { type ChildMessage, isFromParent } from './data-roles.js';
import { createDatagramChild, type DatagramChild } from './datagram-child.js';

export interface Upstreams {
  send(to: Member, channel: number, message: ChildMessage): void;
  /** Opens a connection, if there is none, and keeps it when nobody subscribes. */
  hold(to: Member, channel: number): void;
  /** Ends it as soon as nobody subscribes. */
  release(to: Member, channel: number): void;
  /** Ends what goes on without connections. */
  close(): void;
}

interface Upstream {
  readonly peer: Member;
  readonly channel: number;
  connection: Connection;
  isOpen: boolean;
  readonly outbox: Outbox;
  /** The subscriptions. Bounded: the sources that the machine knows. */
  readonly sources: Set<SourceId>;
  /** Of a channel announced as UDP, where the parent takes datagrams. */
  datagrams: DatagramChild | undefined;
}

const drawDatagramToken = (): DatagramToken => drawId() as DatagramToken;

const keyOf = (peer: NodeId, channel: number): string => `${peer}/${channel}`;

/** No parents; `onDown` hears when a connection with subscriptions is gone. */
export function createUpstreams(
  context: OverlayContext,
  rng: Rng,
  onDown: (peer: NodeId, channel: number) => void,
): Upstreams {
  const { connections, counters, feed, log } = context;
  const retries = createRetries(rng);
  /** Bounded: outboundDataMax. */
  const upstreams = new Map<string, Upstream>();
  /** Bounded: mesh neighbours. */
  const held = new Set<string>();

  const isCurrent = (upstream: Upstream): boolean =>
    upstreams.get(keyOf(upstream.peer.id, upstream.channel)) === upstream;

  const lose = (upstream: Upstream): void => {
    if (!isCurrent(upstream)) return;
    upstreams.delete(keyOf(upstream.peer.id, upstream.channel));
    upstream.connection.destroy();
    upstream.datagrams?.close();
    if (upstream.sources.size > 0) onDown(upstream.peer.id, upstream.channel);
  };

  const end = (upstream: Upstream): void => {
    upstreams.delete(keyOf(upstream.peer.id, upstream.channel));
    upstream.connection.handTo(NOBODY, 'data');
    upstream.datagrams?.close();
    if (upstream.isOpen) upstream.connection.finish();
    else upstream.connection.destroy();
  };

  const endIfUnused = (upstream: Upstream): void => {
    const isHeld = held.has(keyOf(upstream.peer.id, upstream.channel));
    if (upstream.sources.size === 0 && !isHeld && isCurrent(upstream)) end(upstream);
  };

  const handleMessage = (upstream: Upstream, message: DataMessage): void => {
    const { connection, sources, channel } = upstream;
    if (!isFromParent(message) || message.channel !== channel) {
      return connection.reject('unexpected', `${message.kind} from a parent`);
    }
    counters.dataMessagesIn++;
    if (message.kind === 'refused') sources.delete(message.source);
    feed({ kind: 'dataReceived', from: upstream.peer, message });
    endIfUnused(upstream);
  };

  const takeAdu = (upstream: Upstream, adu: Adu): void => {
    counters.adusIn++;
    feed({ kind: 'adu', from: upstream.peer.id, adu });
  };

  const handleArrival = (upstream: Upstream, event: Arrival): void => {
    if (event.kind === 'data') return handleMessage(upstream, event.message);
    if (event.kind !== 'adu' || event.adu.channel !== upstream.channel) {
      return upstream.connection.reject('unexpected', `${event.kind} from a parent`);
    }
    upstream.datagrams?.onAduByTcp();
    takeAdu(upstream, event.adu);
  };

  /** What is wrong in a datagram is dropped: it says nothing of the connection. */
  const handleDatagram = (upstream: Upstream, event: WireEvent): void => {
    if (event.kind === 'adu' && event.adu.channel === upstream.channel) {
      takeAdu(upstream, event.adu);
    } else counters.datagramsMalformed++;
  };

  const startDatagrams = (upstream: Upstream, token: DatagramToken): void => {
    const take = (event: WireEvent): void => handleDatagram(upstream, event);
    const remote = splitHostPort(upstream.peer.address);
    const isUsed = (): boolean => upstream.sources.size > 0;
    upstream.datagrams = createDatagramChild(context, token, remote, rng, isUsed, take);
    upstream.datagrams.begin();
  };

  const handlerOf = (upstream: Upstream): ConnectionHandler => ({
    onArrival: (event) => handleArrival(upstream, event),
    onDrain: () => {},
    onClose: (cause, reason) => {
      log.debug({ peer: upstream.peer.id, cause, reason }, 'data connection to a parent closed');
      lose(upstream);
    },
  });

  const connect = (peer: Member, channel: number): Upstream => {
    const token = context.usesDatagrams(channel) ? drawDatagramToken() : undefined;
    const opening = connections.open({
      to: peer.address,
      hello: dataHello(context, channel, token),
      onOpen: (connection, answer) => {
        retries.onOpened(peer.address);
        if (answer.id !== peer.id) {
          connection.destroy();
          return lose(upstream);
        }
        connection.handTo(handlerOf(upstream), 'data');
        upstream.isOpen = true;
        const isTaken = answer.purpose === 'data' && answer.token === token;
        if (token !== undefined && isTaken) startDatagrams(upstream, token);
        for (const frame of upstream.outbox.takeAll()) connection.send(frame);
      },
      onFailed: () => {
        retries.onFailed(peer.address, performance.now());
        lose(upstream);
      },
    });
    const upstream: Upstream = {
      peer,
      channel,
      connection: opening,
      isOpen: false,
      outbox: createOutbox(),
      sources: new Set(),
      datagrams: undefined,
    };
    return upstream;
  };

  const open = (peer: Member, channel: number): Upstream | undefined => {
    const now = performance.now();
    retries.sweep(now);
    if (upstreams.size >= OVERLAY_LIMITS.outboundDataMax || !retries.mayTry(peer.address, now)) {
      counters.connectsSuppressed++;
      return undefined;
    }
    const upstream = connect(peer, channel);
    upstreams.set(keyOf(peer.id, channel), upstream);
    return upstream;
  };

  const write = (upstream: Upstream, message: ChildMessage): void => {
    counters.dataMessagesOut++;
    const frame = encodeDataMessage(message);
    if (message.kind === 'nack' && upstream.datagrams?.send(frame)) return;
    if (upstream.isOpen) return upstream.connection.send(frame);
    if (upstream.outbox.put(frame)) return;
    counters.overflows++;
    upstream.connection.fail('lost', 'too much waits for it');
  };

  const openFor = (to: Member, channel: number): Upstream | undefined => {
    const upstream = open(to, channel);
    if (upstream === undefined) setImmediate(() => onDown(to.id, channel));
    return upstream;
  };

  return {
    send: (to, channel, message) => {
      const known = upstreams.get(keyOf(to.id, channel));
      const upstream = known ?? (message.kind === 'subscribe' ? openFor(to, channel) : undefined);
      if (upstream === undefined) return;
      if (message.kind === 'subscribe') upstream.sources.add(message.source);
      if (message.kind === 'unsubscribe') upstream.sources.delete(message.source);
      write(upstream, message);
      endIfUnused(upstream);
    },
    close: () => {
      for (const { datagrams } of upstreams.values()) datagrams?.close();
    },
    hold: (to, channel) => {
      held.add(keyOf(to.id, channel));
      if (!upstreams.has(keyOf(to.id, channel))) open(to, channel);
    },
    release: (to, channel) => {
      held.delete(keyOf(to.id, channel));
      const upstream = upstreams.get(keyOf(to.id, channel));
      if (upstream !== undefined) endIfUnused(upstream);
    },
  };
}
