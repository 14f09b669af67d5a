/**
 * The chunks that a ring keeps, oldest first. Each chunk has a number that it keeps; numbers count
 * all chunks that were ever cut.
 *
 * Bounded: `keepMs` of audio, `bytesMax`, and `keepMs` of age. The newest chunk stays whatever its
 * size, until it is too old.
 */
import { type Chunk, type PlayedFrame, withFrames } from './chunk.js';

export interface ChunkLimits {
  /** Audio, and its age, ms. */
  readonly keepMs: number;
  /** Joined bytes. */
  readonly bytesMax: number;
}

/** Numbered chunks. */
export interface ChunkList {
  /** Oldest first. */
  readonly chunks: readonly Chunk[];
  push(chunk: Chunk): void;
  /** Gives the newest frames the title, as far back as all are meant, in one stream. */
  retitle(isMeant: (frame: PlayedFrame) => boolean, title: string | null): void;
  /** Drops what is beyond the limits. */
  dropOld(now: number): void;
  /** Up to `count` chunks from a number on; none if that chunk is not there. */
  from(number: number, count: number): readonly Chunk[];
  /** The number of the next chunk. */
  readonly end: number;
  readonly durationMs: number;
  readonly bytes: number;
}

/** Creates an empty list. */
export function createChunkList(limits: ChunkLimits): ChunkList {
  const chunks: Chunk[] = [];
  let end = 0;
  let durationMs = 0;
  let bytes = 0;
  return {
    chunks,
    push: (chunk) => {
      chunks.push(chunk);
      end++;
      durationMs += chunk.durationMs;
      bytes += chunk.bytes.length;
    },
    retitle: (isMeant, title) => {
      for (const [index, chunk] of [...chunks.entries()].reverse()) {
        const { frames } = chunk;
        const start = frames.findLastIndex(({ startsStream }) => startsStream);
        const first = Math.max(start, frames.findLastIndex((frame) => !isMeant(frame)) + 1);
        const changed = frames.map((frame, i) => (i < first ? frame : { ...frame, title }));
        chunks[index] = withFrames(chunk, changed);
        if (first > 0 || start === 0) return;
      }
    },
    dropOld: (now) => {
      for (let oldest = chunks[0]; oldest !== undefined; oldest = chunks[0]) {
        const fits = durationMs <= limits.keepMs && bytes <= limits.bytesMax;
        const isOld = now - oldest.cutAt > limits.keepMs;
        if (!isOld && (fits || chunks.length === 1)) break;
        durationMs -= oldest.durationMs;
        bytes -= oldest.bytes.length;
        chunks.shift();
      }
      // Sums of fractions do not return to exactly zero.
      if (chunks.length === 0) durationMs = 0;
    },
    from: (number, count) => {
      const index = number - (end - chunks.length);
      return index < 0 ? [] : chunks.slice(index, index + count);
    },
    get end() {
      return end;
    },
    get durationMs() {
      return durationMs;
    },
    get bytes() {
      return bytes;
    },
  };
}
