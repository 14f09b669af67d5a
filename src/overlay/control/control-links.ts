/**
 * Control connections (§3.2: "unicast connections across SCXs"). Gossamer sends to addresses and
 * knows no connections; this is a pool of them. A connection is opened when there is something to
 * send, serves both sides, and is closed when it has been idle for long. A mesh edge keeps its own
 * open.
 *
 * An idle connection ends with a farewell, so that its end is not taken for the death of the peer.
 * The side that ends it reads on until the other has ended too, so that a message that crosses the
 * farewell is not lost. Any other end is reported as `linkDown` at once, so a crash is noticed
 * within a round trip.
 *
 * A neighbour of our predecessor is known by its id. What waits for the connection to it leaves with our HELLO
 * as soon as TLS has proven that id, so the first edge is there one round trip earlier. Any other
 * peer at an address is sent nothing before its HELLO has been accepted.
 *
 * Ids are proven, addresses are claimed: anybody may say in HELLO that it is to be reached where
 * another SCX is. So what we say unasked to an address goes over the connection of the neighbour
 * that is there, or over one that we have opened to it. Answers go where the question came from.
 *
 * link-pool.ts holds the data, dialling.ts opens connections, linking.ts serves and ends them.
 */
import type { Message } from '../../gossamer/core/message.js';
import type { Address, Member } from '../../gossamer/core/node.js';
import type { FormerEdge } from '../../gossamer/mesh/mesh.js';
import type { Rng } from '../../lib/rng.js';
import type { ControlHello } from '../../wire/hello.js';
import type { Admission } from '../sockets/admission.js';
import { controlHello, memberOf, type OverlayContext } from '../sockets/context.js';
import { giveUpOpening, openIfAllowed } from './dialling.js';
import {
  contactOf,
  createLinkPool,
  type LinkPool,
  linkTo,
  sendEarly,
  writeTo,
} from './link-pool.js';
import { becomeLinked, sweep } from './linking.js';

export interface ControlLinks {
  admit(hello: ControlHello): Admission;
  send(to: Address, message: Message): void;
  /** The mesh edge is gone: close its connection soon, unless it is used again. */
  hangUp(to: Address): void;
  /** A mesh edge has come up or gone down. */
  onEdge(member: Member, isUp: boolean): void;
  /** These SCXs are about to be asked for edges. */
  prepare(former: readonly FormerEdge[]): void;
  /** What a neighbour sent was forged: closes its connections. */
  reject(member: Member, what: string): void;
  /** Stops the search for idle connections; closing the connections is the sockets' business. */
  close(): void;
}

/** Creates control links without connections; `rng` spreads retries. */
export function createControlLinks(context: OverlayContext, rng: Rng): ControlLinks {
  const pool = createLinkPool(context, rng);
  const sweeper = setInterval(() => sweep(pool), context.limits.sweepMs);
  return {
    admit: (hello) => ({
      kind: 'admitted',
      answer: controlHello(context),
      onOpen: (connection) => becomeLinked(pool, connection, memberOf(hello)),
    }),
    send: (to, message) => send(pool, to, message),
    hangUp: (to) => {
      const contact = pool.contacts.get(to);
      if (contact !== undefined) contact.isHungUp = true;
    },
    onEdge: ({ address, id }, isUp) => {
      if (isUp) pool.edges.set(address, id);
      else pool.edges.delete(address);
    },
    prepare: (former) => {
      for (const { member } of former) pool.expected.set(member.address, member.id);
    },
    reject: ({ id, address }, what) => {
      for (const { peer, connection } of pool.contacts.get(address)?.links ?? []) {
        if (peer.id === id) connection.reject('forged', what);
      }
    },
    close: () => clearInterval(sweeper),
  };
}

/** Writes to an open connection, or leaves the message for the one that is being opened. */
function send(pool: LinkPool, to: Address, message: Message): void {
  const { testimonies, listings } = pool.context;
  const frame = testimonies.encode(listings.signed(message));
  if (frame === undefined) return;
  const contact = contactOf(pool, to);
  contact.isHungUp = false;
  const link = linkTo(pool, contact);
  if (link !== undefined) return writeTo(pool, link, frame);
  if (contact.opening === undefined && !openIfAllowed(pool, contact)) return;
  if (contact.outbox.put(frame)) sendEarly(pool, contact);
  else giveUpOpening(pool, contact);
}
