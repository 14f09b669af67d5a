/**
 * Chooses the source that is on the air. Several sources may feed a session, for example a studio
 * and a loop that fills in while the studio is silent. All of them arrive here all the time; each
 * SCX plays the best one that is live (candidates.ts), without consulting other SCXs.
 *
 * The source changes between two frames. When the present source dies, nothing is played until that
 * is noticed, and listeners' buffers shrink by as much. The frames that the next source delivered
 * meanwhile are kept and played as well, so the buffers are as full as before.
 *
 * Bounded: the sources (candidates.ts), and RESERVE_MAX frames of each.
 */

import type { Adu, Source, SourceId } from '../../gossamer/core/node.js';
import { parseNotice } from '../../icecast/now-playing.js';
import { NO_DESCRIPTION, type StreamDescription } from '../../icecast/stream-description.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { isSilentFrame } from '../../mp3/frames/silent-frame.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import {
  type Candidate,
  createCandidates,
  isAwaited,
  type LiveLimits,
  type Unplayed,
} from './candidates.js';
import type { PlayedFrame } from './chunk.js';

export interface OnAirOptions extends LiveLimits {
  /** Silence after which the session is off the air, ms. */
  readonly offAirMs: number;
}

/** The choice among the session's sources. */
export interface OnAir {
  /** `attendedAt`: the instant of a clock that measures silence (runtime/attended-clock.ts). */
  onSourceUp(source: Source, attendedAt: number): void;
  onSourceDown(id: SourceId): void;
  /** Takes an ADU of any source; returns the frames that are played next, mostly none or one. */
  handle(adu: Adu, now: number, attendedAt?: number): readonly PlayedFrame[];
  /** The source that is played; undefined when the session is off the air. */
  playing(now: number): SourceId | undefined;
  /** The sources that send nothing but digital silence, and count as away. */
  silent(attendedAt: number): readonly SourceId[];
  /** The instant since which the source is played that is played now, or was played last. */
  readonly since: number | undefined;
  /** Another process has played this source since then: so does this one, if it plays it. */
  continueSince(source: SourceId, since: number): void;
  /** The title of what is played; null: none. */
  readonly title: string | null;
  /** The number of the frame from which the title holds. */
  readonly titleFrom: number;
  /** How the encoder that feeds it describes the stream, wherever it is connected. */
  readonly description: StreamDescription;
  /** ADUs that hold no MP3 frame or no notice. */
  readonly malformed: number;
}

/** Frames kept of a source that is not played: 1.25 s at 48 kHz takes 53, at 22 kHz mono 48. */
const RESERVE_MAX = 64;
/**
 * They are kept longer than `liveMs` by this, ms: silence is noticed with the next frame of another
 * source, and frames come in bursts. Guess.
 */
const RESERVE_EXTRA_MS = 250;

/** The frame in an audio ADU; undefined unless it is exactly one. */
export function frameOf(
  adu: Pick<Adu, 'payload' | 'sequence' | 'timestampMs'>,
): Unplayed | undefined {
  const header = parseFrameHeader(adu.payload, 0);
  if (header === undefined || header.frameBytes !== adu.payload.length) return undefined;
  const { payload: bytes, sequence, timestampMs: timeMs } = adu;
  return { bytes, durationMs: header.durationMs, sequence, timeMs };
}

/** Keeps a frame of a source that is not played, and drops those older than `keepMs`. */
function keepInReserve({ reserve }: Candidate, frame: Unplayed, now: number, keepMs: number): void {
  reserve.push({ frame, at: now });
  const isOld = (at: number): boolean => now - at > keepMs;
  while (reserve.length > RESERVE_MAX || isOld(reserve[0]?.at ?? now)) reserve.shift();
}

/** Creates the choice of the source; nothing is on the air yet. */
export function createOnAir(options: OnAirOptions): OnAir {
  const candidates = createCandidates(options);
  let lastSequence: number | undefined;
  let lastPlayedAt = Number.NEGATIVE_INFINITY;
  let since: number | undefined;
  let malformed = 0;

  /** Plays what the candidate delivered since the last frame that was played, and this frame. */
  const play = (candidate: Candidate, frame: Unplayed, now: number): PlayedFrame[] => {
    const missed = candidate.reserve.filter(({ at }) => at > lastPlayedAt);
    const isChange = candidate !== candidates.current;
    if (isChange || now - lastPlayedAt > options.offAirMs) since = now;
    if (isChange && candidates.current?.isDown) candidates.current.isOver = true;
    const frames = [...missed.map((entry) => entry.frame), frame];
    candidate.reserve = [];
    candidates.current = candidate;
    lastPlayedAt = now;
    return frames.map((next, index) => {
      const startsStream = (isChange && index === 0) || next.sequence - 1 !== lastSequence;
      lastSequence = next.sequence;
      candidate.titles.onAudio(next.sequence);
      return { ...next, startsStream, title: candidate.titles.title };
    });
  };

  const handleAudio = (adu: Adu, now: number, attendedAt: number): readonly PlayedFrame[] => {
    const frame = frameOf(adu);
    if (frame === undefined) {
      malformed++;
      return [];
    }
    const candidate = candidates.of(adu.source);
    candidate.heardAt = attendedAt;
    const isSound = options.silenceMs === undefined || !isSilentFrame(frame.bytes);
    if (isSound) candidate.soundAt = attendedAt;
    const chosen = candidates.best(attendedAt);
    // A better source that is up, but has delivered nothing yet, interrupts no other.
    const continues = candidate === candidates.current && chosen !== undefined && isAwaited(chosen);
    if (candidate === chosen || continues) return play(candidate, frame, now);
    keepInReserve(candidate, frame, now, options.liveMs + RESERVE_EXTRA_MS);
    return [];
  };

  const handleTitle = (adu: Adu): void => {
    const notice = parseNotice(adu.payload);
    if (notice === undefined) malformed++;
    else candidates.of(adu.source).titles.onNotice(notice);
  };

  return {
    onSourceUp: (source, attendedAt) => {
      const { priority } = source;
      Object.assign(candidates.of(source.id), {
        ...{ priority, upAt: attendedAt, isDown: false, isOver: false },
      });
    },
    onSourceDown: (id) => {
      const candidate = candidates.get(id);
      if (candidate === undefined) return;
      candidate.upAt = Number.NEGATIVE_INFINITY;
      candidate.isDown = true;
    },
    handle: (adu, now, attendedAt = now) => {
      if (adu.channel === AUDIO_CHANNEL) return handleAudio(adu, now, attendedAt);
      if (adu.channel === TITLE_CHANNEL) handleTitle(adu);
      return [];
    },
    playing: (now) => (now - lastPlayedAt <= options.offAirMs ? candidates.current?.id : undefined),
    silent: (attendedAt) => candidates.silent(attendedAt).map(({ id }) => id),
    get since() {
      return since;
    },
    continueSince: (source, at) => {
      if (candidates.current?.id === source) since = Math.min(since ?? at, at);
    },
    get title() {
      return candidates.current?.titles.title ?? null;
    },
    get titleFrom() {
      return candidates.current?.titles.from ?? 0;
    },
    get description() {
      return candidates.current?.titles.encoder?.description ?? NO_DESCRIPTION;
    },
    get malformed() {
      return malformed;
    },
  };
}
