/**
 * What is played. Several sources may feed a session: a studio, and a loop that fills in while the
 * studio is silent. All of them arrive here all the time; each SCX by itself plays the best one
 * that is live. Live is who delivered audio within `liveMs`, or is up for less than that and has
 * not delivered yet; who has left, only while what was under way still arrives. The best has the
 * highest priority; among equals the one that is played already, then the one with the lowest id, so
 * that all SCXs choose the same.
 *
 * A change happens between two frames. When the present source died, nothing was played until that
 * was noticed, and listeners' buffers ran down by as much: so the frames that the next source
 * delivered meanwhile are played, too, and the buffers are as full as before.
 *
 * Bounded: SOURCES_MAX sources (those that are silent make room), RESERVE_MAX frames of each.
 */

import type { Adu, Source, SourceId } from '../../gossamer/core/node.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { AUDIO_CHANNEL, TITLE_CHANNEL } from '../../session/channels.js';
import type { PlayedFrame } from './audio-ring.js';
import { createNowPlaying, type NowPlaying, parseNotice } from './now-playing.js';

export interface OnAirOptions {
  /** Silence after which a source is not live any more, ms. */
  readonly liveMs: number;
  /** The same for a source that has left, ms: what was under way comes without a pause. */
  readonly downMs: number;
  /** Silence after which the session is off the air, ms. */
  readonly offAirMs: number;
}

/** The choice among the session's sources. */
export interface OnAir {
  onSourceUp(source: Source, now: number): void;
  onSourceDown(id: SourceId): void;
  /** Takes an ADU of any source; returns the frames that are played next, mostly none or one. */
  handle(adu: Adu, now: number): readonly PlayedFrame[];
  /** The source that is played; undefined when the session is off the air. */
  playing(now: number): SourceId | undefined;
  /** The title of what is played. */
  readonly title: string | null;
  /** ADUs that are no MP3 frame or no notice. */
  readonly malformed: number;
}

/** AttachedSources that are freshFor. Gossamer's limit, see config.sourcesMax. */
const SOURCES_MAX = 64;

/** Frames kept of a source that is not played: 1.25 s at 48 kHz takes 53, at 22 kHz mono 48. */
const RESERVE_MAX = 64;
/**
 * They are kept so much longer than `liveMs`, ms: silence is noticed with the next frame of another
 * source, and frames come in lumps. Guess.
 */
const RESERVE_EXTRA_MS = 250;

interface Candidate {
  readonly id: SourceId;
  priority: number;
  /** When it was last announced, and when it last delivered audio. */
  upAt: number;
  heardAt: number;
  isDown: boolean;
  readonly titles: NowPlaying;
  /** The frames since the last one that was played, of a source that is not. */
  reserve: { readonly frame: Unplayed; readonly at: number }[];
}

type Unplayed = Omit<PlayedFrame, 'startsStream' | 'title'>;

/** The frame in an audio ADU; undefined unless it is exactly one. */
export function frameOf(adu: Adu): Unplayed | undefined {
  const header = parseFrameHeader(adu.payload, 0);
  if (header === undefined || header.frameBytes !== adu.payload.length) return undefined;
  return { bytes: adu.payload, durationMs: header.durationMs, sequence: adu.sequence };
}

const quietSince = (candidate: Candidate): number => Math.max(candidate.heardAt, candidate.upAt);

/** Whether it is up, but has delivered nothing since. */
const isAwaited = (candidate: Candidate): boolean => candidate.upAt > candidate.heardAt;

