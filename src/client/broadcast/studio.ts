/**
 * Takes a program's events one by one, numbers the frames and gives each one to the link when it is
 * due. Titles go on channel 2, as JSON that names the audio ADU from which the title holds, so that
 * the title changes with the music however long the way to a listener is.
 */

import { steadyTimeMs } from '../../runtime/steady-time.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import { pause, unlessAborted } from '../pause.js';
import type { PlaylistEvent } from '../playlist/playlist.js';
import type { OwnAdu } from './adu-window.js';
import type { Journal } from './broadcast-progress.js';
import { createPacer, type Pacer } from './pacer.js';
import type { SourceLink } from './source-link.js';

/** A monotonic clock, and waiting on it. */
export interface StudioClock {
  now(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

interface StudioOptions {
  readonly link: Pick<SourceLink, 'publish' | 'room'>;
  readonly journal: Journal;
  readonly onWarning: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: StudioClock;
}

/** Shortest interval between warnings about an input that is too slow, ms. Guess. */
const WARN_EACH_MS = 60_000;

/**
 * How early Node's timers may fire, ms. Without this tolerance, the rest of the frames that are
 * sent together would wait once more.
 */
const EARLY_MS = 2;

const CLOCK: StudioClock = { now: () => performance.now(), pause };

interface State extends StudioOptions {
  readonly clock: StudioClock;
  readonly pacer: Pacer;
  /** The numbers of the next ADUs. */
  readonly numbers: { audio: number; title: number };
  /** The pacer's restarts that have been noticed. */
  rebased: number;
  /** The instant of the last warning, on the clock. */
  warnedAt: number;
}

/** Creates a studio: a function that takes one event and resolves when it can take the next. */
export function createStudio(options: StudioOptions): (event: PlaylistEvent) => Promise<void> {
  const state: State = {
    ...options,
    clock: options.clock ?? CLOCK,
    pacer: createPacer(),
    numbers: { audio: 0, title: 0 },
    rebased: 0,
    warnedAt: Number.NEGATIVE_INFINITY,
  };
  return async (event) => {
    switch (event.kind) {
      case 'track':
        return state.journal.note({ positionMs: 0, lengthMs: undefined });
      case 'title':
        return sendTitle(state, event.title);
      case 'frame':
        return sendFrame(state, event);
      case 'skipped':
        return state.onWarning(`skipped: ${event.reason}`);
    }
  };
}

function sendTitle({ link, journal, numbers }: State, title: string): void {
  if (title === journal.progress.title) return;
  const payload = Buffer.from(JSON.stringify({ title, from: numbers.audio }));
  link.publish(createAdu(TITLE_CHANNEL, numbers.title++, payload), 0);
  journal.note({ title });
}

async function sendFrame(state: State, frame: PlaylistEvent & { kind: 'frame' }): Promise<void> {
  const { link, journal, clock, pacer, numbers, signal } = state;
  await unlessAborted(link.room(), signal);
  const now = clock.now();
  const waitMs = pacer.schedule(frame.durationMs, now) - now;
  if (waitMs > EARLY_MS) await clock.pause(waitMs, signal);
  if (signal.aborted) return;
  checkPace(state, now);
  const { positionMs, sentMs } = journal.progress;
  link.publish(createAdu(AUDIO_CHANNEL, numbers.audio++, frame.bytes), frame.durationMs);
  journal.note({
    bitrateKbps: frame.bitrateKbps,
    lengthMs: frame.lengthMs,
    positionMs: positionMs + frame.durationMs,
    sentMs: sentMs + frame.durationMs,
  });
}

function checkPace(state: State, now: number): void {
  const { pacer, onWarning } = state;
  if (pacer.rebased === state.rebased) return;
  state.rebased = pacer.rebased;
  if (now - state.warnedAt < WARN_EACH_MS) return;
  state.warnedAt = now;
  onWarning('more than 2 s late (input, machine or network stalled); going on from here');
}

function createAdu(channel: number, sequence: number, payload: Uint8Array): OwnAdu {
  return { channel, sequence, timestampMs: steadyTimeMs(), payload };
}
