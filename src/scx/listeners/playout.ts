/**
 * From what the overlay delivers to what listeners hear: the onAir chooses, the ring keeps, the
 * listeners take.
 */

import type { Launch } from '../../api/scx-launch.js';
import type { GossamerEvent } from '../../gossamer/core/effects.js';
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { type AudioRing, createAudioRing } from '../sound/audio-ring.js';
import { createOnAir, type OnAir } from '../sound/on-air.js';
import { createPlayhead, type Playhead } from '../sound/playhead.js';
import { createListeners, type Listeners } from './listeners.js';

/** The listeners' side of an SCX. */
export interface Playout {
  readonly ring: AudioRing;
  readonly listeners: Listeners;
  readonly onAir: OnAir;
  readonly playhead: Playhead;
  handleAdu(adu: Adu): void;
  onEvent(event: GossamerEvent): void;
  /** The source that is played, while the session is on the air. */
  playing(): SourceId | undefined;
  bitrateKbps(): number | undefined;
  /** Writes until `end`. */
  start(): void;
  /** Closes all listeners, each after what it is still due. */
  end(): void;
}

/** What the ring keeps, ms and bytes: the bytes are enough at 320 kbit/s. Guess: 30 s. */
const RING_MS = 30_000;
const RING_BYTES_MAX = 2 * 1024 * 1024;
/** Silence after which a newcomer waits for new audio instead of getting old, ms. Guess. */
const STALE_MS = 5000;
/**
 * Silence after which another source is played, ms: with its next frame that makes less than a
 * second. Guess: less than any player's buffer, more than it takes to find another parent.
 */
const LIVE_MS = 900;
/** The same for a source that has said goodbye, ms. Guess: four frames. */
const DOWN_MS = 100;
/** A newcomer waits so long for a session that is off the air, ms. Guess: players wait longer. */
const WAIT_MS = 10_000;
/** A listener that takes nothing is closed, ms. Guess. */
const IDLE_MS = 60_000;
/**
 * After the first audio, listeners who wait are started so much later, ms: a parent sends its
 * recent frames in one go, and the burst is to be cut from their end. Guess.
 */
const SETTLE_MS = 20;

/** Listeners are served in so many groups, one after the other within a write interval. */
const PHASES = 10;

/** A listener's burst outlasts so many write intervals, so that it never runs dry between two. Guess. */
const INTERVALS_PER_BURST = 4;
/** Whoever wants no burst is not written to more often than this, ms. Guess. */
const INTERVAL_MS_MIN = 100;

/** How often each listener is written to, ms: rarely is cheap, but its burst must cover the wait. */
const intervalOf = ({ writeIntervalMs, burstMs }: PlayoutOptions): number =>
  Math.min(writeIntervalMs, Math.max(INTERVAL_MS_MIN, burstMs / INTERVALS_PER_BURST));

type PlayoutOptions = Pick<Launch, 'burstMs' | 'listenersMax' | 'writeIntervalMs'>;

/**
 * A playout without audio or listeners; `now` is a monotonic clock in ms. `isHeir`: it plays nothing
 * before it has the ring of another process.
 */
export function createPlayout(options: PlayoutOptions, now: () => number, isHeir = false): Playout {
  const { burstMs, listenersMax } = options;
  const ring = createAudioRing({
    keepMs: RING_MS,
    bytesMax: RING_BYTES_MAX,
    burstMs,
    staleMs: STALE_MS,
  });
  const listeners = createListeners({
    ring,
    listenersMax,
    phases: PHASES,
    waitMs: WAIT_MS,
    idleMs: IDLE_MS,
  });
  const onAir = createOnAir({ liveMs: LIVE_MS, downMs: DOWN_MS, offAirMs: STALE_MS });
  const playhead = createPlayhead(ring, isHeir);
  let writing: NodeJS.Timeout | undefined;
  let opening: NodeJS.Timeout | undefined;

  const write = (): void => {
    const at = now();
    ring.cut(at);
    listeners.write(at);
  };

  const openWaiting = (): void => {
    opening = undefined;
    listeners.openWaiting(now());
  };

  return {
    ring,
    listeners,
    onAir,
    playhead,
    handleAdu: (adu) => {
      const at = now();
      const frames = onAir.handle(adu, at);
      playhead.add(adu.source, frames, at);
      if (frames.length === 0 || listeners.waiting === 0) return;
      opening ??= setTimeout(openWaiting, SETTLE_MS);
    },
    onEvent: (event) => {
      if (event.kind === 'sourceUp') onAir.onSourceUp(event.source, now());
      if (event.kind === 'sourceDown') onAir.onSourceDown(event.source);
    },
    playing: () => onAir.playing(now()),
    bitrateKbps: () => (ring.bitrateKbps === undefined ? undefined : Math.round(ring.bitrateKbps)),
    start: () => {
      writing = setInterval(write, intervalOf(options) / PHASES);
    },
    end: () => {
      clearInterval(writing);
      clearTimeout(opening);
      write();
      listeners.end(now());
    },
  };
}