/** Nothing is on the air yet. */
export function createOnAir(options: OnAirOptions): OnAir {
  const candidates = new Map<SourceId, Candidate>();
  let current: Candidate | undefined;
  let lastSequence: number | undefined;
  let lastPlayedAt = Number.NEGATIVE_INFINITY;
  let malformed = 0;

  const isLive = (candidate: Candidate, now: number): boolean =>
    now - quietSince(candidate) <= (candidate.isDown ? options.downMs : options.liveMs);

  const makeRoom = (): void => {
    if (candidates.size < SOURCES_MAX) return;
    const others = [...candidates.values()].filter((candidate) => candidate !== current);
    const quietest = others.reduce((a, b) => (quietSince(b) < quietSince(a) ? b : a));
    candidates.delete(quietest.id);
  };

  const candidateOf = (id: SourceId): Candidate => {
    const known = candidates.get(id);
    if (known !== undefined) return known;
    makeRoom();
    const candidate: Candidate = {
      id,
      priority: 0,
      upAt: Number.NEGATIVE_INFINITY,
      heardAt: Number.NEGATIVE_INFINITY,
      isDown: false,
      titles: createNowPlaying(),
      reserve: [],
    };
    candidates.set(id, candidate);
    return candidate;
  };

  const isBetter = (one: Candidate, other: Candidate): boolean => {
    if (one.priority !== other.priority) return one.priority > other.priority;
    if (one === current || other === current) return one === current;
    return one.id < other.id;
  };

  const best = (now: number): Candidate | undefined => {
    let found: Candidate | undefined;
    for (const candidate of candidates.values()) {
      if (!isLive(candidate, now)) continue;
      if (found === undefined || isBetter(candidate, found)) found = candidate;
    }
    return found;
  };

  /** Plays what the candidate delivered since the last frame that was played, and this frame. */
  const play = (candidate: Candidate, frame: Unplayed, now: number): PlayedFrame[] => {
    const missed = candidate.reserve.filter(({ at }) => at > lastPlayedAt);
    const isChange = candidate !== current;
    const frames = [...missed.map((entry) => entry.frame), frame];
    candidate.reserve = [];
    current = candidate;
    lastPlayedAt = now;
    return frames.map((next, index) => {
      const startsStream = (isChange && index === 0) || next.sequence - 1 !== lastSequence;
      lastSequence = next.sequence;
      candidate.titles.onAudio(next.sequence);
      return { ...next, startsStream, title: candidate.titles.title };
    });
  };

  const keepInReserve = (candidate: Candidate, frame: Unplayed, now: number): void => {
    candidate.reserve.push({ frame, at: now });
    const isOld = (at: number): boolean => now - at > options.liveMs + RESERVE_EXTRA_MS;
    while (candidate.reserve.length > RESERVE_MAX || isOld(candidate.reserve[0]?.at ?? now)) {
      candidate.reserve.shift();
    }
  };

  const handleAudio = (adu: Adu, now: number): readonly PlayedFrame[] => {
    const frame = frameOf(adu);
    if (frame === undefined) {
      malformed++;
      return [];
    }
    const candidate = candidateOf(adu.source);
    candidate.heardAt = now;
    const chosen = best(now);
    // A better one that is up, but has delivered nothing yet, interrupts nobody.
    const goesOn = candidate === current && chosen !== undefined && isAwaited(chosen);
    if (candidate === chosen || goesOn) return play(candidate, frame, now);
    keepInReserve(candidate, frame, now);
    return [];
  };

  const handleTitle = (adu: Adu): void => {
    const notice = parseNotice(adu.payload);
    if (notice === undefined) malformed++;
    else candidateOf(adu.source).titles.onNotice(notice);
  };

  return {
    onSourceUp: (source, now) => {
      const candidate = candidateOf(source.id);
      candidate.priority = source.priority;
      candidate.upAt = now;
      candidate.isDown = false;
    },
    onSourceDown: (id) => {
      const candidate = candidates.get(id);
      if (candidate === undefined) return;
      candidate.upAt = Number.NEGATIVE_INFINITY;
      candidate.isDown = true;
    },
    handle: (adu, now) => {
      if (adu.channel === AUDIO_CHANNEL) return handleAudio(adu, now);
      if (adu.channel === TITLE_CHANNEL) handleTitle(adu);
      return [];
    },
    playing: (now) => (now - lastPlayedAt <= options.offAirMs ? current?.id : undefined),
    get title() {
      return current?.titles.title ?? null;
    },
    get malformed() {
      return malformed;
    },
  };
}
