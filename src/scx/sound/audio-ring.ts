/**
 * The last seconds of what this SCX plays. Frames arrive one by one, forty per second; sockets are
 * written a few times per second. So the frames of one write interval are joined once into an
 * immutable chunk, and every listener's socket is handed the same chunk: a listener is no more than
 * the number of the chunk that it gets next. The ring is cut more often than a listener is written
 * to, so that not all listeners are written to at once; a listener that reads several chunks gets
 * them joined, and shares the join with all that read the same.
 *
 * Where a new listener starts, and where another source begins, the decoder lacks the frames before:
 * lead-in.ts silences the few frames that would need them. The burst of a new listener is joined
 * once between two cuts, so that a thousand listeners that come together cost one join.
 *
 * Bounded: the chunks (chunk-list.ts); CHUNK_BYTES_MAX that are not cut yet; between two cuts, one
 * joined stretch for each chunk.
 */
import type { TitledAudio } from '../../icecast/icy-metadata.js';
import { createLeadIn, leadIn } from '../../mp3/frames/lead-in.js';
import { createReservoir, wholeFrame } from '../../mp3/frames/whole-frame.js';
import {
  type Chunk,
  frameAudio,
  joinAudio,
  joinFrames,
  lastFrames,
  type PlayedFrame,
} from './chunk.js';
import { type ChunkLimits, type ChunkList, createChunkList } from './chunk-list.js';

/** The limits of a ring, and the length of a new listener's burst. */
export interface RingLimits extends ChunkLimits {
  /** Audio that a new listener gets at once, ms; at least one frame. */
  readonly burstMs: number;
  /** Audio older than this starts no listener: the session is off the air, ms. */
  readonly staleMs: number;
  /**
   * The same frames have other bytes in the process before this one: a listener that goes on in the midst
   * of them begins with a frame that stands alone.
   */
  readonly isMadeHere?: boolean;
}

/** Audio, and the number of the chunk that follows it. */
export interface Stretch extends TitledAudio {
  readonly next: number;
}

/** The contents of a ring, for the ring of a process that continues it. */
export interface RingContents {
  readonly frames: readonly PlayedFrame[];
  /** The number of the first of them; each frame that was ever played has one. */
  readonly first: number;
  /** Time since the last one was joined, ms. */
  readonly ageMs: number;
}

/** The frames of the last seconds, in numbered chunks. */
export interface AudioRing {
  append(frame: PlayedFrame, now: number): void;
  /** Joins the frames since the last cut into a chunk, and drops old chunks. */
  cut(now: number): void;
  /**
   * A title has come later than its audio: frames from the number `from` on that had the title `before`
   * have it after all, for listeners that have not read them yet.
   */
  retitle(now: number, from: number, before: string | null, title: string | null): void;
  /** Up to `count` chunks from a number on; undefined if that chunk is gone or to come. */
  read(number: number, count: number): Stretch | undefined;
  /** The audio with which a new listener starts; undefined while the session is off the air. */
  burst(now: number): Stretch | undefined;
  /** The number of the chunk that is cut next. */
  readonly end: number;
  /** The number of a chunk's first frame; undefined if the chunk is gone. */
  frameAt(number: number): number | undefined;
  /** From a frame to the end of its chunk; undefined if it is gone. */
  readFrom(frame: number): Stretch | undefined;
  /** The frames that a source has numbered so, which need none before them; undefined: not all are here. */
  run(first: number, count: number): readonly Uint8Array[] | undefined;
  /** The frames that were ever cut into chunks. */
  readonly framesCut: number;
  /** Cuts, and returns everything that is kept. */
  contents(now: number): RingContents;
  /** Begins with the contents of another ring. */
  restore(contents: RingContents, now: number): void;
  /** The last frame that was cut into a chunk; undefined when nothing is kept. */
  readonly newest: PlayedFrame | undefined;
  /** Average of what is kept of the last stream; undefined when nothing is kept. */
  readonly bitrateKbps: number | undefined;
  readonly durationMs: number;
  readonly bytes: number;
}

