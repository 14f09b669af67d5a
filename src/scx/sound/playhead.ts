/**
 * Where the sound of one SCX process goes on in the next. A successor joins the session and hears the
 * same frames as its predecessor, a little earlier or later; it holds them. When it is given what the
 * predecessor's ring keeps, and which frame was the last in it, it drops what is in there already and
 * plays on from the frame behind. So both rings are the same, frame by frame.
 *
 * Bounded: HELD_MAX frames.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { AudioRing, PlayedFrame, RingContents } from './audio-ring.js';

/** A frame, as all SCXs of the session know it. */
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

/** What a predecessor leaves: its ring, and the last frame in it; null: nothing was ever played. */
export interface PlaybackState {
  readonly kept: RingContents;
  readonly position: Position | null;
}

/** From the onAir to the ring. */
export interface Playhead {
  /** Frames of that source are played next. */
  add(source: SourceId, frames: readonly PlayedFrame[], now: number): void;
  readonly run: Run | undefined;
  /** Of the last frame in the ring; null before the first. */
  readonly position: Position | null;
  /** What a successor is to be given, from which on it holds the same. */
  estate(now: number): PlaybackState;
  /** From now on frames are not held any more. */
  inherit(estate: PlaybackState, now: number): void;
}

/** The last ones, as many as the longest hand-over takes: 100 s at 44.1 kHz. Guess. */
const HELD_MAX = 4096;

interface Held {
  readonly source: SourceId;
  readonly frame: PlayedFrame;
}

/** Whether a predecessor has played it. */
const isPast = ({ source, frame }: Held, position: Position): boolean =>
  source === position.source && frame.sequence <= position.sequence;

/** `holds`: it waits for an estate. */
export function createPlayhead(ring: AudioRing, holds: boolean): Playhead {
  let held: Held[] | undefined = holds ? [] : undefined;
  let run: Run | undefined;
  /** The predecessor's last frame, until we have played another. */
  let seam: Position | undefined;

  const note = (source: SourceId, sequence: number): void => {
    const goesOn = run?.source === source && run.last + 1 === sequence;
    run = { source, first: goesOn ? (run?.first ?? sequence) : sequence, last: sequence };
  };

  const append = ({ source, frame }: Held, now: number): void => {
    if (seam === undefined) return ring.append(frame, now);
    if (isPast({ source, frame }, seam)) return;
    const isNext = source === seam.source && frame.sequence === seam.sequence + 1;
    seam = undefined;
    ring.append({ ...frame, startsStream: !isNext }, now);
  };

  const position = (): Position | null =>
    seam ?? (run === undefined ? null : { source: run.source, sequence: run.last });

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
    estate: (now) => ({ kept: ring.kept(now), position: position() }),
    inherit: ({ kept, position: last }, now) => {
      ring.restore(kept, now);
      const waiting = held ?? [];
      const past = last === null ? -1 : waiting.findLastIndex((one) => isPast(one, last));
      held = undefined;
      seam = last ?? undefined;
      for (const one of waiting.slice(past + 1)) append(one, now);
    },
  };
}
