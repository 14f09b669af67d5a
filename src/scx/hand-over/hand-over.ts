/**
 * Handing over to a successor: a new process, perhaps of a new version, that takes over the
 * session's port and its listeners while they listen. Nothing is given away before the successor
 * hears the session as this process does, so a successor that fails costs nothing: this process
 * goes on. Then, in this order:
 *
 * - the ring: from now on both processes play the same frames, each from its own position in the
 *   overlay;
 * - the listening socket: new connections are the successor's;
 * - the listeners, one by one, each when its socket has taken all that was written to it: the
 *   successor writes the very next byte. Encrypted connections cannot move; they stay until they
 *   end, or until the operator's limit (`drainMs`);
 * - the sources: they attach elsewhere, and their numbering goes on (§2.5). Encoders do not know
 *   that message and have no buffer, so they stay like encrypted listeners. They report titles at
 *   the port, which is now the successor's; the successor passes those titles back;
 * - the position in the overlay: children move to other parents before this process leaves (§3.5,
 *   §3.8).
 *
 * A front end that ends tells the SCXs to leave that it knows. Until it knows the successor, what
 * this process is told holds for both.
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
  /** This process's address in the overlay. */
  readonly overlayAddress: string;
  readonly log: Logger;
  now(): number;
  /** This process has been told to end for another reason. */
  isLeaving(): boolean;
  /** Resolves when its cluster, or the operator, tells this process to leave. */
  readonly toldToLeave: Promise<unknown>;
  /** The successor has the port; the front end should learn that this process leaves, ms. */
  becomeSucceeded(withinMs: number): void;
  /** Tells the sources to attach elsewhere; resolves when they have, or after their time. */
  sendSourcesAway(withinMs: number): Promise<void>;
  /** One of our encoders has reported a title to the successor. */
  onTitle(title: EncoderTitle): void;
  /** Leaves the overlay and ends. */
  leave(): void;
}

/** Time for a successor to hear the session, ms. Guess: ten times a join. */
const READY_MS_MAX = 20_000;
/** Time for the front end to learn of the successor, ms; if it is away it learns later. Guess. */
const KNOWN_MS_MAX = 3000;
/** How far the successor may be behind, in frames: a second, which every player has buffered. */
const LAG_MAX = 38;
/** Interval between attempts to move the listeners that could not move yet, ms. */
const RETRY_MS = 100;

/** Whether a successor hears everything that follows what this process plays. */
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

/** Gives the successor everything up to the listening socket; rejects when that fails. */
async function giveSession(successor: Successor, options: HandOverOptions): Promise<void> {
  const { playout, http, overlayAddress, toldToLeave, now } = options;
  await successor.give({ kind: 'welcome', overlayAddress, takesTitles: true });
  const tooLate = pause(READY_MS_MAX, true, { ref: false });
  const hears = successor.hears((heard) => hearsTheSame(heard, playout));
  if ((await Promise.race([hears, toldToLeave, tooLate])) === true) {
    throw new Error('the successor does not hear the session');
  }
  if (options.isLeaving()) throw new Error('this SCX is leaving itself');
  await successor.give(packPlaybackState(playout.state(now())));
  await successor.give({ kind: 'door' }, http.server);
  playout.polling.clear(now());
}

async function moveListener(successor: Successor, departing: DepartingListener): Promise<void> {
  const { packed, position, keep } = departing;
  const { socket, state, release } = packed;
  try {
    await successor.give({ kind: 'listener', passport: state, seat: position }, socket);
  } catch (error) {
    // A successor that only does not answer may take it yet: two processes would write to it.
    if (!successor.isGone) release();
    else if (!socket.destroyed) keep();
    throw error;
  }
  release();
}

/** Moves listeners as they become ready until none is left or the time is over; returns the number. */
async function moveListeners(successor: Successor, options: HandOverOptions): Promise<number> {
  const { playout, http, order, now, log } = options;
  const { listeners } = playout;
  const until = now() + order.drainMs;
  let moved = 0;
  let isMoving = true;
  const moveReady = async (): Promise<void> => {
    for (const departing of listeners.departures()) {
      await moveListener(successor, departing);
      moved++;
    }
  };
  do {
    if (isMoving) {
      await moveReady().catch((error: unknown) => {
        isMoving = false;
        log.error({ reason: reasonOf(error) }, 'The remaining listeners stay with this process.');
      });
    }
    if (listeners.count + listeners.waiting + http.pending === 0) break;
    await pause(RETRY_MS);
  } while (now() < until && !options.isLeaving());
  return moved;
}

/** Tells the successor to leave when this process is told to and the front end does not know it. */
async function shareOrders({ known, stop }: Successor, toldToLeave: Promise<unknown>) {
  const isKnown = await Promise.race([known.then(() => true), toldToLeave.then(() => false)]);
  if (!isKnown) stop();
}

/** Starts a successor and gives it the session and the port; rejects, and ends it, on failure. */
async function establishSuccessor(options: HandOverOptions): Promise<Successor> {
  const successor = startSuccessor(options.order, options.onTitle);
  options.log.info({ pid: successor.pid }, 'A successor has been started.');
  void shareOrders(successor, options.toldToLeave);
  try {
    await giveSession(successor, options);
    return successor;
  } catch (error) {
    successor.kill();
    throw error;
  }
}

/**
 * Hands over and leaves. Resolves with undefined when it has, or with the reason why no successor
 * took over; this process then goes on as before.
 */
export async function handOver(options: HandOverOptions): Promise<string | undefined> {
  const { order, http, log, playout } = options;
  let successor: Successor;
  try {
    successor = await establishSuccessor(options);
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
  log.info({ moved, left: playout.listeners.count }, 'The successor has the listeners.');
  successor.release();
  options.leave();
  return undefined;
}
