/**
 * The counters of the overlay since the start of the SCX. `GET /status` and `GET /metrics` of the
 * SCX show the counters, so an operator can tell a full table from a hostile peer and a lost
 * network. They are never reset.
 */
import type { Fault } from '../../wire/decoder.js';
import { LOT_REFUSALS, type LotRefusal } from '../lots/lot-check.js';

/**
 * Faults of the wire; `unexpected`: a valid frame on a connection where it does not belong; and
 * `forged`: what claims to come from a source, but is not signed by it.
 */
export type ConnectionFault = Fault | 'unexpected' | 'forged';

export interface OverlayCounters {
  /** Connections that were accepted; then those that we opened. */
  connectionsIn: number;
  connectionsOut: number;
  /** Inbound connections refused: with a REFUSAL, or at once where too many are pending. */
  connectionsRefused: number;
  /** Inbound connections closed because another address needed the place. */
  connectionsDisplaced: number;
  /** Connections refused because they came with an id that is not that of their key. */
  impostors: number;
  /** Connections that could not be opened, or that the peer refused. */
  connectFailures: number;
  /** Connections that were not tried: the address failed a moment ago, or a limit is reached. */
  connectsSuppressed: number;
  /** Connections that were not tried: the address is private, or its host's budget is used up. */
  connectsForbidden: number;
  connectsOverBudget: number;
  handshakesTimedOut: number;
  /** TLS handshakes with openers that failed, and that did not begin as there were too many. */
  handshakesFailed: number;
  handshakesOverBudget: number;
  /**
   * Connections dropped because too much waited for the handshake, or for a peer that reads slowly.
   */
  overflows: number;
  messagesIn: number;
  messagesOut: number;
  /** Notices and heartbeats that were not heard, as too many were to be verified. */
  signedUnheard: number;
  dataMessagesIn: number;
  dataMessagesOut: number;
  adusIn: number;
  adusOut: number;
  clientMessagesIn: number;
  clientMessagesOut: number;
  clientAdusIn: number;
  /** To clients that receive. */
  clientAdusOut: number;
  controlBytesIn: number;
  controlBytesOut: number;
  dataBytesIn: number;
  dataBytesOut: number;
  clientBytesIn: number;
  clientBytesOut: number;
  /**
   * All datagrams; then those with an unknown token, those that the peer has not sealed or that came
   * twice, and those that are malformed.
   */
  datagramsIn: number;
  datagramsOut: number;
  datagramBytesIn: number;
  datagramBytesOut: number;
  datagramsStray: number;
  datagramsForged: number;
  datagramsMalformed: number;
  /** Times that a parent's datagrams stopped arriving, so that its ADUs came over TCP. */
  datagramFallbacks: number;
  /** Connections closed for malformed frames, by fault. */
  readonly malformedFrames: Record<ConnectionFault, number>;
  /** Lots that were not believed, by reason: see lots/lot-check.ts. */
  readonly lotsRefused: Record<LotRefusal, number>;
  /** Sources in routes that were not believed. */
  readonly sourcesRefused: Record<LotRefusal, number>;
}

const noRefusals = (): Record<LotRefusal, number> =>
  Object.fromEntries(LOT_REFUSALS.map((why) => [why, 0])) as Record<LotRefusal, number>;

/** Creates counters, all zero. */
export function createOverlayCounters(): OverlayCounters {
  return {
    connectionsIn: 0,
    connectionsOut: 0,
    connectionsRefused: 0,
    connectionsDisplaced: 0,
    impostors: 0,
    connectFailures: 0,
    connectsSuppressed: 0,
    connectsForbidden: 0,
    connectsOverBudget: 0,
    handshakesTimedOut: 0,
    handshakesFailed: 0,
    handshakesOverBudget: 0,
    overflows: 0,
    messagesIn: 0,
    messagesOut: 0,
    signedUnheard: 0,
    dataMessagesIn: 0,
    dataMessagesOut: 0,
    adusIn: 0,
    adusOut: 0,
    clientMessagesIn: 0,
    clientMessagesOut: 0,
    clientAdusIn: 0,
    clientAdusOut: 0,
    controlBytesIn: 0,
    controlBytesOut: 0,
    dataBytesIn: 0,
    dataBytesOut: 0,
    clientBytesIn: 0,
    clientBytesOut: 0,
    datagramsIn: 0,
    datagramsOut: 0,
    datagramBytesIn: 0,
    datagramBytesOut: 0,
    datagramsStray: 0,
    datagramsForged: 0,
    datagramsMalformed: 0,
    datagramFallbacks: 0,
    malformedFrames: {
      type: 0,
      length: 0,
      turn: 0,
      json: 0,
      shape: 0,
      lot: 0,
      version: 0,
      unexpected: 0,
      forged: 0,
    },
    lotsRefused: noRefusals(),
    sourcesRefused: noRefusals(),
  };
}
