/**
 * Handles what arrives from a parent: lots of ADUs and answers to subscriptions, over TCP or in
 * datagrams. The machine gets only ADUs that their source has signed (lots/lot-check.ts). Anything
 * else over TCP is a fault of the parent, and closes the connection.
 */
import type { DataMessage } from '../../gossamer/core/message.js';
import { splitHostPort } from '../../lib/host-port.js';
import type { DatagramToken } from '../../wire/datagram.js';
import type { WireEvent } from '../../wire/decoder.js';
import type { LotFrame } from '../../wire/lot-codec.js';
import { isFault } from '../lots/lot-check.js';
import type { Arrival, ConnectionHandler } from '../sockets/connection.js';
import { createSeal } from '../tls/seal.js';
import { isFromParent } from './data-roles.js';
import { createDatagramChild } from './datagram-child.js';
import { endIfUnused, lose, type Upstream, type UpstreamTable } from './upstream-table.js';

/** The handler of a connection to a parent. */
export const upstreamHandler = (table: UpstreamTable, upstream: Upstream): ConnectionHandler => ({
  onArrival: (event) => handleArrival(table, upstream, event),
  onDrain: () => {},
  onClose: (cause, reason) => {
    const { log } = table.context;
    log.debug({ peer: upstream.peer.id, cause, reason }, 'data connection to a parent closed');
    lose(table, upstream);
  },
});

function handleArrival(table: UpstreamTable, upstream: Upstream, event: Arrival): void {
  if (event.kind === 'data') return handleMessage(table, upstream, event.message);
  if (event.kind !== 'lot' || event.lot.channel !== upstream.channel) {
    return upstream.connection.reject('unexpected', `${event.kind} from a parent`);
  }
  const adus = event.payloads.filter((payload) => payload !== undefined);
  upstream.datagrams?.onAdusByTcp(adus.length);
  takeLot(table, upstream, event, (why) => upstream.connection.reject('forged', why));
}

function handleMessage(table: UpstreamTable, upstream: Upstream, message: DataMessage): void {
  const { connection, sources, channel, peer } = upstream;
  if (!isFromParent(message) || message.channel !== channel) {
    return connection.reject('unexpected', `${message.kind} from a parent`);
  }
  table.context.counters.dataMessagesIn++;
  if (message.kind === 'refused') sources.delete(message.source);
  table.context.feed({ kind: 'dataReceived', from: peer, message });
  endIfUnused(table, upstream);
}

/** Feeds the ADUs of a lot, if it is believed; `onFault`: the parent should not have sent it. */
function takeLot(
  { context }: UpstreamTable,
  { peer }: Upstream,
  frame: LotFrame,
  onFault: (why: string) => void,
): void {
  const checked = context.checkLot(frame);
  if (checked.kind === 'refused') {
    if (isFault(checked.why)) onFault(`a lot is ${checked.why}`);
    return;
  }
  for (const adu of checked.adus) {
    context.counters.adusIn++;
    context.feed({ kind: 'adu', from: peer.id, adu });
  }
}

/** Starts datagrams with a parent that accepts them. `token` is the one that both HELLOs name. */
export function startDatagrams(
  table: UpstreamTable,
  upstream: Upstream,
  token: DatagramToken,
): void {
  const { port } = splitHostPort(upstream.peer.address);
  upstream.datagrams = createDatagramChild({
    context: table.context,
    token,
    seal: createSeal(upstream.connection.exportKeys, 'child', token),
    parent: { host: upstream.connection.remoteAddress, port },
    rng: table.rng,
    isUsed: () => upstream.sources.size > 0,
    onEvent: (event) => handleDatagram(table, upstream, event),
  });
  upstream.datagrams.begin();
}

/** Only the parent can have sealed the datagram, so a fault costs it the connection. */
function handleDatagram(table: UpstreamTable, upstream: Upstream, event: WireEvent): void {
  const { connection, channel } = upstream;
  if (event.kind === 'lot' && event.lot.channel === channel) {
    takeLot(table, upstream, event, (why) => connection.reject('forged', why));
  } else connection.reject('unexpected', `${event.kind} in a datagram of a parent`);
}
