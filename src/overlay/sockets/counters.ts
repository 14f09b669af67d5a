/** What the overlay counts; `status` and `/metrics` show it. Never reset. */
import type { Fault } from '../../wire/decoder.js';

/** A frame that may not come on that connection is a fault of the overlay, not of the wire. */
export type ConnectionFault = Fault | 'unexpected';

export interface OverlayCounters {
  /** Accepted; opened. */
  connectionsIn: number;
  connectionsOut: number;
  /** Inbound ones turned away: with a REFUSAL, or without a word where strangers abound. */
  connectionsRefused: number;
  /** Could not be opened, or the peer refused. */
  connectFailures: number;
  /** Not even tried: the address rests after a failure, or a limit is reached. */
  connectsSuppressed: number;
  handshakesTimedOut: number;
  /** Dropped: too many wait for a handshake, or a peer does not read. */
  overflows: number;
  messagesIn: number;
  messagesOut: number;
  dataMessagesIn: number;
  dataMessagesOut: number;
  adusIn: number;
  adusOut: number;
  clientMessagesIn: number;
  clientMessagesOut: number;
  clientAdusIn: number;
  controlBytesIn: number;
  controlBytesOut: number;
  dataBytesIn: number;
  dataBytesOut: number;
  clientBytesIn: number;
  clientBytesOut: number;
  /** All datagrams; those without a token that we know, and those that are wrong otherwise. */
  datagramsIn: number;
  datagramsOut: number;
  datagramBytesIn: number;
  datagramBytesOut: number;
  datagramsStray: number;
  datagramsMalformed: number;
  /** Parents whose datagrams arrived no more: their ADUs come over TCP. */
  datagramFallbacks: number;
  /** Connections closed for malformed frames, by what was wrong: see Fault. */
  readonly malformedFrames: Record<ConnectionFault, number>;
}

/** All zero. */
export function createOverlayCounters(): OverlayCounters {
  return {
    connectionsIn: 0,
    connectionsOut: 0,
    connectionsRefused: 0,
    connectFailures: 0,
    connectsSuppressed: 0,
    handshakesTimedOut: 0,
    overflows: 0,
    messagesIn: 0,
    messagesOut: 0,
    dataMessagesIn: 0,
    dataMessagesOut: 0,
    adusIn: 0,
    adusOut: 0,
    clientMessagesIn: 0,
    clientMessagesOut: 0,
    clientAdusIn: 0,
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
    datagramsMalformed: 0,
    datagramFallbacks: 0,
    malformedFrames: {
      type: 0,
      length: 0,
      turn: 0,
      json: 0,
      shape: 0,
      adu: 0,
      version: 0,
      unexpected: 0,
    },
  };
}
