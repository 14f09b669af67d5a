/**
 * The control connections of one SCX by address, and what is known about each address. Several
 * connections may lead to one peer: both sides may have opened one at the same time, and a peer is
 * known by the address that it claims as well as by the one that we dialled.
 */
import type { Address, Member, NodeId } from '../../gossamer/core/node.js';
import type { TokenBucket } from '../../lib/bounds/token-bucket.js';
import type { Retries } from '../../lib/retries.js';
import type { Rng } from '../../lib/rng.js';
import type { Connection } from '../sockets/connection.js';
import { createAddressRetries, type OverlayContext } from '../sockets/context.js';
import { createOutbox, type Outbox } from '../sockets/outbox.js';

/** A connection after its handshake. */
export interface Link {
  readonly connection: Connection;
  readonly peer: Member;
  /** The address that the peer claims, and the one that we dialled. */
  readonly addresses: readonly Address[];
  /** Whether we opened it. */
  readonly isOurs: boolean;
  /** How many signatures that it brings are verified. */
  readonly signedRate: TokenBucket;
  /** We have ended it because it was idle. */
  isRetired: boolean;
}

/** The state of one address. */
export interface Contact {
  readonly address: Address;
  /** In the order of their handshakes. */
  readonly links: Set<Link>;
  readonly outbox: Outbox;
  /** The connection that is being opened. */
  opening: Connection | undefined;
  /** It leads to the SCX that we expect: what waits for it may leave with our HELLO. */
  isSecure: boolean;
  /** The machine has hung up: its mesh edge is gone. */
  isHungUp: boolean;
  /** `linkDown` is about to be reported. */
  isFailing: boolean;
}

export interface LinkPool {
  readonly context: OverlayContext;
  readonly retries: Retries<Address>;
  /** Bounded: inboundMax and peersMax; `sweep` removes those without a connection. */
  readonly contacts: Map<Address, Contact>;
  /** The mesh neighbour at each address. Bounded: k1 + k2. */
  readonly edges: Map<Address, NodeId>;
  /** The SCX that we expect at an address. Bounded: the neighbours of our predecessor. */
  readonly expected: Map<Address, NodeId>;
  /** Connections that we have opened or are opening. */
  outboundCount: number;
  /** The connection whose message is being handled. */
  asking: Link | undefined;
}

/** Creates a pool without connections; `rng` spreads retries. */
export const createLinkPool = (context: OverlayContext, rng: Rng): LinkPool => ({
  context,
  retries: createAddressRetries(context, rng),
  contacts: new Map(),
  edges: new Map(),
  expected: new Map(),
  outboundCount: 0,
  asking: undefined,
});

/** The contact of an address, which is created if there is none. */
export function contactOf({ contacts, context }: LinkPool, address: Address): Contact {
  const known = contacts.get(address);
  if (known !== undefined) return known;
  const contact: Contact = {
    address,
    links: new Set(),
    outbox: createOutbox(context.limits),
    opening: undefined,
    isSecure: false,
    isHungUp: false,
    isFailing: false,
  };
  contacts.set(address, contact);
  return contact;
}

/**
 * The connection for what is said to an address: that of the neighbour there, the one whose message
 * is being answered, or one that we have opened. Undefined: there is none.
 */
export function linkTo({ edges, asking }: LinkPool, { address, links }: Contact): Link | undefined {
  const all = [...links];
  const neighbour = edges.get(address);
  return (
    all.find(({ peer }) => peer.id === neighbour) ??
    all.find((link) => link === asking) ??
    all.find(({ isOurs }) => isOurs)
  );
}

/** Sends a frame. */
export function writeTo({ context }: LinkPool, { connection }: Link, frame: Uint8Array): void {
  context.counters.messagesOut++;
  connection.send(frame);
}

/** Sends what waits for a connection that is secure, without waiting for the answer to our HELLO. */
export function sendEarly({ context }: LinkPool, { opening, isSecure, outbox }: Contact): void {
  if (opening === undefined || !isSecure) return;
  for (const frame of outbox.takeEarly()) {
    context.counters.messagesOut++;
    opening.send(frame);
  }
}

/** Removes a link from its contacts. */
export function detach({ contacts }: LinkPool, link: Link): void {
  for (const address of link.addresses) contacts.get(address)?.links.delete(link);
}

/** Reports that an address cannot be reached, and drops what waited for it. */
export function reportDown(
  { context }: LinkPool,
  contact: Contact,
  reason: 'closed' | 'unreachable',
): void {
  contact.outbox.takeAll();
  context.feed({ kind: 'linkDown', address: contact.address, reason });
}
