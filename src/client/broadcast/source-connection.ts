/**
 * One TCP connection from a source client to its SCX, from HELLO to the end. It either opens or
 * says why not; afterwards it closes once, with a reason, and never speaks again. §2.5: "As long as
 * the client is part of the session, it sends periodic KEEP_ALIVE messages to the SCX. It announces
 * its imminent departure via an AM_LEAVING message."
 *
 * An SCX that hangs keeps its connection open. So whoever says nothing for three KEEP_ALIVEs is
 * taken for dead.
 */

import { connect, type Socket } from 'node:net';
import type { Attachment } from '../../api/attach.js';
import type { NodeId, Source } from '../../gossamer/core/node.js';
import { splitHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { createDecoder, type WireEvent } from '../../wire/decoder.js';
import { encodeAdu, encodeClientMessage, encodeHello } from '../../wire/encoder.js';
import { WIRE_VERSION } from '../../wire/hello.js';
import type { OwnAdu } from './adu-window.js';

/** What an SCX tells of its audience. */
interface Alive {
  /** In the whole session. */
  readonly listeners: number;
  readonly scxListeners: number;
}

export interface ConnectionOptions {
  readonly attachment: Attachment;
  readonly source: Source;
  /** The session's source password, if it has one. */
  readonly password?: string | undefined;
  readonly onAlive: (alive: Alive) => void;
  /** `writable` has become true again. */
  readonly onDrain: () => void;
  /** Gives up the opening. */
  readonly signal: AbortSignal;
}

/** A connection that the SCX has accepted. */
export interface SourceConnection {
  /** The SCX's node id. */
  readonly scx: NodeId;
  /** False while the socket holds enough, and after the end. */
  readonly writable: boolean;
  send(adu: OwnAdu): void;
  /** AM_LEAVING behind all that was sent, then the end. */
  leave(): void;
  destroy(reason: string): void;
  /** Resolves with the reason, once it is closed. */
  readonly closed: Promise<string>;
}

/** Until it is connected. Guess: an intercontinental line with one lost packet, twice. */
const CONNECT_MS_MAX = 5000;

/** And until the SCX answers: it keeps who guesses passwords waiting for 10 s. */
const ANSWER_MS_MAX = 12_000;

const MISSED_MAX = 3;

/** Connects and says HELLO. Rejects with a UserError when the SCX does not answer, or refuses. */
export function openSourceConnection(options: ConnectionOptions): Promise<SourceConnection> {
  const { attachment, source, password, signal } = options;
  const address = attachment.scx.overlayAddress;
  const socket = connect(splitHostPort(address));
  const connection = createConnection(socket, options);
  const { session } = attachment;
  socket.write(
    encodeHello({ version: WIRE_VERSION, session, purpose: 'client', source, password }),
  );
  return new Promise((resolve, reject) => {
    const giveUp = (): void => connection.destroy('given up');
    const startClock = (ms: number) =>
      setTimeout(() => connection.destroy('it does not answer'), ms);
    let timer = startClock(CONNECT_MS_MAX);
    socket.once('connect', () => {
      clearTimeout(timer);
      timer = startClock(ANSWER_MS_MAX);
    });
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    void connection.greeted.then(() => {
      settled();
      resolve(connection);
    });
    void connection.closed.then((reason) => {
      settled();
      reject(openingProblem(address, reason, connection.refusal));
    });
  });
}

function openingProblem(address: string, reason: string, refusal: Refusal | undefined): UserError {
  if (refusal !== undefined) {
    const { isFinal } = refusal;
    return new UserError(EXIT.refused, `the SCX at ${address} refuses: ${reason}`, isFinal);
  }
  return new UserError(
    EXIT.unreachable,
    `the SCX at ${address} cannot be reached (${reason}): does a firewall close its port?`,
  );
}

/** The SCX itself ended it, with a REFUSAL. */
type Refusal = Extract<WireEvent, { readonly kind: 'refusal' }>;

interface Opening extends SourceConnection {
  readonly greeted: Promise<void>;
  readonly refusal: Refusal | undefined;
}

function createConnection(socket: Socket, options: ConnectionOptions): Opening {
  const { attachment, source, onAlive, onDrain } = options;
  const decoder = createDecoder();
  const greeted = createLatch<void>();
  const closed = createLatch<string>();
  let scx = attachment.scx.id as NodeId;
  let refusal: Refusal | undefined;
  let reason = 'it closed the connection';
  let open = true;
  let full = false;
  let heardAt = performance.now();
  let keepAlive: NodeJS.Timeout | undefined;

  const end = (why: string): void => {
    reason = why;
    socket.destroy();
  };

  const tellAlive = (): void => {
    // Not socket.setTimeout: what we write would count as a sign of life.
    if (performance.now() - heardAt > MISSED_MAX * attachment.keepAliveMs) end('it is silent');
    else socket.write(encodeClientMessage({ kind: 'keepAlive' }));
  };

  const onGreeted = (id: NodeId): void => {
    scx = id;
    tellAlive();
    keepAlive = setInterval(tellAlive, attachment.keepAliveMs);
    greeted.release();
  };

  const onWireEvent = (event: WireEvent): void => {
    if (event.kind === 'hello' && event.hello.purpose === 'control') onGreeted(event.hello.id);
    else if (event.kind === 'client' && event.message.kind === 'alive') onAlive(event.message);
    else if (event.kind === 'client' && event.message.kind === 'leaving') end('it leaves');
    else if (event.kind === 'refusal') {
      refusal = event;
      end(event.reason);
    } else end(event.kind === 'malformed' ? event.reason : `unexpected ${event.kind}`);
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    heardAt = performance.now();
    for (const event of decoder.push(chunk)) if (open) onWireEvent(event);
  });
  socket.on('drain', () => {
    full = false;
    onDrain();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  socket.on('close', () => {
    open = false;
    clearInterval(keepAlive);
    closed.release(reason);
  });

  return {
    get scx() {
      return scx;
    },
    get writable() {
      return open && !full && socket.writable;
    },
    get refusal() {
      return refusal;
    },
    greeted: greeted.promise,
    closed: closed.promise,
    send: (adu) => {
      full = !socket.write(encodeAdu({ ...adu, source: source.id, sourceScx: scx }));
    },
    leave: () => {
      clearInterval(keepAlive);
      if (socket.writable) socket.end(encodeClientMessage({ kind: 'amLeaving' }));
    },
    destroy: end,
  };
}

/** A promise and what resolves it. */
function createLatch<Value>() {
  let release: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => {
    release = resolve;
  });
  return { promise, release: (value: Value): void => release(value) };
}
