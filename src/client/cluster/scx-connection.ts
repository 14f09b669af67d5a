/**
 * One connection from a client to its SCX, TLS over TCP, from HELLO to the end: that of a broadcaster,
 * or of a client that receives. It either opens or fails with a reason; afterwards it closes once, with
 * a reason. HELLO is sent only to the SCX that the cluster has named: its key must be that of the id in
 * the attachment. §2.5: "As long as the client is part of the session, it sends periodic KEEP_ALIVE
 * messages to the SCX. It announces its imminent departure via an AM_LEAVING message."
 *
 * An SCX that hangs keeps its connection open. So an SCX that leaves three KEEP_ALIVE messages in a
 * row unanswered is taken for dead. They are counted, not timed: when this process itself was
 * stopped or had to wait for its turn, the answers may have come already and not been read yet.
 */
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Attachment } from '../../api/attach.js';
import { splitHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { dialSecurely } from '../../overlay/tls/dial.js';
import { createAnonymousContext, provenId } from '../../overlay/tls/identity.js';
import { createLatch, type Latch } from '../../runtime/latch.js';
import type { ClientMessage } from '../../wire/client-message.js';
import { createDecoder, type WireEvent } from '../../wire/decoder.js';
import { encodeClientMessage, encodeHello } from '../../wire/encoder.js';
import type { Hello } from '../../wire/hello.js';

/** The numbers of listeners, as an SCX reports them. */
export interface Alive {
  /** In the whole session. */
  readonly listeners: number;
  /** At this SCX. */
  readonly scxListeners: number;
}

/** The same with what the SCX tells a client on its group. */
type AliveMessage = Extract<ClientMessage, { readonly kind: 'alive' }>;

export interface ScxConnectionOptions {
  readonly attachment: Attachment;
  readonly hello: Hello;
  readonly onAlive: (alive: AliveMessage) => void;
  /** A frame that only this kind of client expects; returns why that ends the connection. */
  readonly onFrame?: (event: WireEvent) => string | undefined;
  /** `writable` has become true again. */
  readonly onDrain?: () => void;
  /** What is sent together with a KEEP_ALIVE. */
  readonly besideKeepAlive?: () => Uint8Array | undefined;
  /** Gives up the opening. */
  readonly signal: AbortSignal;
}

/** A connection that the SCX has accepted. */
export interface ScxConnection {
  /** False while the socket's buffer is full, and after the end. */
  readonly writable: boolean;
  send(frame: Uint8Array): void;
  /** Our address on it. */
  readonly localAddress: string;
  /** Whether the SCX is read; while it is not, its silence is our doing. */
  setReading(isReading: boolean): void;
  /** Sends AM_LEAVING after everything that was sent, then ends. */
  leave(): void;
  destroy(reason: string): void;
  /** Resolves with the reason once the connection is closed. */
  readonly closed: Promise<string>;
}

/** Time to connect, TLS included, ms. Guess: an intercontinental link with one lost packet, twice. */
const CONNECT_MS_MAX = 5000;

/** Time for the SCX's answer, ms: it delays its refusal of a wrong password by up to 10 s. */
const ANSWER_MS_MAX = 12_000;

/** KEEP_ALIVE messages since the SCX sent something last, after which it is considered dead. */
const UNANSWERED_MAX = 3;

/** The SCX itself ended the connection, with a REFUSAL. */
type Refusal = Extract<WireEvent, { readonly kind: 'refusal' }>;

interface State {
  readonly options: ScxConnectionOptions;
  readonly socket: TLSSocket;
  /** What has been connected. */
  layer: 'none' | 'tcp' | 'tls';
  /** Resolves with the SCX's HELLO. */
  readonly greeted: Latch<void>;
  readonly closed: Latch<string>;
  refusal: Refusal | undefined;
  /** Why the connection has ended, or will. */
  reason: string;
  isOpen: boolean;
  isFull: boolean;
  isReading: boolean;
  /** KEEP_ALIVE messages that were sent since the last byte from the SCX. */
  unanswered: number;
  keepAlive: NodeJS.Timeout | undefined;
}

/** Connects and says HELLO. Rejects with a UserError when the SCX does not answer, or refuses. */
export async function openScxConnection(options: ScxConnectionOptions): Promise<ScxConnection> {
  const state = connectTo(options);
  const stopClock = startClock(state);
  const ended = state.closed.promise.then((reason) => {
    throw openingProblem(state, reason);
  });
  try {
    await Promise.race([state.greeted.promise, ended]);
  } finally {
    stopClock();
  }
  return toConnection(state);
}

function connectTo(options: ScxConnectionOptions): State {
  const { scx } = options.attachment;
  const tcp = connect({ ...splitHostPort(scx.overlayAddress), noDelay: true });
  const state: State = {
    options,
    socket: dialSecurely(tcp, createAnonymousContext()),
    layer: 'none',
    greeted: createLatch(),
    closed: createLatch<string>(),
    refusal: undefined,
    reason: 'it closed the connection',
    isOpen: true,
    isFull: false,
    isReading: true,
    unanswered: 0,
    keepAlive: undefined,
  };
  listen(state);
  tcp.once('connect', () => {
    state.layer = 'tcp';
  });
  state.socket.once('secureConnect', () => {
    state.layer = 'tls';
    if (provenId(state.socket) === scx.id) state.socket.write(encodeHello(options.hello));
    else end(state, 'another SCX answers there');
  });
  return state;
}

/** Gives up when the SCX takes too long or the signal is aborted. Returns what stops it. */
function startClock(state: State): () => void {
  const { signal } = state.options;
  const giveUp = (): void => end(state, 'given up');
  const startTimer = (ms: number) => setTimeout(() => end(state, 'it does not answer'), ms);
  let timer = startTimer(CONNECT_MS_MAX);
  state.socket.once('secureConnect', () => {
    clearTimeout(timer);
    timer = startTimer(ANSWER_MS_MAX);
  });
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  };
}

