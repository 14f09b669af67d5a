/**
 * Whether a listener's frames are those that were broadcast, one after the other. The broadcast is
 * numbered audio (numbered-audio.ts) in a loop, so all bytes of the next frame are known in
 * advance: a comparison checks it, and one process can check thousands of listeners.
 *
 * If another frame comes, its number says how many are missing, or that it came before.
 */
import { LOOP_FRAMES, numberedAudio } from './numbered-audio.js';

/** All frames of the loop, joined. */
export const AUDIO = numberedAudio();
export const FRAME_BYTES = AUDIO.length / LOOP_FRAMES;

/** Where a frame holds its number; before it, all frames are the same. */
const NUMBER_AT = 36;
const HEAD = AUDIO.subarray(0, NUMBER_AT);

export interface Counts {
  frames: number;
  /** Frames that never came, between two that did. */
  missed: number;
  /** Frames that came again, or late. */
  repeated: number;
  /**
   * Bytes that are no frame of the broadcast; before a connection's first frame they do not count.
   */
  foreign: number;
}

/** One listener's stream, over as many connections as it needs. */
export interface Continuity {
  /** Returns the number of frames in it. */
  push(chunk: Buffer): number;
  /** Begins another connection, perhaps within a frame. */
  begin(): void;
  /** The newest frame's number. */
  readonly newest: number | undefined;
  readonly counts: Counts;
}

/** How many frames a number is after another one in the loop; negative: before. */
export function stepsAhead(number: number, other: number): number {
  const steps = (number - other + LOOP_FRAMES) % LOOP_FRAMES;
  return steps > LOOP_FRAMES / 2 ? steps - LOOP_FRAMES : steps;
}

const isFrame = (bytes: Buffer, at: number, number: number): boolean => {
  const start = number * FRAME_BYTES;
  return bytes.compare(AUDIO, start, start + FRAME_BYTES, at, at + FRAME_BYTES) === 0;
};

/** The number of the frame that begins here; undefined: no frame does. */
function numberAt(bytes: Buffer, at: number): number | undefined {
  const number = bytes.readUInt32BE(at + NUMBER_AT);
  return number < LOOP_FRAMES && isFrame(bytes, at, number) ? number : undefined;
}

/** A stream before its first byte. */
export function createContinuity(): Continuity {
  const counts: Counts = { frames: 0, missed: 0, repeated: 0, foreign: 0 };
  let newest: number | undefined;
  let hasBegun = false;
  /** Less than a frame. */
  let held: Buffer = Buffer.alloc(0);

  const take = (number: number): void => {
    const steps = newest === undefined ? 1 : stepsAhead(number, newest);
    hasBegun = true;
    counts.frames++;
    if (steps < 1) counts.repeated++;
    else {
      counts.missed += steps - 1;
      newest = number;
    }
  };

  /** Where the next frame may begin. */
  const skip = (bytes: Buffer, from: number): number => {
    const found = bytes.indexOf(HEAD, from + 1);
    const to = found < 0 ? Math.max(from + 1, bytes.length - NUMBER_AT) : found;
    if (hasBegun) counts.foreign += to - from;
    return to;
  };

  return {
    push: (chunk) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const before = counts.frames;
      let at = 0;
      while (at + FRAME_BYTES <= bytes.length) {
        const next = newest === undefined ? 0 : (newest + 1) % LOOP_FRAMES;
        const number = isFrame(bytes, at, next) ? next : numberAt(bytes, at);
        if (number !== undefined) take(number);
        at = number === undefined ? skip(bytes, at) : at + FRAME_BYTES;
      }
      held = Buffer.from(bytes.subarray(at));
      return counts.frames - before;
    },
    begin: () => {
      held = Buffer.alloc(0);
      hasBegun = false;
    },
    get newest() {
      return newest;
    },
    counts,
  };
}
