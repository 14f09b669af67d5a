/**
 * The connection of a source client at its SCX (§2.5). The client sends its ADUs and KEEP_ALIVE,
 * and the SCX answers. A client that sends anything else is disconnected: an ADU of another source
 * than that of its HELLO, or a message that only an SCX may send.
 */
import type { Adu, Source } from '../../gossamer/core/node.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { encodeClientMessage, encodeRefusal } from '../../wire/encoder.js';
import { type ClientCallbacks, type ClientEvents, createClientEvents } from './client-callbacks.js';
import type { Arrival, Connection } from './connection.js';
import type { OverlayCounters } from './counters.js';

/** A client after its handshake. Its callbacks must be set before `onClient` returns. */
export interface ClientConnection extends ClientCallbacks {
  readonly source: Source;
  readonly remoteAddress: string;
  send(message: ClientMessage): void;
  /** Ends the connection after everything that was sent, and tells the client why. */
  close(reason?: string): void;
}

interface State {
  readonly connection: Connection;
  readonly source: Source;
  readonly counters: OverlayCounters;
  readonly events: ClientEvents;
  isClosed: boolean;
}

/** Creates the handler that takes over a client's connection after the handshake. */
export function createClientConnection(
  connection: Connection,
  source: Source,
  counters: OverlayCounters,
): ClientConnection {
  const events = createClientEvents();
  const state: State = { connection, source, counters, events, isClosed: false };
  connection.handTo(
    {
      onArrival: (event) => handleArrival(state, event),
      onDrain: () => {},
      onClose: (cause, reason) => {
        if (!state.isClosed) events.onClose(reason === '' ? cause : reason);
        state.isClosed = true;
      },
    },
    'client',
  );
  return {
    source,
    remoteAddress: connection.remoteAddress,
    ...events.callbacks,
    send: (message) => {
      counters.clientMessagesOut++;
      connection.send(encodeClientMessage(message));
    },
    close: (reason) => {
      state.isClosed = true;
      connection.finish(reason === undefined ? undefined : encodeRefusal(reason));
    },
  };
}

function handleArrival(state: State, event: Arrival): void {
  if (state.isClosed) return;
  if (event.kind === 'adu') handleAdu(state, event.adu);
  else if (event.kind === 'client') handleMessage(state, event.message);
  else state.connection.reject('unexpected', `${event.kind} from a client`);
}

function handleAdu({ connection, source, counters, events }: State, adu: Adu): void {
  if (adu.source !== source.id) return connection.reject('unexpected', 'ADU of another source');
  counters.clientAdusIn++;
  events.onAdu(adu);
}

function handleMessage({ connection, counters, events }: State, message: ClientMessage): void {
  if (message.kind !== 'keepAlive' && message.kind !== 'amLeaving') {
    return connection.reject('unexpected', `${message.kind} from a client`);
  }
  counters.clientMessagesIn++;
  events.onMessage(message);
}
