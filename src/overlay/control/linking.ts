/**
 * The life of a control connection from its handshake to its end. Messages that waited for it are
 * sent, and what it brings is fed to the machine: of routes only those to sources that have signed
 * where they are (lots/source-statement.ts) and whose SCX has signed that, or that it has none any
 * more (lots/listings.ts), and of what is passed on about an SCX only what it has signed itself
 * (tls/testimony.ts). It ends when it has been idle, with a farewell,
 * or breaks, which is reported as `linkDown` if no other connection to the peer remains.
 */
import type { Message } from '../../gossamer/core/message.js';
import type { Address, Member, NodeId } from '../../gossamer/core/node.js';
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { encodeRefusal } from '../../wire/encoder.js';
import type { SignedMessage } from '../../wire/message-codec.js';
import type { CloseCause, Connection } from '../sockets/connection.js';
import { needsSignature } from '../tls/testimony.js';
import {
  type Contact,
  contactOf,
  detach,
  type Link,
  type LinkPool,
  reportDown,
  writeTo,
} from './link-pool.js';

/** The handshake has succeeded; `dialled` is the address to which we opened the connection. */
export function becomeLinked(
  pool: LinkPool,
  connection: Connection,
  peer: Member,
  dialled?: Address,
): void {
  const { context } = pool;
  const addresses = [...new Set([peer.address, dialled ?? peer.address])];
  const isOurs = dialled !== undefined;
  const { signedBurst, signedIntervalMs } = context.limits;
  const signedRate = createTokenBucket(signedBurst, signedIntervalMs);
  const link: Link = { connection, peer, addresses, isOurs, signedRate, isRetired: false };
  connection.handTo(
    {
      onArrival: (event) => {
        if (event.kind === 'signed') return handleSigned(pool, link, event);
        if (event.kind !== 'message') return connection.reject('unexpected', event.kind);
        handleMessage(pool, link, event.message);
      },
      onDrain: () => {},
      onClose: (cause, reason) => onClose(pool, link, cause, reason),
    },
    'control',
  );
  for (const address of addresses) {
    const contact = contactOf(pool, address);
    contact.links.add(link);
    if (!isOurs) continue;
    for (const frame of contact.outbox.takeRest()) writeTo(pool, link, frame);
  }
}

function handleMessage(pool: LinkPool, link: Link, message: Message): void {
  const { connection } = link;
  if (needsSignature(message)) return connection.reject('forged', `${message.kind} unsigned`);
  const { checkRoutes, listings } = pool.context;
  const checked = checkRoutes(message);
  if (checked === undefined) return connection.reject('forged', 'a source in a route');
  const heard = listings.withWithdrawals(checked, link.signedRate);
  if (heard === undefined) return connection.reject('forged', 'a withdrawal');
  hear(pool, link, heard);
}

/** What the subject has not signed is not heard, whoever sends it. */
function handleSigned(pool: LinkPool, link: Link, signed: SignedMessage): void {
  const verdict = pool.context.testimonies.verdictOn(signed, link.signedRate);
  if (verdict === 'forged') return link.connection.reject('forged', signed.message.kind);
  if (verdict === 'true') hear(pool, link, signed.message);
  else pool.context.counters.signedUnheard++;
}

function hear(pool: LinkPool, link: Link, message: Message): void {
  const { counters, feed } = pool.context;
  counters.messagesIn++;
  pool.asking = link;
  feed({ kind: 'received', from: link.peer, message });
  pool.asking = undefined;
}

function onClose(pool: LinkPool, link: Link, cause: CloseCause, reason: string): void {
  detach(pool, link);
  if (link.isOurs) pool.outboundCount--;
  if (link.isRetired) return;
  pool.context.log.debug({ peer: link.peer.id, cause, reason }, 'control connection closed');
  for (const address of link.addresses) {
    const contact = contactOf(pool, address);
    const neighbour = pool.edges.get(address);
    // Any peer may claim an address: only the neighbour there can end its edge, and only a
    // connection that we have opened says something about others.
    if (neighbour === undefined ? !link.isOurs : neighbour !== link.peer.id) continue;
    // A peer may end an idle connection with a farewell, unless it is that of a mesh edge.
    if (cause === 'refused' && neighbour === undefined) continue;
    if (isCutOff(contact, link.peer)) reportDown(pool, contact, 'closed');
  }
}

/** The first connection of a peer. */
const linkOf = ({ links }: Contact, id: NodeId | undefined): Link | undefined =>
  [...links].find(({ peer }) => peer.id === id);

/** Whether no other connection to the peer at that address remains. */
const isCutOff = (contact: Contact, peer: Member): boolean =>
  contact.opening === undefined && ![...contact.links].some((other) => other.peer.id === peer.id);

/** Ends idle connections, and forgets addresses without any. Called every sweepMs. */
export function sweep(pool: LinkPool): void {
  const now = performance.now();
  pool.retries.sweep(now);
  for (const contact of pool.contacts.values()) {
    for (const link of contact.links) if (isIdle(pool, contact, link, now)) retire(pool, link);
    const { links, opening, isFailing, address } = contact;
    if (links.size === 0 && opening === undefined && !isFailing) pool.contacts.delete(address);
  }
}

function isIdle({ context, edges }: LinkPool, contact: Contact, link: Link, now: number): boolean {
  const neighbour = edges.get(contact.address);
  if (linkOf(contact, neighbour) === link) return false;
  const { hungUpIdleMs, idleMs } = context.limits;
  return now - link.connection.usedAt > (contact.isHungUp ? hungUpIdleMs : idleMs);
}

/** Says farewell; the peer's end of the connection is then no news. */
function retire(pool: LinkPool, link: Link): void {
  link.isRetired = true;
  detach(pool, link);
  link.connection.finish(encodeRefusal('idle'));
}
