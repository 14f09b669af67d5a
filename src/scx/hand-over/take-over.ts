/**
 * Taking over from a predecessor, which has started this process and speaks over the IPC channel
 * (see hand-over.ts). This process joins the session like any SCX, reports what it hears, and waits
 * until the predecessor gives it the ring, the listening socket and the listeners.
 */
import { Server, Socket } from 'node:net';
import type { Address } from '../../gossamer/core/node.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { Overlay } from '../../overlay/overlay.js';
import { createLatch } from '../../runtime/latch.js';
import type { EncoderTitle } from '../ingest/encoder-title.js';
import type { Playout } from '../listeners/playout.js';
import type { ScxPort } from '../port/scx-port.js';
import type { PlaybackState } from '../sound/playhead.js';
import {
  HAND_OVER_VERSION,
  type Heard,
  type PredecessorMessage,
  predecessorSchema,
  type SuccessorMessage,
  unpackPlaybackState,
} from './messages.js';

/** A predecessor that hands over to this process. */
export interface Predecessor {
  /** Its address in the overlay. */
  readonly overlayAddress: Promise<string>;
  /** Reports what this process hears until the predecessor sends its playback state. */
  playbackState(report: () => Omit<Heard, 'kind' | 'version'>): Promise<PlaybackState>;
  /** The listening socket of the HTTP port; `onPortOpen` confirms it. */
  readonly listeningSocket: Promise<Server>;
  /** The port accepts connections; from now on the predecessor may send its listeners. */
  onPortOpen(port: ScxPort): void;
  /** The front end has our lease. */
  onKnown(): void;
  /** Passes a title on to the predecessor's encoder; false if the predecessor cannot take it. */
  passTitle(title: EncoderTitle): boolean;
  /** It is still there, or was until just now: this process lives even without clients. */
  readonly keepsAlive: boolean;
}

/** Time after the predecessor has gone for the front end to say whether we stay, ms. Guess. */
const KEEP_ALIVE_MS = 5000;
/** Interval between reports of what this process hears, ms. Guess. */
const REPORT_MS = 50;

/** Creates latches for what the predecessor has to send before this process serves on its own. */
const createAwaited = () => ({
  overlayAddress: createLatch<string>(),
  playbackState: createLatch<PlaybackState>(),
  listeningSocket: createLatch<Server>(),
});

const send = (message: SuccessorMessage): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

/** Opens the channel to the predecessor; undefined in a process that no SCX has started. */
export function openPredecessor(): Predecessor | undefined {
  if (process.send === undefined) return undefined;
  const awaited = createAwaited();
  let port: ScxPort | undefined;
  let keepsAlive = true;
  let takesTitles = false;
  let reporting: NodeJS.Timeout | undefined;

  const take = (message: PredecessorMessage, handle: unknown): void => {
    switch (message.kind) {
      case 'welcome':
        takesTitles = message.takesTitles === true;
        awaited.overlayAddress.resolve(message.overlayAddress);
        break;
      case 'estate':
        clearInterval(reporting);
        awaited.playbackState.resolve(unpackPlaybackState(message));
        break;
      case 'door':
        // Confirmed when the port is open.
        if (handle instanceof Server) awaited.listeningSocket.resolve(handle);
        return;
      case 'listener':
        if (handle instanceof Socket) port?.takeOver(handle, message.passport, message.seat);
    }
    send({ kind: 'took' });
  };

  const onGone = (): void => {
    setTimeout(() => {
      keepsAlive = false;
    }, KEEP_ALIVE_MS).unref();
    clearInterval(reporting);
    const gone = new UserError(EXIT.unreachable, 'the SCX that was to hand over has hung up');
    for (const latch of Object.values(awaited)) latch.reject(gone);
  };

  process.on('message', (raw, handle) => {
    const message = predecessorSchema.safeParse(raw);
    if (message.success) take(message.data, handle);
    else process.disconnect(); // a version that this one does not understand
  });
  process.once('disconnect', onGone);

  return {
    overlayAddress: awaited.overlayAddress.promise,
    playbackState: (report) => {
      const tell = (): void => send({ kind: 'heard', version: HAND_OVER_VERSION, ...report() });
      reporting = setInterval(tell, REPORT_MS);
      return awaited.playbackState.promise;
    },
    listeningSocket: awaited.listeningSocket.promise,
    onPortOpen: (opened) => {
      port = opened;
      send({ kind: 'took' });
    },
    onKnown: () => send({ kind: 'known' }),
    passTitle: (title) => {
      if (!takesTitles || !process.connected) return false;
      send({ kind: 'title', ...title });
      return true;
    },
    get keepsAlive() {
      return keepsAlive;
    },
  };
}

/**
 * Joins the session at the predecessor, continues from its ring, and resolves with its listening
 * socket. Rejects with a UserError when the predecessor goes before that.
 */
export async function takeOver(
  { overlayAddress, playbackState, listeningSocket }: Predecessor,
  overlay: Overlay,
  { playhead, onAir, resume }: Playout,
): Promise<Server> {
  const location = await overlayAddress;
  overlay.feed({ kind: 'located', location, address: location as Address });
  const state = await playbackState(() => ({
    isJoined: overlay.view().neighbours.length > 0,
    run: playhead.run ?? null,
    title: onAir.title,
  }));
  resume(state, performance.now());
  return listeningSocket;
}