function openingProblem({ options, refusal, layer }: State, reason: string): UserError {
  const address = options.attachment.scx.overlayAddress;
  if (refusal !== undefined) {
    const { isFinal } = refusal;
    return new UserError(EXIT.refused, `the SCX at ${address} refuses: ${reason}`, isFinal);
  }
  const what =
    layer === 'tcp'
      ? `does not speak TLS (${reason}): is it of an older version?`
      : `cannot be reached (${reason}): does a firewall block its port?`;
  return new UserError(EXIT.unreachable, `the SCX at ${address} ${what}`);
}

function toConnection(state: State): ScxConnection {
  const { socket, closed } = state;
  return {
    get writable() {
      return state.isOpen && !state.isFull && socket.writable;
    },
    closed: closed.promise,
    localAddress: socket.localAddress ?? '',
    send: (frame) => {
      state.isFull = !socket.write(frame);
    },
    setReading: (isReading) => {
      state.isReading = isReading;
      state.unanswered = 0;
      if (isReading) socket.resume();
      else socket.pause();
    },
    leave: () => {
      clearInterval(state.keepAlive);
      if (socket.writable) socket.end(encodeClientMessage({ kind: 'amLeaving' }));
    },
    destroy: (reason) => end(state, reason),
  };
}

function listen(state: State): void {
  const { socket, options } = state;
  const decoder = createDecoder();
  socket.on('data', (chunk) => {
    state.unanswered = 0;
    for (const event of decoder.push(chunk)) if (state.isOpen) handleEvent(state, event);
  });
  socket.on('drain', () => {
    state.isFull = false;
    options.onDrain?.();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.reason = error.code ?? error.message;
  });
  socket.on('close', () => {
    state.isOpen = false;
    clearInterval(state.keepAlive);
    state.closed.resolve(state.reason);
  });
}

/** Why an event ends the connection; undefined: it does not. */
function endingOf(state: State, event: WireEvent): string | undefined {
  const { onAlive, onFrame = unexpected } = state.options;
  if (event.kind === 'malformed' || event.kind === 'refusal') return event.reason;
  if (event.kind === 'hello') {
    return event.hello.purpose === 'control' ? onGreeted(state) : unexpected(event);
  }
  if (event.kind !== 'client') return onFrame(event);
  if (event.message.kind === 'leaving') return 'it leaves';
  if (event.message.kind !== 'alive') return onFrame(event);
  onAlive(event.message);
  return undefined;
}

function handleEvent(state: State, event: WireEvent): void {
  const reason = endingOf(state, event);
  if (event.kind === 'refusal') state.refusal = event;
  if (reason !== undefined) end(state, reason);
}

/** Why a frame ends the connection that nobody expects. */
export const unexpected = (event: WireEvent): string =>
  `unexpected ${event.kind === 'client' ? event.message.kind : event.kind}`;

function onGreeted(state: State): undefined {
  const { keepAliveMs } = state.options.attachment;
  sendKeepAlive(state);
  state.keepAlive = setInterval(() => sendKeepAlive(state), keepAliveMs);
  state.greeted.resolve();
}

function sendKeepAlive(state: State): void {
  // Not socket.setTimeout, for which the bytes that we write would be a sign of life.
  if (state.unanswered >= UNANSWERED_MAX) return end(state, 'it is silent');
  if (state.isReading) state.unanswered++;
  state.socket.write(encodeClientMessage({ kind: 'keepAlive' }));
  const beside = state.options.besideKeepAlive?.();
  if (beside !== undefined) state.socket.write(beside);
}

function end(state: State, reason: string): void {
  state.reason = reason;
  state.socket.destroy();
}
