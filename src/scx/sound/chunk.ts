/**
 * Chunks: the frames of one write interval, joined once into bytes that never change again. Every
 * listener's socket is handed the same chunk, and may hold it for as long as it likes.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { TitledAudio, TitleMark } from '../../icecast/icy-metadata.js';

/** One frame as it is played. */
export interface PlayedFrame {
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  /** The source's number of it. */
  readonly sequence: number;
  /** Undefined: not known. */
  readonly source?: SourceId | undefined;
  /** When the source published it, by its own signed time, ms since 1970; undefined: not known. */
  readonly timeMs?: number | undefined;
  /** Another source, or a hole: no decoder has what came before this frame. */
  readonly startsStream: boolean;
  /** The title that holds; null: none. */
  readonly title: string | null;
}

/** Joined frames. */
export interface Chunk extends TitledAudio {
  /** Their bytes are views of the chunk's. */
  readonly frames: readonly PlayedFrame[];
  /** The number of the first frame. */
  readonly first: number;
  readonly durationMs: number;
  /** The instant at which it was joined. */
  readonly cutAt: number;
}

const durationOf = (frames: readonly PlayedFrame[]): number =>
  frames.reduce((sum, frame) => sum + frame.durationMs, 0);

/** The titles of joined pieces, those that change something. */
function joinTitles(pieces: readonly TitledAudio[]): TitleMark[] {
  const titles: TitleMark[] = [];
  let start = 0;
  for (const piece of pieces) {
    for (const { at, title } of piece.titles) {
      if (titles.at(-1)?.title !== title) titles.push({ at: start + at, title });
    }
    start += piece.bytes.length;
  }
  return titles;
}

/** Joins pieces of audio. */
export const joinAudio = (pieces: readonly TitledAudio[]): TitledAudio => ({
  bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)),
  titles: joinTitles(pieces),
});

/** A frame as a piece of audio. */
export const frameAudio = ({ bytes, title }: PlayedFrame): TitledAudio => ({
  bytes,
  titles: [{ at: 0, title }],
});

/** The same chunk, whose frames have other titles. */
export function withFrames(chunk: Chunk, frames: readonly PlayedFrame[]): Chunk {
  return { ...chunk, frames, titles: joinTitles(frames.map(frameAudio)) };
}

/** Joins frames into a chunk; `first` is the number of the first of them. */
export function joinFrames(frames: readonly PlayedFrame[], first: number, now: number): Chunk {
  const joined = joinAudio(frames.map(frameAudio));
  let offset = 0;
  const views = frames.map((frame) => {
    const start = offset;
    offset += frame.bytes.length;
    return { ...frame, bytes: joined.bytes.subarray(start, offset) };
  });
  return { ...joined, frames: views, first, durationMs: durationOf(frames), cutAt: now };
}

/**
 * The last frames of the chunks: as few as last `ms` together, so at most `ms` plus one frame, or
 * all if they are shorter. At least one frame if there is any; the first byte is that of a frame
 * header.
 */
export function lastFrames(chunks: readonly Chunk[], ms: number): PlayedFrame[] {
  const frames = chunks.flatMap((chunk) => chunk.frames);
  let start = frames.length;
  for (let total = 0; start > 0 && (total < ms || start === frames.length); start--) {
    total += frames[start - 1]?.durationMs ?? 0;
  }
  return frames.slice(start);
}
