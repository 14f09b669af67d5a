/**
 * The connection of a source client at its SCX (§2.5). The client sends its ADUs and KEEP_ALIVE,
 * and the SCX answers. A client that sends anything else is disconnected: an ADU of another source
 * than that of its HELLO, one that its source has not signed, or a message that only an SCX may
 * send.
 */
import type { Source } from '../../gossamer/core/node.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { encodeClientMessage, encodeRefusal } from '../../wire/encoder.js';
import type { ClientHello } from '../../wire/hello.js';
import type { LotFrame } from '../../wire/lot-codec.js';
import { isStatedBy, STATE_AGAIN_MS } from '../lots/source-statement.js';
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

type Stated = Extract<ClientMessage, { kind: 'stated' }>;

interface State {
  readonly connection: Connection;
  readonly source: Source;
  /** The source key with which it has logged in. */
  readonly key: PublicKey;
  readonly context: Pick<OverlayContext, 'counters' | 'checkLot' | 'session' | 'self'>;
  /** How often its new statements are heard. */
  readonly statedRate: TokenBucket;
  readonly events: ClientEvents;
  isClosed: boolean;
}

/** Each new statement is told to the whole session; a client sends one each STATE_AGAIN_MS. */
const STATED_AT_ONCE = 2;
const STATED_MS = STATE_AGAIN_MS / 4;

/** A source with the statement that its HELLO proves, or a newer one. */
function stated(
  source: Source,
  { timeMs, signature }: Pick<ClientHello['proof'], 'timeMs' | 'signature'>,
): Source {
  return { ...source, statement: { timeMs, signature: Buffer.from(signature, 'base64url') } };
}

/** Creates the handler that takes over a client's connection after the handshake. */
export function createClientConnection(
  connection: Connection,
  hello: ClientHello,
  context: State['context'],
): ClientConnection {
  const events = createClientEvents();
  const { key } = hello.proof;
  const source = stated(hello.source, hello.proof);
  const statedRate = createTokenBucket(STATED_AT_ONCE, STATED_MS);
  const state: State = { connection, source, key, context, statedRate, events, isClosed: false };
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
    key,
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

function handleStated(state: State, message: Stated): void {
  const { connection, context, key, statedRate } = state;
  if (!statedRate.take(performance.now())) return;
  const source = stated(state.source, message);
  const where = { session: context.session, scx: context.self().id };
  if (!isStatedBy(source, key, where, steadyTimeMs())) {
    return connection.reject('forged', 'the statement of a source');
  }
  state.events.onStated(source);
}

function handleMessage(state: State, message: ClientMessage): void {
  const { connection, context, events } = state;
  if (message.kind === 'stated') return handleStated(state, message);
  if (message.kind !== 'keepAlive' && message.kind !== 'amLeaving') {
    return connection.reject('unexpected', `${message.kind} from a client`);
  }
  context.counters.clientMessagesIn++;
  events.onMessage(message);
}
