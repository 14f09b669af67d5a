/**
 * The data connections to parents, by parent and channel, and the two ways in which one of them
 * ends: it fails, and then the machine is notified, or it is no longer used and ends in order.
 */
import type { Address, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import type { Retries } from '../../lib/retries.js';
import type { Rng } from '../../lib/rng.js';
import { type Connection, NOBODY } from '../sockets/connection.js';
import type { OverlayContext } from '../sockets/context.js';
import type { Outbox } from '../sockets/outbox.js';
import type { DatagramChild } from './datagram-child.js';

/** One data connection to a parent, or to a parent in reserve. */
export interface Upstream {
  /** Of a neighbour of our predecessor only id and address are known before its HELLO. */
  peer: Member;
  readonly channel: number;
  connection: Connection;
  /** The handshake is done. */
  isOpen: boolean;
  /** The peer has proven its id: what waits may leave with our HELLO. */
  isSecure: boolean;
  readonly outbox: Outbox;
  /** The subscriptions. Bounded: the sources that the machine knows. */
  readonly sources: Set<SourceId>;
  /** Of a channel announced as UDP, if the parent takes datagrams. */
  datagrams: DatagramChild | undefined;
}

export interface UpstreamTable {
  readonly context: OverlayContext;
  readonly rng: Rng;
  readonly retries: Retries<Address>;
  /** By `keyOf`. Bounded: outboundDataMax. */
  readonly upstreams: Map<string, Upstream>;
  /** The peers to which connections are kept without a subscription. Bounded: mesh neighbours, ours and our predecessor's. */
  readonly held: Set<NodeId>;
  /** Keys of peers that could not be asked, which is about to be reported. */
  readonly failing: Set<string>;
  /** Called when a connection with subscriptions is gone. */
  onDown(peer: NodeId, channel: number): void;
}

/** The key of the connection to a peer for a channel. */
export const keyOf = (peer: NodeId, channel: number): string => `${peer}/${channel}`;

const isCurrent = ({ upstreams }: UpstreamTable, upstream: Upstream): boolean =>
  upstreams.get(keyOf(upstream.peer.id, upstream.channel)) === upstream;

/** The connection has failed. */
export function lose(table: UpstreamTable, upstream: Upstream): void {
  if (!isCurrent(table, upstream)) return;
  const { peer, channel, connection, datagrams, sources } = upstream;
  table.upstreams.delete(keyOf(peer.id, channel));
  connection.destroy();
  datagrams?.close();
  if (sources.size > 0) table.onDown(peer.id, channel);
}

/** Ends the connection in order if nobody subscribes over it and it is not held in reserve. */
export function endIfUnused(table: UpstreamTable, upstream: Upstream): void {
  const isHeld = table.held.has(upstream.peer.id);
  if (upstream.sources.size === 0 && !isHeld && isCurrent(table, upstream)) end(table, upstream);
}

function end({ upstreams }: UpstreamTable, upstream: Upstream): void {
  const { peer, channel, connection, datagrams, isOpen } = upstream;
  upstreams.delete(keyOf(peer.id, channel));
  connection.handTo(NOBODY, 'data');
  datagrams?.close();
  if (isOpen) connection.finish();
  else connection.destroy();
}
