/**
 * The context that the parts of one overlay share: the machine's input, the sockets, counters,
 * limits, the log, and the HELLOs that this SCX sends.
 */
import type { Logger } from 'pino';
import type { Input } from '../../gossamer/core/effects.js';
import type { Address, Member } from '../../gossamer/core/node.js';
import { createRetries, type Retries } from '../../lib/retries.js';
import type { Rng } from '../../lib/rng.js';
import type { DatagramToken } from '../../wire/datagram.js';
import {
  type ControlHello,
  type DataHello,
  type SegmentPlace,
  WIRE_VERSION,
} from '../../wire/hello.js';
import type { Listings } from '../lots/listings.js';
import type { CheckLot } from '../lots/lot-check.js';
import type { CheckRoutes } from '../lots/source-statement.js';
import type { Membership } from '../tls/membership.js';
import type { Testimonies } from '../tls/testimony.js';
import type { ScxHello } from './admission.js';
import type { Connections } from './connections.js';
import type { OverlayCounters } from './counters.js';
import type { Datagrams } from './datagrams.js';
import type { OverlayLimits } from './limits.js';

export interface OverlayContext {
  readonly session: string;
  /** Our newest segment of HLS, which HELLO tells. */
  segment(): SegmentPlace | undefined;
  /** Which SCXs may take part. */
  readonly membership: Membership;
  /** This SCX, with its present incarnation. */
  self(): Member;
  /** Feeds the machine, now or as soon as its present step has ended. */
  feed(input: Input): void;
  readonly connections: Connections;
  readonly datagrams: Datagrams;
  /** Whether a lot is believed; nothing else becomes an input of the machine. */
  readonly checkLot: CheckLot;
  /** Signs and checks what is passed on about SCXs. */
  readonly testimonies: Testimonies;
  /** Signs and checks which sources SCXs say are attached to them. */
  readonly listings: Listings;
  /** The message without sources that are not believed. */
  readonly checkRoutes: CheckRoutes;
  /** Whether the channel is announced as UDP, and there is a UDP socket. */
  usesDatagrams(channel: number): boolean;
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  readonly log: Logger;
}

/** Our HELLO on control connections, and in answer to clients. */
export const controlHello = (context: OverlayContext): ControlHello => {
  const { session, self, membership } = context;
  const segment = context.segment();
  return {
    version: WIRE_VERSION,
    session,
    purpose: 'control',
    ...(segment === undefined ? {} : { segment }),
    ...membership.own,
    ...self(),
  };
};

/** Our HELLO on the data connections of a channel; with a token datagrams may be used, too. */
export const dataHello = (
  { session, self, membership }: OverlayContext,
  channel: number,
  token?: DatagramToken,
): DataHello => ({
  version: WIRE_VERSION,
  session,
  purpose: 'data',
  channel,
  ...(token === undefined ? {} : { token }),
  ...membership.own,
  ...self(),
});

/** Creates the record of the addresses that could not be reached; `rng` spreads retries. */
export const createAddressRetries = ({ limits }: OverlayContext, rng: Rng): Retries<Address> =>
  createRetries({
    range: { firstMs: limits.retryFirstMs, lastMs: limits.retryLastMs },
    peersMax: limits.peersMax,
    unit: rng.unit,
  });

/** The SCX that a HELLO claims to come from. Its shape has been checked, its truth has not. */
export const memberOf = ({ id, address, incarnation, rendezvous }: ScxHello): Member => ({
  id,
  address,
  incarnation,
  rendezvous,
});
