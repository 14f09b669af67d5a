/**
 * The connection of a source client at its SCX (§2.5). The client sends its ADUs and KEEP_ALIVE,
 * and the SCX answers. A client that sends anything else is disconnected: an ADU of another source
 * than that of its HELLO, one that its source has not signed, or a message that only an SCX may
 * send.
 */
import type { Source } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { encodeClientMessage, encodeRefusal } from '../../wire/encoder.js';
import type { ClientHello } from '../../wire/hello.js';
import type { LotFrame } from '../../wire/lot-codec.js';
import { type ClientCallbacks, type ClientEvents, createClientEvents } from './client-callbacks.js';
import type { Arrival, Connection } from './connection.js';
import type { OverlayContext } from './context.js';

/** A client after its handshake. Its callbacks must be set before `onClient` returns. */
export interface ClientConnection extends ClientCallbacks {
  readonly source: Source;
  /** The source key with which it has logged in. */
  readonly key: PublicKey;
  readonly remoteAddress: string;
  send(message: ClientMessage): void;
  /** Ends the connection after everything that was sent, and tells the client why. */
  close(reason?: string): void;
}

interface State {
  readonly connection: Connection;
  readonly source: Source;
  readonly context: Pick<OverlayContext, 'counters' | 'checkLot'>;
  readonly events: ClientEvents;
  isClosed: boolean;
}

/** The source with the statement that its HELLO proves. */
function provenSource({ source, proof }: ClientHello): Source {
  const signature = Buffer.from(proof.signature, 'base64url');
  return { ...source, statement: { timeMs: proof.timeMs, signature } };
}

/** Creates the handler that takes over a client's connection after the handshake. */
export function createClientConnection(
  connection: Connection,
  hello: ClientHello,
  context: State['context'],
): ClientConnection {
  const events = createClientEvents();
  const source = provenSource(hello);
  const state: State = { connection, source, context, events, isClosed: false };
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
    key: hello.proof.key,
    remoteAddress: connection.remoteAddress,
    ...events.callbacks,
    send: (message) => {
      context.counters.clientMessagesOut++;
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
  if (event.kind === 'lot') handleLot(state, event);
  else if (event.kind === 'client') handleMessage(state, event.message);
  else state.connection.reject('unexpected', `${event.kind} from a client`);
}

function handleLot({ connection, source, context, events }: State, frame: LotFrame): void {
  const { lot } = frame;
  if (lot.source !== source.id || lot.epoch !== source.epoch) {
    return connection.reject('unexpected', 'ADUs of another source');
  }
  const checked = context.checkLot(frame);
  if (checked.kind === 'refused') return connection.reject('forged', `a lot is ${checked.why}`);
  for (const adu of checked.adus) {
    context.counters.clientAdusIn++;
    events.onAdu(adu);
  }
}

function handleMessage({ connection, context, events }: State, message: ClientMessage): void {
  if (message.kind !== 'keepAlive' && message.kind !== 'amLeaving') {
    return connection.reject('unexpected', `${message.kind} from a client`);
  }
  context.counters.clientMessagesIn++;
  events.onMessage(message);
}
