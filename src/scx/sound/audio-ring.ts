/**
 * The last seconds of what this SCX plays. Frames arrive one by one, forty in a second; sockets are
 * written to a few times in a second. So the frames of one write interval are joined once into an
 * immutable chunk, and every listener's socket is handed the same chunk: a listener is no more than
 * the number of the chunk that it gets next. Sockets may hold a chunk for as long as they like, as
 * nothing ever writes to it again. The ring is cut more often than a listener is written to, so that
 * not all are written to at once; who reads several chunks gets them joined, and shares that with all
 * who read the same.
 *
 * Where a newcomer starts, and where another source begins, the decoder lacks the frames before:
 * lead-in.ts makes the few frames silent that would need them. A newcomer's burst is joined once
 * between two cuts, so that a storm of newcomers costs one join.
 *
 * Bounded: `keepMs` of audio, `bytesMax`, and `keepMs` of age; CHUNK_BYTES_MAX of what is not cut;
 * between two cuts, a joined stretch for each chunk.
 */
import type { TitledAudio, TitleMark } from '../../icecast/icy-metadata.js';
import { createLeadIn, leadIn } from '../../mp3/frames/lead-in.js';

/** One frame as it is played. */
export interface PlayedFrame {
  readonly bytes: Uint8Array;
  readonly durationMs: number;
  /** The source's number of it. */
  readonly sequence: number;
  /** Another source, or a hole: no decoder has what came before this frame. */
  readonly startsStream: boolean;
  /** What is playing; null: nobody says. */
  readonly title: string | null;
}

/** What of the past is kept. */
export interface RingLimits {
  /** Audio, and its age, ms. */
  readonly keepMs: number;
  /** Joined bytes. */
  readonly bytesMax: number;
  /** What a newcomer gets, ms of audio; at least one frame. */
  readonly burstMs: number;
  /** Audio older than this is no start for a newcomer: the session is off the air, ms. */
  readonly staleMs: number;
}

/** Audio, and the number of the chunk that follows it. */
export interface Stretch extends TitledAudio {
  readonly next: number;
}

/** What a ring keeps, for the ring of a process that goes on with it. */
export interface RingContents {
  readonly frames: readonly PlayedFrame[];
  /** The number of the first of them; each frame that was ever played has one. */
  readonly first: number;
  /** Since the last one was joined, ms. */
  readonly ageMs: number;
}

/** The frames of the last seconds, in numbered chunks. */
export interface AudioRing {
  append(frame: PlayedFrame, now: number): void;
  /** Joins what came since the last cut into a chunk, and drops what is too old. */
  cut(now: number): void;
  /** Up to `count` chunks from this one on; undefined if it is not there any more, or not yet. */
  read(number: number, count: number): Stretch | undefined;
  /** Where a newcomer starts; undefined while the session is off the air. */
  burst(now: number): Stretch | undefined;
  /** The number of the chunk that is cut next. */
  readonly end: number;
  /** The number of a chunk's first frame; undefined if the chunk is not there any more. */
  frameAt(number: number): number | undefined;
  /** From that frame to the end of its chunk; undefined if it is not there any more. */
  readFrom(frame: number): Stretch | undefined;
  /** The frames that have been cut into chunks, ever. */
  readonly framesCut: number;
  /** Cuts, and shows all that there is. */
  kept(now: number): RingContents;
  /** Begins with what another ring kept. */
  restore(kept: RingContents, now: number): void;
  /** Average of what is kept; undefined when nothing is. */
  readonly bitrateKbps: number | undefined;
  readonly durationMs: number;
  readonly bytes: number;
}

interface Chunk extends TitledAudio {
  /** Their bytes are parts of the chunk's. */
  readonly frames: readonly PlayedFrame[];
  /** The number of the first frame. */
  readonly first: number;
  readonly durationMs: number;
  readonly cutAt: number;
}

/** What a socket holds at most before it is asked again. Guess: 4 s of audio at 128 kbit/s. */
export const CHUNK_BYTES_MAX = 65_536;

const durationOf = (frames: readonly PlayedFrame[]): number =>
  frames.reduce((sum, frame) => sum + frame.durationMs, 0);

/** Joins pieces; of titles, those that change something. */
function join(pieces: readonly TitledAudio[]): TitledAudio {
  const titles: TitleMark[] = [];
  let start = 0;
  for (const piece of pieces) {
    for (const { at, title } of piece.titles) {
      if (titles.at(-1)?.title !== title) titles.push({ at: start + at, title });
    }
    start += piece.bytes.length;
  }
  return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), titles };
}

const pieceOf = ({ bytes, title }: PlayedFrame): TitledAudio => ({
  bytes,
  titles: [{ at: 0, title }],
});