/** Most bytes in one chunk. Guess: 4 s of audio at 128 kbit/s. */
export const CHUNK_BYTES_MAX = 65_536;

/** Chunks that surely hold the bytes that a frame may reach back to. Guess: they are of 100 ms. */
const CHUNKS_REACHED = 10;

/** The frames, the first of them without need of those before it, as far as it can be made so. */
function standingAlone(
  frames: readonly PlayedFrame[],
  chunks: readonly Chunk[],
): readonly PlayedFrame[] {
  const [first, ...others] = frames;
  if (first === undefined) return frames;
  const at = chunks.findLastIndex((chunk) => chunk.frames.includes(first));
  const near = chunks.slice(Math.max(0, at - CHUNKS_REACHED), at + 1).flatMap((one) => one.frames);
  const reservoir = createReservoir();
  for (const frame of near.slice(0, near.indexOf(first))) reservoir.add(frame.bytes);
  const bytes = wholeFrame(first.bytes, reservoir.bytes) ?? first.bytes;
  return [{ ...first, bytes }, ...others];
}

/** Creates a reader of the ring. What several listeners read is joined only once until `clear`. */
function createReader(list: ChunkList, { burstMs, isMadeHere = false }: RingLimits) {
  let cachedBurst: Stretch | undefined;
  /** By the first chunk; all of the same count. */
  const stretches = new Map<number, Stretch>();

  const joinBurst = (): Stretch => {
    const frames = lastFrames(list.chunks, burstMs);
    const sound = leadIn(frames.map(({ bytes }) => bytes));
    const pieces = frames.map((frame, i) =>
      frameAudio({ ...frame, bytes: sound[i] ?? frame.bytes }),
    );
    return { ...joinAudio(pieces), next: list.end };
  };

  const join = (number: number, count: number): Stretch | undefined => {
    const [first, ...others] = list.from(number, count);
    if (first === undefined) return undefined;
    const { bytes, titles } = others.length === 0 ? first : joinAudio([first, ...others]);
    return { bytes, titles, next: number + 1 + others.length };
  };

  return {
    read: (number: number, count: number): Stretch | undefined => {
      const known = stretches.get(number) ?? join(number, count);
      if (known !== undefined) stretches.set(number, known);
      return known;
    },
    readFrom: (frame: number): Stretch | undefined => {
      const { chunks, end } = list;
      const index = chunks.findLastIndex(({ first }) => first <= frame);
      const chunk = chunks[index];
      if (chunk === undefined) return undefined;
      const found = chunk.frames.slice(frame - chunk.first);
      const frames = isMadeHere ? standingAlone(found, chunks) : found;
      const audio = joinAudio(frames.map(frameAudio));
      return { ...audio, next: end - chunks.length + index + 1 };
    },
    burst: (): Stretch => {
      cachedBurst ??= joinBurst();
      return cachedBurst;
    },
    run: (first: number, count: number): readonly Uint8Array[] | undefined => {
      const { chunks } = list;
      const frames = chunks.flatMap((chunk) => chunk.frames);
      const start = frames.findLastIndex(({ sequence }) => sequence === first);
      const found = start === -1 ? [] : frames.slice(start, start + count);
      const isWhole = found.every(({ sequence }, index) => sequence === first + index);
      if (found.length < count || !isWhole) return undefined;
      return standingAlone(found, chunks).map(({ bytes }) => bytes);
    },
    clear: (hasNewChunk: boolean): void => {
      if (hasNewChunk) cachedBurst = undefined;
      stretches.clear();
    },
  };
}

/** Frames of one size for this long are of a constant rate, ms. Guess. */
const CONSTANT_MS = 1000;
const SIZE_DIFFERENCE_MAX = 1; // padding

interface Sum {
  bytes: number;
  durationMs: number;
}

const addTo = (sum: Sum, frame: PlayedFrame): void => {
  sum.bytes += frame.bytes.length;
  sum.durationMs += frame.durationMs;
};

function* newestFirst(chunks: readonly Chunk[]): Generator<PlayedFrame, void> {
  for (const { frames } of chunks.toReversed()) yield* frames.toReversed();
}

