/**
 * The parent's end of a data connection whose channel is announced as UDP. ADUs leave as datagrams
 * while the child's beats say that datagrams arrive; the ADUs of one event-loop iteration share a
 * datagram. Before the first beat, and when beats stop, ADUs leave over TCP. So do ADUs that are
 * too large for a datagram.
 *
 * The ADUs that a child gets at once when it subscribes leave over TCP too: seconds of audio sent
 * as datagrams would overrun any network. Datagrams follow when a beat says that nearly all of
 * these ADUs have arrived, and then overtake hardly any.
 */
import { createHash } from 'node:crypto';
import { drawToken } from '../../runtime/secrets.js';
import {
  type Beat,
  DATAGRAM_BYTES_MAX,
  DATAGRAM_HEADER_BYTES,
  type Datagram,
  type DatagramToken,
  encodeEcho,
  encodeFrames,
} from '../../wire/datagram.js';
import { decodeFrames, type WireEvent } from '../../wire/decoder.js';
import type { OverlayContext } from '../sockets/context.js';
import type { Remote } from '../sockets/datagrams.js';

export interface DatagramParent {
  /** False: the frame must be sent over TCP. */
  forward(frame: Uint8Array): boolean;
  onAduByTcp(): void;
  /** Many ADUs follow at once: send them over TCP. */
  becomeBulky(): void;
  close(): void;
}

interface State {
  readonly context: OverlayContext;
  readonly token: DatagramToken;
  readonly onEvent: (event: WireEvent) => void;
  /** Proofs are derived from it. */
  readonly secret: string;
  /** The child's address, which has returned its proof; undefined before that. */
  remote: Remote | undefined;
  /** The instant of the last beat, performance.now(). */
  beatAt: number;
  /** ADUs sent over TCP, modulo COUNT_MODULUS. */
  adusByTcp: number;
  mayUse: boolean;
  /** Frames of the next datagram. Bounded: DATAGRAM_BYTES_MAX. */
  waiting: Uint8Array[];
  waitingBytes: number;
}

/** Counts of ADUs on the wire have 32 bits. */
const COUNT_MODULUS = 2 ** 32;

const behind = (sent: number, received: number): number =>
  (sent - received + COUNT_MODULUS) % COUNT_MODULUS;

/**
 * Creates the parent's end of a datagram flow. `onEvent` is called with the content of the child's
 * datagrams. Undefined: the token, which the child has chosen, is in use.
 */
export function createDatagramParent(
  context: OverlayContext,
  token: DatagramToken,
  onEvent: (event: WireEvent) => void,
): DatagramParent | undefined {
  const state: State = {
    ...{ context, token, onEvent },
    secret: drawToken(),
    remote: undefined,
    beatAt: Number.NEGATIVE_INFINITY,
    adusByTcp: 0,
    mayUse: false,
    waiting: [],
    waitingBytes: 0,
  };
  const { datagrams } = context;
  const isFree = datagrams.register(token, (datagram, from) => handle(state, datagram, from));
  if (!isFree) return undefined;
  return {
    forward: (frame) => forward(state, frame),
    onAduByTcp: () => {
      state.adusByTcp = (state.adusByTcp + 1) % COUNT_MODULUS;
    },
    becomeBulky: () => {
      state.mayUse = false;
    },
    close: () => datagrams.unregister(token),
  };
}

function handle(state: State, datagram: Datagram, from: Remote): void {
  if (datagram.kind === 'frames') {
    for (const event of decodeFrames(datagram.frames)) state.onEvent(event);
  } else if (datagram.kind === 'beat') {
    const proof = proofOf(state, from);
    state.context.datagrams.send(encodeEcho(state.token, proof), from);
    if (datagram.proof === proof) onBeat(state, datagram, from);
  }
}

/** What only who receives datagrams at that address can know. */
const proofOf = ({ secret }: State, { host, port }: Remote): number =>
  createHash('sha256').update(`${secret} ${host} ${port}`).digest().readUInt32BE();

function onBeat(state: State, beat: Beat, from: Remote): void {
  const { limits } = state.context;
  state.remote = from;
  state.beatAt = performance.now();
  const isBehind = behind(state.adusByTcp, beat.adusByTcp) > limits.overtakenMax;
  state.mayUse = beat.isHeard && (state.mayUse || !isBehind);
}

function forward(state: State, frame: Uint8Array): boolean {
  const isAlive = performance.now() - state.beatAt < state.context.limits.datagramSilenceMs;
  const fits = DATAGRAM_HEADER_BYTES + frame.length <= DATAGRAM_BYTES_MAX;
  if (!state.mayUse || !isAlive || !fits) return false;
  put(state, frame);
  return true;
}

function put(state: State, frame: Uint8Array): void {
  const isTooMuch = DATAGRAM_HEADER_BYTES + state.waitingBytes + frame.length > DATAGRAM_BYTES_MAX;
  if (isTooMuch) flush(state);
  if (state.waiting.length === 0) process.nextTick(() => flush(state));
  state.waiting.push(frame);
  state.waitingBytes += frame.length;
}

function flush(state: State): void {
  if (state.waiting.length === 0 || state.remote === undefined) return;
  state.context.datagrams.send(encodeFrames(state.token, state.waiting), state.remote);
  state.waiting = [];
  state.waitingBytes = 0;
}