function joinFrames(frames: readonly PlayedFrame[], first: number, now: number): Chunk {
  const joined = join(frames.map(pieceOf));
  let offset = 0;
  const placed = frames.map((frame) => {
    const start = offset;
    offset += frame.bytes.length;
    return { ...frame, bytes: joined.bytes.subarray(start, offset) };
  });
  return { ...joined, frames: placed, first, durationMs: durationOf(frames), cutAt: now };
}

/** The last frames of the chunks that make up `ms`; at least one. */
function lastFrames(chunks: readonly Chunk[], ms: number): PlayedFrame[] {
  const frames = chunks.flatMap((chunk) => chunk.frames);
  let start = frames.length;
  for (let total = 0; start > 0 && (total < ms || start === frames.length); start--) {
    total += frames[start - 1]?.durationMs ?? 0;
  }
  return frames.slice(start);
}

/** An empty ring. */
export function createAudioRing(limits: RingLimits): AudioRing {
  /** Oldest first. */
  const chunks: Chunk[] = [];
  let end = 0;
  let framesCut = 0;
  let durationMs = 0;
  let bytes = 0;
  let pending: PlayedFrame[] = [];
  let pendingBytes = 0;
  let lead = createLeadIn();
  let cachedBurst: Stretch | undefined;
  /** What was joined since the last cut, by its first chunk; all of the same count. */
  const stretches = new Map<number, Stretch>();

  const dropOld = (now: number): void => {
    for (let oldest = chunks[0]; oldest !== undefined; oldest = chunks[0]) {
      const fits = durationMs <= limits.keepMs && bytes <= limits.bytesMax;
      const isOld = now - oldest.cutAt > limits.keepMs;
      if (!isOld && (fits || chunks.length === 1)) break;
      durationMs -= oldest.durationMs;
      bytes -= oldest.bytes.length;
      chunks.shift();
    }
    // Sums of fractions do not come back to exactly zero.
    if (chunks.length === 0) durationMs = 0;
  };

  const cut = (now: number): void => {
    if (pending.length > 0) {
      const chunk = joinFrames(pending, framesCut, now);
      chunks.push(chunk);
      end++;
      framesCut += pending.length;
      durationMs += chunk.durationMs;
      bytes += chunk.bytes.length;
      pending = [];
      pendingBytes = 0;
      cachedBurst = undefined;
    }
    stretches.clear();
    dropOld(now);
  };

  const isFresh = (now: number): boolean => {
    const newest = chunks.at(-1);
    return newest !== undefined && now - newest.cutAt <= limits.staleMs;
  };

  const joinBurst = (): Stretch => {
    const frames = lastFrames(chunks, limits.burstMs);
    const sound = leadIn(frames.map(({ bytes }) => bytes));
    const pieces = frames.map((frame, i) => pieceOf({ ...frame, bytes: sound[i] ?? frame.bytes }));
    return { ...join(pieces), next: end };
  };

  const stretch = (number: number, count: number): Stretch | undefined => {
    const index = number - (end - chunks.length);
    const [first, ...others] = index < 0 ? [] : chunks.slice(index, index + count);
    if (first === undefined) return undefined;
    const piece = others.length === 0 ? first : join([first, ...others]);
    return { bytes: piece.bytes, titles: piece.titles, next: number + 1 + others.length };
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
    read: (number, count) => {
      const known = stretches.get(number) ?? stretch(number, count);
      if (known !== undefined) stretches.set(number, known);
      return known;
    },
    burst: (now) => {
      if (!isFresh(now)) cut(now);
      if (!isFresh(now)) return undefined;
      cachedBurst ??= joinBurst();
      return cachedBurst;
    },
    get end() {
      return end;
    },
    frameAt: (number) =>
      number === end ? framesCut : chunks[number - (end - chunks.length)]?.first,
    readFrom: (frame) => {
      const index = chunks.findLastIndex(({ first }) => first <= frame);
      const chunk = chunks[index];
      if (chunk === undefined) return undefined;
      const piece = join(chunk.frames.slice(frame - chunk.first).map(pieceOf));
      return { ...piece, next: end - chunks.length + index + 1 };
    },
    get framesCut() {
      return framesCut;
    },
    kept: (now) => {
      cut(now);
      const frames = chunks.flatMap((chunk) => chunk.frames);
      const cutAt = chunks.at(-1)?.cutAt ?? now;
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
    get bitrateKbps() {
      return durationMs > 0 ? (bytes * 8) / durationMs : undefined;
    },
    get durationMs() {
      return durationMs;
    },
    get bytes() {
      return bytes;
    },
  };
}
