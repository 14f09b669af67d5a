/**
 * The connection of a client that receives, at its SCX (§2.5): "As long as the client is part of the
 * session, it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via
 * an AM_LEAVING message." It is sent lots, as they came from their sources, so that it can verify
 * them itself. It may send nothing but these two messages, and whether it hears the group of the local
 * network: a client that sends an ADU is disconnected, as is one that floods the SCX with messages.
 *
 * What the client does not read waits here up to BACKLOG_BYTES_MAX; then `isFull` says so, and the
 * rest stays where it is kept for all.
 */
import type { Adu } from '../../gossamer/core/node.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { encodeClientMessage, encodeLot, encodeRefusal } from '../../wire/encoder.js';
import type { Position, ReceiveHello } from '../../wire/hello.js';
import type { Arrival, Connection } from '../sockets/connection.js';
import type { OverlayContext } from '../sockets/context.js';
import { createOutgoingLot, type OutgoingLot } from './outgoing-lot.js';

/** What happens on the connection. */
interface ReceiverEvents {
  onKeepAlive(): void;
  /** AM_LEAVING. */
  onLeaving(): void;
  /** It hears the group; or it does not, and has got so much. */
  onHeard(): void;
  onUnheard(positions: readonly Position[]): void;
  /** It can be sent ADUs again. */
  onDrain(): void;
  /** Called once, unless the SCX itself closed the connection. */
  onClose(reason: string): void;
}

/** A receiving client after its handshake. */
export interface ReceiverConnection {
  readonly hello: ReceiveHello;
  readonly remoteAddress: string;
  /** Whether so much waits for the client that nothing should be added. */
  readonly isFull: boolean;
  /** Registers what is called from now on: to be done before `onReceiver` returns. */
  listen(events: ReceiverEvents): void;
  sendAdu(adu: Adu): void;
  send(message: ClientMessage): void;
  /** Ends the connection after everything that was sent, and tells the client why. */
  close(reason?: string): void;
}

interface State {
  readonly connection: Connection;
  readonly counters: OverlayContext['counters'];
  /** How often KEEP_ALIVE is answered. */
  readonly rate: TokenBucket;
  readonly outgoing: OutgoingLot;
  events: ReceiverEvents;
  isClosed: boolean;
}

/** Two seconds of audio at 128 kbit/s. Guess: more than is sent at a time. */
const BACKLOG_BYTES_MAX = 32_768;

/** A client sends KEEP_ALIVE once a second; one that was held up may send several together. Guess. */
const KEEP_ALIVES_AT_ONCE = 20;
const KEEP_ALIVE_MS = 250;

/** What a client may send besides AM_LEAVING. */
const ACCEPTED: readonly string[] = ['keepAlive', 'heard', 'unheard'];

const NO_EVENTS: ReceiverEvents = {
  onKeepAlive: () => {},
  onLeaving: () => {},
  onHeard: () => {},
  onUnheard: () => {},
  onDrain: () => {},
  onClose: () => {},
};

/** Creates the handler that takes over a receiving client's connection after the handshake. */
export function createReceiverConnection(
  connection: Connection,
  hello: ReceiveHello,
  { counters }: Pick<OverlayContext, 'counters'>,
): ReceiverConnection {
  const state: State = {
    ...{ connection, counters },
    rate: createTokenBucket(KEEP_ALIVES_AT_ONCE, KEEP_ALIVE_MS),
    outgoing: createOutgoingLot((lot, payloads) => connection.send(encodeLot(lot, payloads))),
    events: NO_EVENTS,
    isClosed: false,
  };
  connection.handTo(
    {
      onArrival: (event) => handleArrival(state, event),
      onDrain: () => state.events.onDrain(),
      onClose: (cause, reason) => {
        if (!state.isClosed) state.events.onClose(reason === '' ? cause : reason);
        state.isClosed = true;
      },
    },
    'client',
  );
  return {
    hello,
    remoteAddress: connection.remoteAddress,
    get isFull() {
      return connection.backlogBytes >= BACKLOG_BYTES_MAX;
    },
    listen: (events) => {
      state.events = events;
    },
    sendAdu: (adu) => {
      counters.clientAdusOut++;
      state.outgoing.add(adu);
    },
    send: (message) => {
      counters.clientMessagesOut++;
      state.outgoing.flush();
      connection.send(encodeClientMessage(message));
    },
    close: (reason) => {
      state.isClosed = true;
      state.outgoing.flush();
      connection.finish(reason === undefined ? undefined : encodeRefusal(reason));
    },
  };
}

function handleArrival(state: State, event: Arrival): void {
  const { connection, counters, rate, events } = state;
  if (state.isClosed) return;
  if (event.kind === 'lot') return connection.reject('unexpected', 'ADUs from a listener');
  const kind = event.kind === 'client' ? event.message.kind : event.kind;
  if (kind === 'amLeaving') {
    counters.clientMessagesIn++;
    return events.onLeaving();
  }
  if (!ACCEPTED.includes(kind)) return connection.reject('unexpected', `${kind} from a listener`);
  counters.clientMessagesIn++;
  if (!rate.take(performance.now())) return connection.reject('unexpected', 'too many messages');
  if (kind === 'keepAlive') return events.onKeepAlive();
  if (kind === 'heard') return events.onHeard();
  if (event.kind === 'client' && event.message.kind === 'unheard') {
    events.onUnheard(event.message.positions);
  }
}
