/**
 * Handing over to a successor: a new process, of a new version perhaps, that goes on with the
 * session's port and listeners while they listen. Nothing is given away before the successor hears
 * the session as we do, so a successor that fails costs nothing: we go on. Then, in this order:
 *
 * - the ring: from now on both play the same frames, each from its own place in the overlay;
 * - the listening socket: newcomers are the successor's;
 * - the listeners, one by one, each when its socket has taken all that we wrote: the successor
 *   writes the very next byte. Encrypted ones cannot go along; they stay until they leave, or for
 *   so long as the operator allows;
 * - the sources: they attach elsewhere, and their numbering goes on (§2.5). Encoders, which know no
 *   such word and have no buffer, stay like encrypted listeners. They tell their titles at the port,
 *   which is the successor's, and that passes them to us;
 * - our place in the overlay: children move before we go (§3.5, §3.8).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Order } from '../../api/hand-over-order.js';
import type { EncoderTitle } from '../ingest/encoder-title.js';
import type { DepartingListener } from '../listeners/listeners.js';
import type { Playout } from '../listeners/playout.js';
import type { ScxPort } from '../port/scx-port.js';
import { type Heard, packPlaybackState } from './messages.js';
import { type Successor, startSuccessor } from './successor-process.js';

export interface HandOverOptions {
  readonly order: Order;
  readonly playout: Playout;
  readonly http: ScxPort;
  /** Ours. */
  readonly overlayAddress: string;
  readonly log: Logger;
  now(): number;
  /** We have been told to end, one way or another. */
  isLeaving(): boolean;
  /** The successor is there: the front end is to know that we leave, within so many ms. */
  becomeSucceeded(withinMs: number): void;
  /** Tells our sources to attach elsewhere; resolves when they have, or had their time, ms. */
  sendSourcesAway(withinMs: number): Promise<void>;
  /** One of our encoders has told the successor a title. */
  onTitle(told: EncoderTitle): void;
  /** Leaves the overlay and ends. */
  leave(): void;
}

/** A successor that does not hear the session by then is given up, ms. Guess: ten times a join. */
const READY_MS_MAX = 20_000;
/** The front end may be away; then it learns of the successor later, ms. Guess. */
const KNOWN_MS_MAX = 3000;
/** How far the successor may be behind, in frames: a second, which every listener has in its buffer. */
const LAG_MAX = 38;
/** Who cannot go yet is looked at so often, ms. */
const LOOK_MS = 100;

/** Whether a successor hears all that follows what we play. */
function hearsTheSame(heard: Heard, { playing, onAir, playhead }: Playout): boolean {
  const { position } = playhead;
  if (!heard.isJoined) return false;
  if (playing() === undefined || position === null) return true;
  const { run } = heard;
  if (run?.source !== position.source || heard.title !== onAir.title) return false;
  return run.first <= position.sequence + 1 && run.last >= position.sequence - LAG_MAX;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Up to the point from which on newcomers are the successor's. */
async function settle(successor: Successor, options: HandOverOptions): Promise<void> {
  const { playout, http, overlayAddress, now } = options;
  await successor.give({ kind: 'welcome', overlayAddress, takesTitles: true });
  const tooLate = pause(READY_MS_MAX, true, { ref: false });
  const hears = successor.hears((heard) => hearsTheSame(heard, playout));
  if ((await Promise.race([hears, tooLate])) === true) {
    throw new Error('the successor does not hear the session');
  }
  if (options.isLeaving()) throw new Error('it leaves itself');
  await successor.give(packPlaybackState(playout.playhead.estate(now())));
  await successor.give({ kind: 'door' }, http.server);
}

async function move(
  successor: Successor,
  { parcel, seat, stay }: DepartingListener,
): Promise<void> {
  const { socket, passport, release } = parcel;
  try {
    await successor.give({ kind: 'listener', passport, seat }, socket);
  } catch (error) {
    // One that only does not answer may take it yet: two would write to it.
    if (!successor.isGone) release();
    else if (!socket.destroyed) stay();
    throw error;
  }
  release();
}

/** Moves who can go, whenever they can; resolves with how many, when nobody is left or at the end. */
async function moveListeners(successor: Successor, options: HandOverOptions): Promise<number> {
  const { playout, http, order, now, log } = options;
  const { listeners } = playout;
  const until = now() + order.drainMs;
  let moved = 0;
  let isWell = true;
  const moveAll = async (): Promise<void> => {
    for (const departure of listeners.depart()) {
      await move(successor, departure);
      moved++;
    }
  };
  do {
    if (isWell) {
      await moveAll().catch((error: unknown) => {
        isWell = false;
        log.error({ reason: reasonOf(error) }, 'The listeners that are left stay here.');
      });
    }
    if (listeners.count + listeners.waiting + http.knocking === 0) break;
    await pause(LOOK_MS);
  } while (now() < until && !options.isLeaving());
  return moved;
}

/** Starts a successor and takes it so far that newcomers are its own; rejects when there is none. */
async function raise(options: HandOverOptions): Promise<Successor> {
  const successor = startSuccessor(options.order, options.onTitle);
  options.log.info({ pid: successor.pid }, 'A successor has been started.');
  try {
    await settle(successor, options);
    return successor;
  } catch (error) {
    successor.kill();
    throw error;
  }
}

/**
 * Hands over and leaves. If no successor comes up it goes on as before, and resolves with the reason.
 */
export async function handOver(options: HandOverOptions): Promise<string | undefined> {
  const { order, http, log } = options;
  let successor: Successor;
  try {
    successor = await raise(options);
  } catch (error) {
    const reason = reasonOf(error);
    log.error({ reason }, 'No successor took over; this SCX goes on.');
    return reason;
  }
  http.stopListening();
  await Promise.race([successor.known, pause(KNOWN_MS_MAX, undefined, { ref: false })]);
  options.becomeSucceeded(order.drainMs);
  const [moved] = await Promise.all([
    moveListeners(successor, options),
    options.sendSourcesAway(order.drainMs),
  ]);
  log.info({ moved, left: options.playout.listeners.count }, "The listeners are the successor's.");
  successor.release();
  options.leave();
  return undefined;
}
