/**
 * A source client at its SCX (§2.5). It sends its ADUs and KEEP_ALIVE; the SCX answers. What it may
 * not say ends its connection: ADUs of another source than its HELLO's, and the SCX's own words.
 */
import type { Adu, Source } from '../../gossamer/core/node.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { encodeClientMessage, encodeRefusal } from '../../wire/encoder.js';
import type { Arrival, Connection } from './connection.js';
import type { OverlayCounters } from './counters.js';

export interface ClientConnection {
  readonly source: Source;
  readonly remoteAddress: string;
  send(message: ClientMessage): void;
  /** The callbacks: one each, to be set before `onClient` returns. */
  onAdu(callback: (adu: Adu) => void): void;
  onMessage(callback: (message: ClientMessage) => void): void;
  /** Called once, unless we closed it. */
  onClose(callback: (reason: string) => void): void;
  /** Ends it after what was sent, and tells why. */
  close(reason?: string): void;
}

/** Takes over a client's connection after the handshake. */
export function createClientConnection(
  connection: Connection,
  source: Source,
  counters: OverlayCounters,
): ClientConnection {
  let takeAdu = (_adu: Adu): void => {};
  let takeMessage = (_message: ClientMessage): void => {};
  let takeClose = (_reason: string): void => {};
  let isClosed = false;

  const handleAdu = (adu: Adu): void => {
    if (adu.source !== source.id) return connection.reject('unexpected', 'ADU of another source');
    counters.clientAdusIn++;
    takeAdu(adu);
  };

  const handleMessage = (message: ClientMessage): void => {
    if (message.kind !== 'keepAlive' && message.kind !== 'amLeaving') {
      return connection.reject('unexpected', `${message.kind} from a client`);
    }
    counters.clientMessagesIn++;
    takeMessage(message);
  };

  const handleArrival = (event: Arrival): void => {
    if (isClosed) return;
    if (event.kind === 'adu') return handleAdu(event.adu);
    if (event.kind === 'client') return handleMessage(event.message);
    connection.reject('unexpected', `${event.kind} from a client`);
  };

  connection.handTo(
    {
      onArrival: handleArrival,
      onDrain: () => {},
      onClose: (cause, reason) => {
        if (!isClosed) takeClose(reason === '' ? cause : reason);
        isClosed = true;
      },
    },
    'client',
  );

  return {
    source,
    remoteAddress: connection.remoteAddress,
    send: (message) => {
      counters.clientMessagesOut++;
      connection.send(encodeClientMessage(message));
    },
    onAdu: (callback) => {
      takeAdu = callback;
    },
    onMessage: (callback) => {
      takeMessage = callback;
    },
    onClose: (callback) => {
      takeClose = callback;
    },
    close: (reason) => {
      isClosed = true;
      connection.finish(reason === undefined ? undefined : encodeRefusal(reason));
    },
  };
}
