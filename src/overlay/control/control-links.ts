/**
 * Control connections (§3.2: "unicast connections across SCXs"). Gossamer sends to addresses and
 * knows no connections; here is a pool of them. One is opened when there is something to say, serves
 * both sides, and is closed when nothing has been said for long; a mesh edge keeps its own open.
 *
 * An idle connection ends with a farewell, so that its end is not taken for a death, and its opener
 * listens on until the peer has ended too, so that nothing said meanwhile is lost. Any other end is
 * told as `linkDown` at once, which is how a crash is noticed within a round trip.
 */
import type { Message } from '../../gossamer/core/message.js';
import type { Address, Member, NodeId } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import { encodeMessage, encodeRefusal } from '../../wire/encoder.js';
import type { ControlHello } from '../../wire/hello.js';
import type { CloseCause, Connection } from '../sockets/connection.js';
import type { Admission } from '../sockets/connections.js';
import { controlHello, memberOf, type OverlayContext } from '../sockets/context.js';
import { OVERLAY_LIMITS } from '../sockets/limits.js';
import { createOutbox, type Outbox } from '../sockets/outbox.js';
import { createRetries } from '../sockets/retries.js';

export interface ControlLinks {
  admit(hello: ControlHello): Admission;
  send(to: Address, message: Message): void;
  /** The mesh edge is gone: close its connection soon, unless it is used again. */
  hangUp(to: Address): void;
  /** A mesh edge has come up or gone down. */
  onEdge(member: Member, isUp: boolean): void;
  close(): void;
}

/** A connection after its handshake. */
interface Link {
  readonly connection: Connection;
  readonly peer: Member;
  /** The address that the peer claims, and the one that we dialled. */
  readonly addresses: readonly Address[];
  /** Whether we opened it. */
  readonly isOurs: boolean;
  isRetired: boolean;
}

/** What there is about one address. */
interface Contact {
  readonly address: Address;
  /** In the order of their handshakes; the first one is written to. */
  readonly links: Set<Link>;
  readonly outbox: Outbox;
  opening: Connection | undefined;
  isHungUp: boolean;
  isFailing: boolean;
}

