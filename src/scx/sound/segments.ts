/**
 * The last segments of what this SCX plays (segment.ts), made of the same frames in the same order as
 * the ring that feeds all other listeners. A segment is joined when its last frame is there, and does
 * not change any more.
 *
 * Its title is the one that holds in its middle. A title travels on a channel of its own; one that
 * arrives when the segment is made already shows from the next one on. The first segment of a process
 * begins with a block, as players that come from another SCX know this block as a whole.
 *
 * Bounded: KEPT_MS of audio in complete segments, KEPT_MAX of them, KEPT_BYTES_MAX; and one that is being
 * filled. They are kept when the session goes off the air, since players still hear them.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import { type NamedSegment, parseSegmentName } from '../../icecast/segment-name.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import type { PlayedFrame } from './chunk.js';
import { blockOf, endsBlock, segmentBytes, segmentName, startsBlock } from './segment.js';

/** A complete segment. */
export interface Segment {
  readonly name: string;
  /** The media sequence number: one more than that of the segment before it. */
  readonly number: number;
  /** It does not continue the segment before it. */
  readonly startsStream: boolean;
  /** How many segments up to this one do not continue the one before them. */
  readonly discontinuities: number;
  readonly durationMs: number;
  readonly title: string | null;
  readonly bytes: Uint8Array;
}

/** A segment that is being filled. */
interface OpenSegment {
  readonly source: SourceId;
  readonly startsStream: boolean;
  readonly frames: PlayedFrame[];
}

/** The segments of a process, for the one that continues it. */
export interface SegmentsState {
  readonly kept: readonly Segment[];
  readonly open: OpenSegment | null;
}

/** Where a segment is that is not kept. */
type Absence = 'gone' | 'to come' | 'unknown';

/** The last segments. */
export interface Segments {
  /** The frame is played next. */
  append(source: SourceId, frame: PlayedFrame): void;
  /** See AudioRing.retitle. */
  retitle(from: number, before: string | null, title: string | null): void;
  /** What a playlist lists, oldest first. */
  listed(): readonly Segment[];
  find(name: string): Segment | undefined;
  /** Why `find` does not find it. */
  absence(name: string): Absence;
  /** Calls back once, when the next segment is there. Returns a function that cancels this. */
  onNext(callback: () => void): () => void;
  state(): SegmentsState;
  resume(state: SegmentsState): void;
}

/** What a playlist lists: at least three target durations (RFC 8216 §6.2.2), ms. */
const LISTED_MS = 12_500;
const LISTED_MAX = 32;
/** A segment is kept after it has left the playlist for as long as that is (§6.2.2), ms. */
const KEPT_MS = 32_000;
const KEPT_MAX = 96;
/** Bytes of segments. The same as the ring's. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024;

/** Whether a decoder goes on from one frame to the other without a restart. */
function isOneFormat(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [parseFrameHeader(one, 0), parseFrameHeader(other, 0)];
  return (
    a?.sampleRateHz === b?.sampleRateHz &&
    (a?.channelMode === 'mono') === (b?.channelMode === 'mono')
  );
}

const durationOf = (parts: readonly { readonly durationMs: number }[]): number =>
  parts.reduce((sum, { durationMs }) => sum + durationMs, 0);

const bytesOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** The number of the first segment: that of its block, so that all SCXs number alike. */
const firstNumber = ({ sequence, durationMs }: PlayedFrame): number =>
  blockOf(sequence, durationMs);

function close(
  { source, startsStream, frames }: OpenSegment,
  before: Segment | undefined,
): Segment {
  const [first] = frames as [PlayedFrame];
  const title = frames[frames.length >> 1]?.title ?? null;
  const content = {
    source,
    first: first.sequence,
    frames: frames.map(({ bytes }) => bytes),
    title,
  };
  const isBreak = startsStream && before !== undefined;
  return {
    name: segmentName(content),
    number: before === undefined ? firstNumber(first) : before.number + 1,
    startsStream: isBreak,
    discontinuities: (before?.discontinuities ?? 0) + Number(isBreak),
    durationMs: durationOf(frames),
    title,
    bytes: segmentBytes(content),
  };
}

/** The newest segments that hold so much sound, ms; at most as many as a playlist lists. */
export function newest(kept: readonly Segment[], fillMs: number): readonly Segment[] {
  let start = kept.length;
  for (let total = 0; start > 0 && total < fillMs && kept.length - start < LISTED_MAX; start--) {
    total += kept[start - 1]?.durationMs ?? 0;
  }
  return kept.slice(start);
}

function absenceOf(asked: NamedSegment, present: readonly NamedSegment[]): Absence {
  const same = present.filter(({ source }) => source === asked.source);
  const [oldest] = same;
  if (oldest === undefined) return 'unknown';
  if (asked.first < oldest.first) return 'gone';
  return same.every(({ first, count }) => asked.first >= first + count) ? 'to come' : 'unknown';
}

/** Creates segments without sound. */
export function createSegments(): Segments {
  let kept: Segment[] = [];
  let open: OpenSegment | undefined;
  let last: { readonly source: SourceId; readonly frame: PlayedFrame } | undefined;
  const waiting = new Set<() => void>();

  const isFull = (): boolean =>
    kept.length > KEPT_MAX || bytesOf(kept) > KEPT_BYTES_MAX || durationOf(kept.slice(1)) > KEPT_MS;

  const complete = (): void => {
    if (open === undefined) return;
    kept.push(close(open, kept.at(-1)));
    open = undefined;
    while (kept.length > 1 && isFull()) kept.shift();
    const callbacks = [...waiting];
    waiting.clear();
    for (const callback of callbacks) callback();
  };

  /** Whether a decoder goes on with this frame. */
  const continues = (source: SourceId, frame: PlayedFrame): boolean => {
    if (frame.startsStream || last === undefined) return !frame.startsStream;
    const isNext = last.source === source && last.frame.sequence + 1 === frame.sequence;
    return isNext && isOneFormat(last.frame.bytes, frame.bytes);
  };

  return {
    append: (source, frame) => {
      const startsStream = !continues(source, frame);
      if (startsStream) complete();
      const isFirst = open === undefined && kept.length === 0;
      if (isFirst && !startsBlock(frame.sequence, frame.durationMs)) return;
      open ??= { source, startsStream, frames: [] };
      open.frames.push(frame);
      last = { source, frame };
      if (endsBlock(frame.sequence, frame.durationMs)) complete();
    },
    retitle: (from, before, title) => {
      for (const [index, frame] of open?.frames.entries() ?? []) {
        const isMeant = frame.sequence >= from && frame.title === before;
        if (isMeant) open?.frames.splice(index, 1, { ...frame, title });
      }
    },
    listed: () => newest(kept, LISTED_MS),
    find: (name) => kept.find((segment) => segment.name === name),
    absence: (name) => {
      const asked = parseSegmentName(name);
      const present = kept.map((segment) => parseSegmentName(segment.name));
      return asked === undefined
        ? 'unknown'
        : absenceOf(
            asked,
            present.filter((one) => one !== undefined),
          );
    },
    onNext: (callback) => {
      waiting.add(callback);
      return () => void waiting.delete(callback);
    },
    state: () => ({ kept, open: open ?? null }),
    resume: (state) => {
      kept = [...state.kept];
      open = state.open ?? undefined;
      const frame = open?.frames.at(-1);
      last = open && frame && { source: open.source, frame };
    },
  };
}
