/**
 * The playhead: the frame that is played next, and how it moves from one SCX process to the next. A
 * successor joins the session and hears the same frames as its predecessor, a little earlier or
 * later; it holds them back. When it gets what the predecessor's ring keeps, and which frame is the
 * last in it, it drops the frames that are in the ring already and plays on from the next one. So
 * both rings are the same, frame by frame.
 *
 * Bounded: HELD_MAX frames.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { AudioRing, RingContents } from './audio-ring.js';
import type { PlayedFrame } from './chunk.js';
import type { Segments, SegmentsState } from './segments.js';

/** A frame, as all SCXs of the session number it. */
interface Position {
  readonly source: SourceId;
  readonly sequence: number;
}

/** Frames of one source without a hole, up to the newest. */
interface Run {
  readonly source: SourceId;
  readonly first: number;
  readonly last: number;
}

/** All that a successor needs to play the same frames. */
export interface PlaybackState {
  readonly ring: RingContents;
  /** The last frame in the ring; null: nothing was ever played. */
  readonly position: Position | null;
  /** Time for which its source has been played, ms; undefined while the session is off the air. */
  readonly playingForMs?: number | undefined;
  /** The same sound as segments; undefined from a predecessor that has none. */
  readonly segments?: SegmentsState | undefined;
  /** The ids of the listeners that fetch them. */
  readonly polling?: readonly string[] | undefined;
}

/** The step between the choice of a source (on-air.ts) and the ring, and the segments of HLS. */
export interface Playhead {
  /** Plays these frames of a source next. */
  add(source: SourceId, frames: readonly PlayedFrame[], now: number): void;
  /** The newest frames that came without a hole. */
  readonly run: Run | undefined;
  /** The last frame in the ring; null before the first. */
  readonly position: Position | null;
  /** The state from which a successor continues. */
  state(now: number): PlaybackState;
  /** Continues from a predecessor's state; frames are held back no longer. */
  resume(state: PlaybackState, now: number): void;
}

/** Frames held back at most: the longest hand-over, 100 s at 44.1 kHz. Guess. */
const HELD_MAX = 4096;

interface Held {
  readonly source: SourceId;
  readonly frame: PlayedFrame;
}

/** Whether the predecessor has played the frame. */
const isPast = ({ source, frame }: Held, position: Position): boolean =>
  source === position.source && frame.sequence <= position.sequence;

/** The same frames; those that the last one follows without a hole are known to be of its source. */
function withSource(frames: readonly PlayedFrame[], last: Position | null): readonly PlayedFrame[] {
  if (last === null) return frames;
  const isOther = ({ sequence }: PlayedFrame, index: number): boolean =>
    sequence !== last.sequence - (frames.length - 1 - index);
  const known = frames.findLastIndex(isOther) + 1;
  const { source } = last;
  return frames.map((frame, index) => (index < known ? frame : { ...frame, source }));
}

/**
 * Creates a playhead before its first frame. `holds`: it holds frames back until `resume`; `onPlayed` is told
 * of each frame when it is in the ring.
 */
export function createPlayhead(
  ring: AudioRing,
  segments: Segments,
  holds: boolean,
  onPlayed: (frame: PlayedFrame) => void = () => undefined,
): Playhead {
  let held: Held[] | undefined = holds ? [] : undefined;
  let run: Run | undefined;
  /** The predecessor's last frame, until this process has played one. */
  let lastOfPredecessor: Position | undefined;

  const note = (source: SourceId, sequence: number): void => {
    const continues = run?.source === source && run.last + 1 === sequence;
    run = { source, first: continues ? (run?.first ?? sequence) : sequence, last: sequence };
  };

  const play = (source: SourceId, frame: PlayedFrame, now: number): void => {
    const own = { ...frame, source };
    ring.append(own, now);
    segments.append(source, frame);
    onPlayed(own);
  };

  const append = ({ source, frame }: Held, now: number): void => {
    const last = lastOfPredecessor;
    if (last === undefined) return play(source, frame, now);
    if (isPast({ source, frame }, last)) return;
    const isNext = source === last.source && frame.sequence === last.sequence + 1;
    lastOfPredecessor = undefined;
    play(source, { ...frame, startsStream: !isNext }, now);
  };

  const position = (): Position | null =>
    lastOfPredecessor ?? (run === undefined ? null : { source: run.source, sequence: run.last });

  return {
    add: (source, frames, now) => {
      for (const frame of frames) {
        note(source, frame.sequence);
        if (held === undefined) append({ source, frame }, now);
        else if (held.push({ source, frame }) > HELD_MAX) held.shift();
      }
    },
    get run() {
      return run;
    },
    get position() {
      return position();
    },
    state: (now) => ({
      ring: ring.contents(now),
      position: position(),
      segments: segments.state(),
    }),
    resume: ({ ring: contents, position: last, segments: made }, now) => {
      ring.restore({ ...contents, frames: withSource(contents.frames, last) }, now);
      if (made !== undefined) segments.resume(made);
      const waiting = held ?? [];
      const past = last === null ? -1 : waiting.findLastIndex((one) => isPast(one, last));
      held = undefined;
      lastOfPredecessor = last ?? undefined;
      for (const one of waiting.slice(past + 1)) append(one, now);
    },
  };
}
