/**
 * The child's end of a data connection whose channel is announced as UDP. It sends a beat at
 * regular intervals. A beat tells the parent where to send datagrams, that its datagrams arrive,
 * and how many of the ADUs that it sent over TCP have arrived. The parent's echo tells the child
 * that its own datagrams (NACKs) arrive, too. While either is not known, everything goes over TCP,
 * so a path that drops datagrams costs nothing but beats.
 */
import type { Rng } from '../../lib/rng.js';
import {
  type Datagram,
  type DatagramToken,
  encodeBeat,
  encodeFrames,
} from '../../wire/datagram.js';
import { decodeFrames, type WireEvent } from '../../wire/decoder.js';
import type { OverlayContext } from '../sockets/context.js';
import type { Remote } from '../sockets/datagrams.js';
import type { Seal } from '../tls/seal.js';

export interface DatagramChild {
  /** The data connection is open, and the parent takes datagrams. */
  begin(): void;
  onAdusByTcp(count: number): void;
  /** False: a datagram would not arrive, so the frame must be sent over TCP. */
  send(frame: Uint8Array): boolean;
  close(): void;
}

export interface DatagramChildOptions {
  readonly context: OverlayContext;
  readonly token: DatagramToken;
  readonly seal: Seal;
  /** Its overlay address, to which all datagrams are sent: where theirs come from may be forged. */
  readonly parent: Remote;
  /** Spreads the beats. */
  readonly rng: Rng;
  /** False while the connection is held in reserve: then nothing is sent. */
  readonly isUsed: () => boolean;
  /** Called with the content of the parent's datagrams. */
  readonly onEvent: (event: WireEvent) => void;
}

interface State extends DatagramChildOptions {
  /** The proof of the parent's last echo. */
  proof: number;
  /** The instant of the last datagram, performance.now(). */
  heardAt: number;
  /** The instant of the last echo. */
  echoedAt: number;
  adusByTcp: number;
  /** Whether datagrams arrived at the last beat. */
  wasHeard: boolean;
  /** The next beat; undefined before `begin` and after `close`. */
  timer: NodeJS.Timeout | undefined;
}

/** Creates the child's end of a datagram flow. It sends nothing before `begin`. */
export function createDatagramChild(options: DatagramChildOptions): DatagramChild {
  const { context, token, seal } = options;
  const state: State = {
    ...options,
    proof: 0,
    heardAt: Number.NEGATIVE_INFINITY,
    echoedAt: Number.NEGATIVE_INFINITY,
    adusByTcp: 0,
    wasHeard: false,
    timer: undefined,
  };
  const take = (datagram: Datagram): void => handle(state, datagram);
  return {
    begin: () => {
      if (state.timer === undefined && context.datagrams.register(token, seal, take)) beat(state);
    },
    onAdusByTcp: (count) => {
      state.adusByTcp += count;
    },
    send: (frame) => {
      if (!isRecent(state, state.echoedAt)) return false;
      context.datagrams.send(token, encodeFrames([frame]), state.parent);
      return true;
    },
    close: () => {
      if (state.timer === undefined) return;
      clearTimeout(state.timer);
      state.timer = undefined;
      context.datagrams.unregister(token);
    },
  };
}

const isRecent = ({ context: { limits } }: State, instant: number): boolean =>
  performance.now() - instant < limits.datagramSilenceMs;

function beat(state: State): void {
  if (state.isUsed()) sendBeat(state);
  else state.wasHeard = false;
  const waitMs = state.context.limits.beatMs * (0.9 + 0.2 * state.rng.unit());
  state.timer = setTimeout(() => beat(state), waitMs);
}

function sendBeat(state: State): void {
  const isHeard = isRecent(state, state.heardAt);
  noteChange(state, isHeard);
  const { context, token, parent, adusByTcp, proof } = state;
  context.datagrams.send(token, encodeBeat({ adusByTcp, isHeard, proof }), parent);
}

function noteChange(state: State, isHeard: boolean): void {
  if (isHeard === state.wasHeard) return;
  const { counters, log } = state.context;
  state.wasHeard = isHeard;
  if (!isHeard) counters.datagramFallbacks++;
  const what = isHeard
    ? 'datagrams of a parent arrive'
    : 'no datagrams of a parent arrive: using TCP';
  log[isHeard ? 'debug' : 'warn']({ parent: state.parent }, what);
}

function handle(state: State, datagram: Datagram): void {
  if (datagram.kind === 'beat') return;
  const isFirst = !isRecent(state, state.heardAt);
  state.heardAt = performance.now();
  if (datagram.kind === 'frames') {
    for (const event of decodeFrames(datagram.frames)) state.onEvent(event);
  } else {
    state.echoedAt = state.heardAt;
    state.proof = datagram.proof;
  }
  // Tell the parent at once that datagrams arrive.
  if (!isFirst || state.timer === undefined) return;
  clearTimeout(state.timer);
  beat(state);
}
