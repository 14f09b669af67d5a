/** What the parts of the overlay share. */
import type { Logger } from 'pino';
import type { Input } from '../../gossamer/core/effects.js';
import type { Member } from '../../gossamer/core/node.js';
import type { DatagramToken } from '../../wire/datagram.js';
import { type ControlHello, type DataHello, WIRE_VERSION } from '../../wire/hello.js';
import type { Connections, ScxHello } from './connections.js';
import type { OverlayCounters } from './counters.js';
import type { Datagrams } from './datagrams.js';

export interface OverlayContext {
  readonly session: string;
  /** We, with our present incarnation. */
  self(): Member;
  /** Feeds the machine, now or as soon as it has finished what it is doing. */
  feed(input: Input): void;
  readonly connections: Connections;
  readonly datagrams: Datagrams;
  /** Whether the channel is announced as UDP, and there is a socket. */
  usesDatagrams(channel: number): boolean;
  readonly counters: OverlayCounters;
  readonly log: Logger;
}

/** Our HELLO on control connections, and in answer to clients. */
export const controlHello = ({ session, self }: OverlayContext): ControlHello => ({
  version: WIRE_VERSION,
  session,
  purpose: 'control',
  ...self(),
});

/** Our HELLO on the data connections of a channel; with a token datagrams may be used, too. */
export const dataHello = (
  { session, self }: OverlayContext,
  channel: number,
  token?: DatagramToken,
): DataHello => ({
  version: WIRE_VERSION,
  session,
  purpose: 'data',
  channel,
  ...(token === undefined ? {} : { token }),
  ...self(),
});

/** The SCX that a HELLO speaks of. Taken as told: the shape has been checked, not the truth. */
export const memberOf = ({ id, address, incarnation, rendezvous }: ScxHello): Member => ({
  id,
  address,
  incarnation,
  rendezvous,
});
