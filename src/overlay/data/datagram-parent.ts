/**
 * The parent's end of a data connection whose channel is announced as UDP. ADUs leave as datagrams
 * while the child's beats say that datagrams arrive; the ADUs of one event-loop iteration share a
 * datagram. Before the first beat, and when beats stop, ADUs leave over TCP. So do ADUs that are
 * too large for a datagram. A lot that does not fit is cut: each part proves itself.
 *
 * The ADUs that a child gets at once when it subscribes leave over TCP too: seconds of audio sent
 * as datagrams would overrun any network. Datagrams follow when a beat says that nearly all of
 * these ADUs have arrived, and then overtake hardly any.
 */
import { createHash } from 'node:crypto';
import type { Lot } from '../../gossamer/core/node.js';
import { drawToken } from '../../runtime/secrets.js';
import {
  type Beat,
  type Datagram,
  type DatagramToken,
  encodeEcho,
  encodeFrames,
  FRAMES_BYTES_MAX,
} from '../../wire/datagram.js';
import { decodeFrames, type WireEvent } from '../../wire/decoder.js';
import { encodeLot, lotFrameBytes, type Payloads } from '../../wire/lot-codec.js';
import type { OverlayContext } from '../sockets/context.js';
import type { Remote } from '../sockets/datagrams.js';
import type { Seal } from '../tls/seal.js';

export interface DatagramParent {
  /** False: the ADUs must be sent over TCP. */
  forward(lot: Lot, payloads: Payloads): boolean;
  onAdusByTcp(count: number): void;
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
  /** Frames of the next datagram. Bounded: FRAMES_BYTES_MAX. */
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
  seal: Seal,
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
  const isFree = datagrams.register(token, seal, (datagram, from) => handle(state, datagram, from));
  if (!isFree) return undefined;
  return {
    forward: (lot, payloads) => forward(state, lot, payloads),
    onAdusByTcp: (count) => {
      state.adusByTcp = (state.adusByTcp + count) % COUNT_MODULUS;
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
    state.context.datagrams.send(state.token, encodeEcho(proof), from);
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

function forward(state: State, lot: Lot, payloads: Payloads): boolean {
  const isAlive = performance.now() - state.beatAt < state.context.limits.datagramSilenceMs;
  if (!state.mayUse || !isAlive) return false;
  const parts = partsOf(payloads);
  if (parts === undefined) return false;
  for (const part of parts) put(state, encodeLot(lot, part));
  return true;
}

/** Whether a part of a lot fits into a datagram. */
const fits = (part: Payloads): boolean => lotFrameBytes(part) <= FRAMES_BYTES_MAX;

/** Cuts a lot into parts that fit into a datagram; undefined: one of its ADUs does not. */
function partsOf(payloads: Payloads): readonly Payloads[] | undefined {
  const none = (): (Uint8Array | undefined)[] => payloads.map(() => undefined);
  const parts: (Uint8Array | undefined)[][] = [];
  for (const [index, payload] of payloads.entries()) {
    if (payload === undefined) continue;
    const longer = (parts.at(-1) ?? none()).with(index, payload);
    if (parts.length > 0 && fits(longer)) parts[parts.length - 1] = longer;
    else parts.push(none().with(index, payload));
  }
  return parts.every(fits) ? parts : undefined;
}

function put(state: State, frame: Uint8Array): void {
  if (state.waitingBytes + frame.length > FRAMES_BYTES_MAX) flush(state);
  if (state.waiting.length === 0) process.nextTick(() => flush(state));
  state.waiting.push(frame);
  state.waitingBytes += frame.length;
}

function flush(state: State): void {
  if (state.waiting.length === 0 || state.remote === undefined) return;
  state.context.datagrams.send(state.token, encodeFrames(state.waiting), state.remote);
  state.waiting = [];
  state.waitingBytes = 0;
}