/**
 * The average rate since the last change. An encoder that goes on where another one ended, at another
 * rate, is told by the sizes of its frames.
 */
function bitrateOf(chunks: readonly Chunk[]): number | undefined {
  const [constant, all]: [Sum, Sum] = [
    { bytes: 0, durationMs: 0 },
    { bytes: 0, durationMs: 0 },
  ];
  const size = chunks.at(-1)?.frames.at(-1)?.bytes.length ?? 0;
  let isConstant = true;
  for (const frame of newestFirst(chunks)) {
    isConstant &&= Math.abs(frame.bytes.length - size) <= SIZE_DIFFERENCE_MAX;
    if (isConstant) addTo(constant, frame);
    addTo(all, frame);
    if (frame.startsStream) break;
  }
  const { bytes, durationMs } = constant.durationMs >= CONSTANT_MS ? constant : all;
  return durationMs > 0 ? (bytes * 8) / durationMs : undefined;
}

/** Creates an empty ring. */
export function createAudioRing(limits: RingLimits): AudioRing {
  const list = createChunkList(limits);
  const reader = createReader(list, limits);
  let framesCut = 0;
  let pending: PlayedFrame[] = [];
  let pendingBytes = 0;
  let lead = createLeadIn();

  const cut = (now: number): void => {
    const hasNewChunk = pending.length > 0;
    if (hasNewChunk) {
      list.push(joinFrames(pending, framesCut, now));
      framesCut += pending.length;
      pending = [];
      pendingBytes = 0;
    }
    reader.clear(hasNewChunk);
    list.dropOld(now);
  };

  /** The rate of these chunks. Each listener is told it, so it is computed once for them. */
  let rate = { end: 0, count: 0, kbps: bitrateOf([]) };
  const bitrateKbps = (): number | undefined => {
    const { end, chunks } = list;
    if (rate.end !== end || rate.count !== chunks.length) {
      rate = { end, count: chunks.length, kbps: bitrateOf(chunks) };
    }
    return rate.kbps;
  };

  const isFresh = (now: number): boolean => {
    const newest = list.chunks.at(-1);
    return newest !== undefined && now - newest.cutAt <= limits.staleMs;
  };

  const add = (frame: PlayedFrame, now: number): void => {
    if (pendingBytes + frame.bytes.length > CHUNK_BYTES_MAX) cut(now);
    pending.push(frame);
    pendingBytes += frame.bytes.length;
  };

  return {
    append: (frame, now) => {
      if (frame.startsStream) lead = createLeadIn();
      add({ ...frame, bytes: lead(frame.bytes) }, now);
    },
    cut,
    retitle: (now, from, before, title) => {
      cut(now);
      list.retitle((frame) => frame.sequence >= from && frame.title === before, title);
      reader.clear(true);
    },
    read: reader.read,
    readFrom: reader.readFrom,
    run: reader.run,
    burst: (now) => {
      if (!isFresh(now)) cut(now);
      return isFresh(now) ? reader.burst() : undefined;
    },
    get end() {
      return list.end;
    },
    frameAt: (number) => (number === list.end ? framesCut : list.from(number, 1)[0]?.first),
    get framesCut() {
      return framesCut;
    },
    contents: (now) => {
      cut(now);
      const frames = list.chunks.flatMap((chunk) => chunk.frames);
      const cutAt = list.chunks.at(-1)?.cutAt ?? now;
      return { frames, first: framesCut - frames.length, ageMs: now - cutAt };
    },
    restore: ({ frames, first, ageMs }, now) => {
      framesCut = first;
      lead = createLeadIn();
      for (const frame of frames) {
        lead(frame.bytes); // they are as they were played; what follows builds on them
        add(frame, now - ageMs);
      }
      cut(now - ageMs);
    },
    get newest() {
      return list.chunks.at(-1)?.frames.at(-1);
    },
    get bitrateKbps() {
      return bitrateKbps();
    },
    get durationMs() {
      return list.durationMs;
    },
    get bytes() {
      return list.bytes;
    },
  };
}