/** No connections; `rng` spreads retries. */
export function createControlLinks(context: OverlayContext, rng: Rng): ControlLinks {
  const { connections, counters, log, feed } = context;
  const retries = createRetries(rng);
  /** Bounded: inboundMax and peersMax; `sweep` removes those without a connection. */
  const contacts = new Map<Address, Contact>();
  /** Who is the neighbour at an address. Bounded: k1 + k2. */
  const edges = new Map<Address, NodeId>();
  let outboundCount = 0;

  const contactOf = (address: Address): Contact => {
    const known = contacts.get(address);
    if (known !== undefined) return known;
    const contact: Contact = {
      address,
      links: new Set(),
      outbox: createOutbox(),
      opening: undefined,
      isHungUp: false,
      isFailing: false,
    };
    contacts.set(address, contact);
    return contact;
  };

  const tellDown = (contact: Contact, reason: 'closed' | 'unreachable'): void => {
    contact.outbox.takeAll();
    feed({ kind: 'linkDown', address: contact.address, reason });
  };

  /** Not in the same turn: what the machine answers may be another attempt. */
  const tellDownSoon = (contact: Contact, reason: 'closed' | 'unreachable'): void => {
    counters.connectsSuppressed++;
    if (contact.isFailing) return;
    contact.isFailing = true;
    setImmediate(() => {
      contact.isFailing = false;
      tellDown(contact, reason);
    });
  };

  const write = ({ connection }: Link, frame: Uint8Array): void => {
    counters.messagesOut++;
    connection.send(frame);
    if (connection.backlogBytes <= OVERLAY_LIMITS.controlBacklogMax) return;
    counters.overflows++;
    connection.fail('lost', 'the peer does not read');
  };

  const detach = (link: Link): void => {
    for (const address of link.addresses) contacts.get(address)?.links.delete(link);
  };

  /** Whether the peer can no longer be spoken to at that address. */
  const isCutOff = (contact: Contact, peer: Member): boolean =>
    contact.opening === undefined && ![...contact.links].some((other) => other.peer.id === peer.id);

  const onClose = (link: Link, cause: CloseCause, reason: string): void => {
    detach(link);
    if (link.isOurs) outboundCount--;
    if (link.isRetired) return;
    log.debug({ peer: link.peer.id, cause, reason }, 'control connection closed');
    for (const address of link.addresses) {
      const contact = contactOf(address);
      const neighbour = edges.get(address);
      // Anybody may claim a neighbour's address: the edge is down when the neighbour itself hangs up.
      if (neighbour !== undefined && neighbour !== link.peer.id) continue;
      // A farewell is no news, unless it ends what we hold for a mesh edge.
      if (cause === 'refused' && neighbour === undefined) continue;
      if (isCutOff(contact, link.peer)) tellDown(contact, 'closed');
    }
  };

  const becomeLinked = (connection: Connection, peer: Member, dialled?: Address): void => {
    const addresses = [...new Set([peer.address, dialled ?? peer.address])];
    const isOurs = dialled !== undefined;
    const link: Link = { connection, peer, addresses, isOurs, isRetired: false };
    connection.handTo(
      {
        onArrival: (event) => {
          if (event.kind !== 'message') return connection.reject('unexpected', event.kind);
          counters.messagesIn++;
          feed({ kind: 'received', from: peer, message: event.message });
        },
        onDrain: () => {},
        onClose: (cause, reason) => onClose(link, cause, reason),
      },
      'control',
    );
    for (const address of addresses) {
      const contact = contactOf(address);
      contact.links.add(link);
      for (const frame of contact.outbox.takeAll()) write(link, frame);
    }
  };

  const onFailed = (contact: Contact): void => {
    contact.opening = undefined;
    outboundCount--;
    retries.onFailed(contact.address, performance.now());
    if (contact.links.size === 0) tellDown(contact, 'unreachable');
  };

  const isFull = (): boolean =>
    outboundCount >= OVERLAY_LIMITS.outboundControlMax || contacts.size > OVERLAY_LIMITS.peersMax;

  /** Where nobody answered a moment ago, and when we have too many connections, none is opened. */
  const openIfAllowed = (contact: Contact): boolean => {
    const mayTry = retries.mayTry(contact.address, performance.now());
    if (mayTry && !isFull()) open(contact);
    else tellDownSoon(contact, mayTry ? 'closed' : 'unreachable');
    return contact.opening !== undefined;
  };

  const open = (contact: Contact): void => {
    outboundCount++;
    contact.opening = connections.open({
      to: contact.address,
      hello: controlHello(context),
      onOpen: (connection, answer) => {
        contact.opening = undefined;
        retries.onOpened(contact.address);
        becomeLinked(connection, memberOf(answer), contact.address);
      },
      onFailed: () => onFailed(contact),
    });
  };

  const giveUpOpening = (contact: Contact): void => {
    counters.overflows++;
    contact.opening?.fail('lost', 'too much waits for it');
  };

  const retire = (link: Link): void => {
    link.isRetired = true;
    detach(link);
    link.connection.finish(encodeRefusal('idle'));
  };

  const isIdle = (contact: Contact, link: Link, now: number): boolean => {
    const [first] = contact.links;
    if (first === link && edges.has(contact.address)) return false;
    const { hungUpIdleMs, idleMs } = OVERLAY_LIMITS;
    return now - link.connection.usedAt > (contact.isHungUp ? hungUpIdleMs : idleMs);
  };

  const sweep = (): void => {
    const now = performance.now();
    retries.sweep(now);
    for (const contact of contacts.values()) {
      for (const link of contact.links) if (isIdle(contact, link, now)) retire(link);
      const { links, opening, isFailing } = contact;
      if (links.size === 0 && opening === undefined && !isFailing) contacts.delete(contact.address);
    }
  };

  const sweeper = setInterval(sweep, OVERLAY_LIMITS.sweepMs);

  return {
    admit: (hello) => ({
      kind: 'admitted',
      answer: controlHello(context),
      onOpen: (connection) => becomeLinked(connection, memberOf(hello)),
    }),
    send: (to, message) => {
      const frame = encodeMessage(message);
      const contact = contactOf(to);
      contact.isHungUp = false;
      const [link] = contact.links;
      if (link !== undefined) return write(link, frame);
      if (contact.opening === undefined && !openIfAllowed(contact)) return;
      if (!contact.outbox.put(frame)) giveUpOpening(contact);
    },
    hangUp: (to) => {
      const contact = contacts.get(to);
      if (contact !== undefined) contact.isHungUp = true;
    },
    onEdge: ({ address, id }, isUp) => {
      if (isUp) edges.set(address, id);
      else edges.delete(address);
    },
    close: () => clearInterval(sweeper),
  };
}
