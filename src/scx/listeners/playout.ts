/**
 * The way from what the overlay delivers to what listeners hear: on-air.ts chooses the source, the
 * playhead orders the frames, the ring keeps them, the listeners take them.
 */

import type { Logger } from 'pino';
import type { Launch } from '../../api/scx-launch.js';
import type { GossamerEvent } from '../../gossamer/core/effects.js';
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { createRewind, type Rewind } from '../recording/rewind.js';
import type { Patience } from '../renditions/rendition.js';
import { createRenditions, type Renditions } from '../renditions/renditions.js';
import { type AudioRing, createAudioRing } from '../sound/audio-ring.js';
import type { PlayedFrame } from '../sound/chunk.js';
import { createOnAir, type OnAir } from '../sound/on-air.js';
import { createPlayhead, type PlaybackState, type Playhead } from '../sound/playhead.js';
import { createSegments, LISTED_MS, type Segments } from '../sound/segments.js';
import { OFF_AIR_MS, SOURCE_DOWN_MS, SOURCE_LIVE_MS } from '../sources/source-timeouts.js';
import type { ListenerIdentities } from './listener-identities.js';
import { createListeners, type Listeners } from './listeners.js';
import { createPollingListeners, type PollingListeners } from './polling-listeners.js';

/** Numbers of listeners, of all kinds together. */
interface Audience {
  readonly count: number;
  /** The most at a time. */
  readonly peak: number;
}

/** The listeners' side of an SCX. */
export interface Playout {
  readonly ring: AudioRing;
  readonly listeners: Listeners;
  /** The same sound in segments, and the listeners who fetch them. */
  readonly segments: Segments;
  readonly polling: PollingListeners;
  /** Earlier sound. */
  readonly rewind: Rewind;
  /** The same sound at lower bit rates. */
  readonly renditions: Renditions;
  /** All listeners that hear something. */
  readonly audience: Audience;
  readonly onAir: OnAir;
  readonly playhead: Playhead;
  handleAdu(adu: Adu): void;
  onEvent(event: GossamerEvent): void;
  /** The source that is played; undefined while the session is off the air. */
  playing(): SourceId | undefined;
  bitrateKbps(): number | undefined;
  /** The state from which a successor continues. */
  state(now: number): PlaybackState;
  /** Continues from a predecessor's state. */
  resume(state: PlaybackState, now: number): void;
  /** Writes to listeners from now on, until `end`. */
  start(): void;
  /** Closes all listeners, each after what it is still due. */
  end(): void;
}

/** What the ring keeps, ms and bytes: the bytes are enough at 320 kbit/s. Guess: 30 s. */
const RING_MS = 30_000;
const RING_BYTES_MAX = 2 * 1024 * 1024;
/** How long a new listener waits while the session is off the air, ms. Guess: players wait longer. */
const WAIT_MS = 10_000;
/** A listener that takes nothing for this long is closed, ms. Guess. */
const IDLE_MS = 60_000;
/**
 * Delay between the first audio and the opening of the listeners that wait for it, ms: a parent sends
 * its recent frames at once, and the burst is to be cut from their end. Guess.
 */
const SETTLE_MS = 20;

/**
 * How long listeners that take titles wait for the first one as well, ms: it travels on a channel of its
 * own, and a title behind the burst is seen only when the burst has been heard. Guess.
 */
const TITLE_MS = 250;
/** Groups of listeners, which are served one after the other within a write interval. */
const GROUPS = 10;

/** A listener's burst lasts for this number of write intervals, so that it never runs dry. Guess. */
const INTERVALS_PER_BURST = 4;
/** The shortest write interval that a small burst can cause, ms. Guess. */
const INTERVAL_MS_MIN = 100;

/** What a listener may be behind when it goes on in another process, ms. Guess. */
const BEHIND_MS = 2000;

const SILENT: Pick<Logger, 'warn' | 'info'> = { warn: () => undefined, info: () => undefined };

interface PlayoutOptions
  extends Pick<
    Launch,
    'burstMs' | 'listenersMax' | 'writeIntervalMs' | 'silenceMs' | 'renditions'
  > {
  readonly identities: ListenerIdentities;
  /** Default: nothing is logged. */
  readonly log?: Pick<Logger, 'warn' | 'info'>;
  /** Measures the silence of sources (runtime/attended-clock.ts), ms. Default: the other clock. */
  readonly attended?: () => number;
  /** The clients that receive (receivers/), who listen as well and are served elsewhere. */
  readonly receiving?: () => number;
  /** How long renditions wait for their channels. Default: that of production. */
  readonly patience?: Patience;
  /** These frames of a source are played next. */
  readonly onPlayed?: (source: SourceId, frames: readonly PlayedFrame[]) => void;
}

/** The time between two writes to a listener, ms: a long one is cheap, but the burst must cover it. */
const intervalOf = ({ writeIntervalMs, burstMs }: PlayoutOptions): number =>
  Math.min(writeIntervalMs, Math.max(INTERVAL_MS_MIN, burstMs / INTERVALS_PER_BURST));

const createRing = (burstMs: number, isMadeHere = false): AudioRing =>
  createAudioRing({
    ...{ keepMs: RING_MS, bytesMax: RING_BYTES_MAX },
    ...{ burstMs, staleMs: OFF_AIR_MS, isMadeHere },
  });

