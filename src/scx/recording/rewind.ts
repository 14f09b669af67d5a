/**
 * Requests for earlier sound: `?at=TIME`, an instant, or `?ago=10m`, a time before now. What is older than all
 * that is kept means the oldest, and what is still to come means live.
 */
import { instantIn } from '../../api/recordings/asked-instant.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { type Answer, textAnswer } from '../../http/server/response.js';
import type { Segments } from '../sound/segments.js';
import { type KeptSegments, openKeptSegments } from './kept-segments.js';
import { openRecording, type Recording } from './recording.js';
import { createTape, type Tape, type TapeState } from './tape.js';

/** The requests for earlier sound of one session. */
export interface Rewind {
  /** Undefined: the request is for what is live. */
  wanted(head: RequestHead): Answer | Promise<Tape | Answer> | undefined;
  /** Whether a request is for what was played earlier. */
  isWanted(head: Pick<RequestHead, 'target'>): boolean;
  /** Continues the tape of another process. */
  resume(state: TapeState): Tape;
  /** The same as segments; undefined: nothing is kept. */
  kept(): KeptSegments | undefined;
  /** The session's folder, which depends on whether it is private. */
  setFolder(folder: string | undefined): void;
}

export interface RewindOptions {
  readonly segments: Pick<Segments, 'state'>;
  /** What a new listener gets at once, ms. */
  readonly burstMs: number;
  /** Ms, monotonic, and ms since 1970. */
  now(): number;
  wallNow(): number;
}

/** Segments have 2.6 s: less than two of them would let a player run dry. */
const AHEAD_MS_MIN = 6000;

export const MALFORMED = textAnswer(
  400,
  'Write ?ago=10m (s, m or h), ?at=2026-11-30T16:00:00Z, or ?at= and the seconds since 1970.',
);
export const NOT_KEPT = textAnswer(404, 'This session keeps no recording at this cluster.');

/** Creates the requests of a session that has no recording yet. */
export function createRewind(options: RewindOptions): Rewind {
  const { segments, now, wallNow } = options;
  let folder: string | undefined;
  let recording: Recording | undefined;
  let kept: KeptSegments | undefined;
  const aheadMs = Math.max(options.burstMs, AHEAD_MS_MIN);
  const nothing: Pick<Recording, 'read'> = { read: async () => undefined };

  const tapeAt = (state: TapeState, isNew: boolean): Tape =>
    createTape({ recording: recording ?? nothing, segments, aheadMs }, state, isNew);

  const open = async (from: Recording, instant: number): Promise<Tape | Answer> => {
    const position = await from.seek(instant).catch(() => undefined);
    if (position === undefined) return NOT_KEPT;
    return tapeAt({ position, heard: null }, true);
  };

  return {
    isWanted: ({ target }) => instantIn(target, wallNow()) !== undefined,
    wanted: ({ target }) => {
      const instant = instantIn(target, wallNow());
      if (instant === undefined) return undefined;
      if (instant === null) return MALFORMED;
      return recording === undefined ? NOT_KEPT : open(recording, instant);
    },
    kept: () => kept,
    resume: (state) => tapeAt(state, false),
    setFolder: (next) => {
      if (next === folder) return;
      folder = next;
      recording = next === undefined ? undefined : openRecording(next, now);
      kept = recording && openKeptSegments(recording);
    },
  };
}
