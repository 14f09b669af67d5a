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
 * link-pool.ts holds the data, dialling.ts opens connections, linking.ts serves and ends them, and
 * identity.ts decides whose words are those of a neighbour.
 */
import type { Message } from '../../gossamer/core/message.js';
import type { Address, Member, NodeId } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import { encodeMessage } from '../../wire/encoder.js';
import type { ControlHello } from '../../wire/hello.js';
import type { Admission } from '../sockets/admission.js';
import { controlHello, memberOf, type OverlayContext } from '../sockets/context.js';
import { giveUpOpening, openIfAllowed } from './dialling.js';
import { endOtherClaims, isNeighbourAt, objectionToId } from './identity.js';
import {
  type Contact,
  contactOf,
  createLinkPool,
  type Link,
  type LinkPool,
  writeTo,
} from './link-pool.js';
import { becomeLinked, sweep } from './linking.js';

export interface ControlLinks {
  admit(hello: ControlHello, remoteAddress: string): Admission;
  /** Whether a node is a neighbour, and a connection of its edge leads to that IP address. */
  isNeighbourAt(id: NodeId, remoteAddress: string): boolean;
  send(to: Address, message: Message): void;
  /** The mesh edge is gone: close its connection soon, unless it is used again. */
  hangUp(to: Address): void;
  /** A mesh edge has come up or gone down. */
  onEdge(member: Member, isUp: boolean): void;
  /** Stops the search for idle connections; closing the connections is the sockets' business. */
  close(): void;
}

/** Creates control links without connections; `rng` spreads retries. */
export function createControlLinks(context: OverlayContext, rng: Rng): ControlLinks {
  const pool = createLinkPool(context, rng);
  const sweeper = setInterval(() => sweep(pool), context.limits.sweepMs);
  return {
    admit: (hello, remoteAddress) => {
      const objection = objectionToId(pool, hello, remoteAddress);
      if (objection !== undefined) return { kind: 'refused', ...objection };
      return {
        kind: 'admitted',
        answer: controlHello(context),
        onOpen: (connection) => becomeLinked(pool, connection, memberOf(hello)),
      };
    },
    isNeighbourAt: (id, remoteAddress) => isNeighbourAt(pool, id, remoteAddress),
    send: (to, message) => send(pool, to, message),
    hangUp: (to) => {
      const contact = pool.contacts.get(to);
      if (contact !== undefined) contact.isHungUp = true;
    },
    onEdge: (member, isUp) => {
      const { address, id } = member;
      if (!isUp) return void pool.edges.delete(address);
      pool.edges.set(address, id);
      endOtherClaims(pool, member);
    },
    close: () => clearInterval(sweeper),
  };
}

/** The connection of the neighbour at that address; else the first: anybody may claim an address. */
function linkTo({ edges }: LinkPool, { address, links }: Contact): Link | undefined {
  const neighbour = edges.get(address);
  const [first] = links;
  return [...links].find(({ peer }) => peer.id === neighbour) ?? first;
}

/** Writes to an open connection, or leaves the message for the one that is being opened. */
function send(pool: LinkPool, to: Address, message: Message): void {
  const frame = encodeMessage(message);
  const contact = contactOf(pool, to);
  contact.isHungUp = false;
  const link = linkTo(pool, contact);
  if (link !== undefined) return writeTo(pool, link, frame);
  if (contact.opening === undefined && !openIfAllowed(pool, contact)) return;
  if (!contact.outbox.put(frame)) giveUpOpening(pool, contact);
}