const createChoice = (silenceMs: number | undefined): OnAir =>
  createOnAir({
    ...{ liveMs: SOURCE_LIVE_MS, downMs: SOURCE_DOWN_MS, offAirMs: OFF_AIR_MS },
    silenceMs: silenceMs || undefined,
  });

/** All kinds of listeners, which share the slots of the SCX. */
function openAudience(
  { identities, listenersMax, receiving = () => 0 }: PlayoutOptions,
  ring: AudioRing,
  { resume: resumeTape }: Rewind,
  { ringOf }: Renditions,
) {
  const listeners = createListeners({
    ...{ ring, listenersMax, groups: GROUPS, waitMs: WAIT_MS, idleMs: IDLE_MS },
    others: () => polling.count + receiving(),
    ...{ resumeTape, ringOf },
  });
  const polling = createPollingListeners({ identities, hasRoom: () => listeners.hasRoom });
  let peak = 0;
  const count = (): number => listeners.count + polling.count + receiving();
  const audience = {
    get count() {
      return count();
    },
    get peak() {
      return Math.max(peak, listeners.peak, polling.peak, count());
    },
    /** Remembers the number at this moment. */
    note: (): void => {
      peak = Math.max(peak, count());
    },
  };
  return { listeners, polling, audience };
}

/**
 * Creates a playout without audio or listeners; `now` is a monotonic clock in ms. `isSuccessor`: it
 * plays nothing before it has the ring of another process.
 */
export function createPlayout(
  options: PlayoutOptions,
  now: () => number,
  isSuccessor = false,
): Playout {
  const ring = createRing(options.burstMs);
  const segments = createSegments();
  const { burstMs } = options;
  const rewind = createRewind({ segments, burstMs, now, wallNow: steadyTimeMs });
  const renditions = createRenditions({
    ...{ ring, now, staleMs: OFF_AIR_MS, historyMs: Math.max(burstMs + BEHIND_MS, LISTED_MS) },
    ...{ needMs: burstMs + BEHIND_MS, patience: options.patience },
    createRing: () => createRing(burstMs, true),
    onFrames: () => {
      if (listeners.waiting > 0) openSoon(now());
    },
    log: options.log ?? SILENT,
  });
  renditions.set(options.renditions ?? []);
  const { listeners, polling, audience } = openAudience(options, ring, rewind, renditions);
  const { attended = now } = options;
  const onAir = createChoice(options.silenceMs);
  const playhead = createPlayhead(ring, segments, isSuccessor, renditions.append);
  let writing: NodeJS.Timeout | undefined;
  let opening: NodeJS.Timeout | undefined;

  const write = (): void => {
    const at = now();
    ring.cut(at);
    renditions.cut(at);
    listeners.write(at);
    polling.tick(at);
    audience.note();
    if (renditions.active.length > 0) renditions.endUnheard(at, listeners.byRendition());
  };

  /** Opens those that take no titles `SETTLE_MS` after the first audio, the others with the title. */
  const openWaiting = (since: number): void => {
    opening = undefined;
    const at = now();
    listeners.openWaiting(at, onAir.title !== null || at - since >= TITLE_MS);
    if (listeners.waiting > 0) openSoon(since);
  };

  const openSoon = (since: number): void => {
    opening ??= setTimeout(openWaiting, SETTLE_MS, since);
  };

  /** Takes an ADU; a title that is late is given to the audio that was waiting for it. */
  const take = (adu: Adu, at: number): readonly PlayedFrame[] => {
    const before = onAir.title;
    const frames = onAir.handle(adu, at, attended());
    const isLate = frames.length === 0 && onAir.title !== before;
    if (isLate) {
      ring.retitle(at, onAir.titleFrom, before, onAir.title);
      segments.retitle(onAir.titleFrom, before, onAir.title);
      renditions.retitle(onAir.titleFrom, before, onAir.title);
    }
    return frames;
  };

  return {
    ring,
    listeners,
    segments,
    polling,
    rewind,
    renditions,
    audience,
    onAir,
    playhead,
    handleAdu: (adu) => {
      const at = now();
      renditions.handleAdu(adu);
      const frames = take(adu, at);
      playhead.add(adu.source, frames, at);
      options.onPlayed?.(adu.source, frames);
      if (frames.length === 0 || listeners.waiting === 0) return;
      openSoon(at);
    },
    onEvent: (event) => {
      if (event.kind === 'sourceUp') onAir.onSourceUp(event.source, attended());
      if (event.kind === 'sourceDown') onAir.onSourceDown(event.source);
    },
    playing: () => onAir.playing(now()),
    state: (at) => {
      const { since } = onAir;
      const isPlaying = onAir.playing(at) !== undefined && since !== undefined;
      return {
        ...playhead.state(at),
        playingForMs: isPlaying ? at - since : undefined,
        polling: polling.ids(),
      };
    },
    resume: (state, at) => {
      playhead.resume(state, at);
      const { position, playingForMs } = state;
      polling.expect(state.polling ?? []);
      if (position === null || playingForMs === undefined) return;
      onAir.continueSince(position.source, at - playingForMs);
    },
    bitrateKbps: () => {
      const { bitrateKbps } = ring;
      return bitrateKbps === undefined ? undefined : Math.round(bitrateKbps);
    },
    start: () => {
      writing = setInterval(write, intervalOf(options) / GROUPS);
    },
    end: () => {
      clearInterval(writing);
      clearTimeout(opening);
      write();
      listeners.end(now());
      renditions.close();
    },
  };
}
