/**
 * Taking over from a predecessor, which has started us and speaks over the IPC channel (see
 * hand-over.ts). We join the session like any SCX, tell what we hear, and wait to be given the rest.
 */
import { Server, Socket } from 'node:net';
import type { Address } from '../../gossamer/core/node.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { Overlay } from '../../overlay/overlay.js';
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

/** A predecessor that hands over. */
export interface Predecessor {
  /** Where it is in the overlay. */
  readonly overlayAddress: Promise<string>;
  /** Tells what we hear until the predecessor is content; resolves with what it leaves. */
  estate(listen: () => Omit<Heard, 'kind' | 'version'>): Promise<PlaybackState>;
  /** The listening socket; to be answered by `onOpen`. */
  readonly door: Promise<Server>;
  /** Newcomers are let in: now listeners may come, too. */
  onOpen(http: ScxPort): void;
  /** The front end knows us. */
  onKnown(): void;
  /** Tells the predecessor a title for one of its encoders; false if it cannot be told. */
  passTitle(told: EncoderTitle): boolean;
  /** The predecessor is there, or was just now: we stay, even without clients. */
  readonly isHeld: boolean;
}

/** By so long after it is gone the front end has said whether we are to stay, ms. Guess. */
const HELD_MS = 5000;
/** How often it is told what we hear, ms. Guess. */
const TELL_MS = 50;

/** A promise and what settles it. */
function createLatch<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined); // nobody may be waiting yet
  return { promise, resolve: (value: Value) => resolve(value), reject: (e: Error) => reject(e) };
}

/** What is to come before we are on our own. */
const createAwaited = () => ({
  overlayAddress: createLatch<string>(),
  estate: createLatch<PlaybackState>(),
  door: createLatch<Server>(),
});

/** Begins to listen to the predecessor; undefined if nobody started us as a successor. */
export function openPredecessor(): Predecessor | undefined {
  if (process.send === undefined) return undefined;
  const awaited = createAwaited();
  let http: ScxPort | undefined;
  let isHeld = true;
  let takesTitles = false;
  let telling: NodeJS.Timeout | undefined;

  const send = (message: SuccessorMessage): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };

  const take = (message: PredecessorMessage, handle: unknown): void => {
    switch (message.kind) {
      case 'welcome':
        takesTitles = message.takesTitles === true;
        awaited.overlayAddress.resolve(message.overlayAddress);
        break;
      case 'estate':
        clearInterval(telling);
        awaited.estate.resolve(unpackPlaybackState(message));
        break;
      case 'door':
        // It is taken when it is open.
        if (handle instanceof Server) awaited.door.resolve(handle);
        return;
      case 'listener':
        if (handle instanceof Socket) http?.takeOver(handle, message.passport, message.seat);
    }
    send({ kind: 'took' });
  };

  process.on('message', (raw, handle) => {
    const message = predecessorSchema.safeParse(raw);
    if (message.success) take(message.data, handle);
    else process.disconnect(); // of a version that we do not understand
  });
  process.once('disconnect', () => {
    setTimeout(() => {
      isHeld = false;
    }, HELD_MS).unref();
    clearInterval(telling);
    const gone = new UserError(EXIT.unreachable, 'the SCX that was to hand over has hung up');
    for (const latch of Object.values(awaited)) latch.reject(gone);
  });

  return {
    overlayAddress: awaited.overlayAddress.promise,
    estate: (listen) => {
      const tell = (): void => send({ kind: 'heard', version: HAND_OVER_VERSION, ...listen() });
      telling = setInterval(tell, TELL_MS);
      return awaited.estate.promise;
    },
    door: awaited.door.promise,
    onOpen: (opened) => {
      http = opened;
      send({ kind: 'took' });
    },
    onKnown: () => send({ kind: 'known' }),
    passTitle: (told) => {
      if (!takesTitles || !process.connected) return false;
      send({ kind: 'title', ...told });
      return true;
    },
    get isHeld() {
      return isHeld;
    },
  };
}

/**
 * Joins the session where the predecessor is, plays on from its ring, and resolves with its listening
 * socket. Rejects with a UserError when it is gone before.
 */
export async function inherit(
  { overlayAddress, estate, door }: Predecessor,
  overlay: Overlay,
  { playhead, onAir }: Playout,
): Promise<Server> {
  const location = await overlayAddress;
  overlay.feed({ kind: 'located', location, address: location as Address });
  const left = await estate(() => ({
    isJoined: overlay.view().neighbours.length > 0,
    run: playhead.run ?? null,
    title: onAir.title,
  }));
  playhead.inherit(left, performance.now());
  return door;
}
