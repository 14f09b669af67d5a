/**
 * The last segments of what this SCX plays (segment.ts), made of the same frames in the same order as
 * the ring that feeds all other listeners. A segment is joined when its last frame is there, and does
 * not change any more.
 *
 * Frames that are missing are replaced by silence, so that the segment keeps its name, its length and its
 * number, as at SCXs that have them. After a longer hole the list begins anew with a later number.
 *
 * Its title is the one that holds in its middle. A title travels on a channel of its own; one that
 * arrives when the segment is made already shows from the next one on. The first segment of a process
 * begins with a block, as players that come from another SCX know this block as a whole, or where a
 * neighbour's began that follow each other (segment-numbers.ts).
 *
 * Bounded: KEPT_MS of audio in complete segments, KEPT_MAX of them, KEPT_BYTES_MAX; and one that is being
 * filled. They are kept when the session goes off the air, since players still hear them.
 */

import type { SourceId } from '../../gossamer/core/node.js';
import { type NamedSegment, parseSegmentName } from '../../icecast/segment-name.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { createLeadIn, silenced } from '../../mp3/frames/lead-in.js';
import type { SegmentPlace } from '../../wire/hello.js';
import type { PlayedFrame } from './chunk.js';
import { endsBlock, segmentBytes, segmentName, startsBlock } from './segment.js';
import { blocksBetween, createToldPlaces, type Numbers } from './segment-numbers.js';
import { consecutive, namedSegment, placeOf } from './segment-place.js';

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
  /** When the source published its first frame, by its signed time, ms since 1970. */
  readonly at?: number | undefined;
  /** Some of it is silence in place of what is missing here: other SCXs have other bytes. */
  readonly isMended?: boolean | undefined;
  readonly bytes: Uint8Array;
}

/** A segment that is being filled. */
interface OpenSegment {
  readonly source: SourceId;
  readonly startsStream: boolean;
  readonly frames: PlayedFrame[];
  readonly at?: number | undefined;
  isMended?: boolean | undefined;
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
  /** Where those stand that follow each other up to the one that is being filled. */
  place(): SegmentPlace | undefined;
  /** See ToldPlaces. */
  tell(place: SegmentPlace, unseen?: number): void;
  /** Calls back once, when the next segment is there. Returns a function that cancels this. */
  onNext(callback: () => void): () => void;
  state(): SegmentsState;
  resume(state: SegmentsState): void;
}

/** What a playlist lists: at least three target durations (RFC 8216 §6.2.2), ms. */
export const LISTED_MS = 12_500;
const LISTED_MAX = 32;
/** A segment is kept after it has left the playlist for as long as that is (§6.2.2), ms. */
const KEPT_MS = 32_000;
const KEPT_MAX = 96;
/** Bytes of segments. The same as the ring's. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024;

/** A longer hole is not filled with silence, ms. Guess. */
const HOLE_MS_MAX = 10_000;
/** Frames after a hole that may need bytes of missing ones: 511 bytes at the lowest rate. */
const LEAD_IN_FRAMES = 32;

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

/** The numbers of a segment after another one. */
function numbersAfter(before: Segment, { source, startsStream, frames }: OpenSegment): Numbers {
  const { number, discontinuities } = before;
  const last = parseSegmentName(before.name);
  const end = last === undefined ? 0 : last.first + last.count;
  const [first] = frames as [PlayedFrame];
  const isHole = last?.source === source && !startsStream && end < first.sequence;
  const blocks = isHole ? Math.max(1, blocksBetween(end - 1, first)) : 1;
  return { number: number + blocks, discontinuities: discontinuities + Number(startsStream) };
}

function close(open: OpenSegment, isBreak: boolean, numbers: Numbers): Segment {
  const { source, frames, at, isMended } = open;
  const [first] = frames as [PlayedFrame];
  const title = frames[frames.length >> 1]?.title ?? null;
  const content = {
    source,
    first: first.sequence,
    frames: frames.map(({ bytes }) => bytes),
    title,
  };
  return {
    name: segmentName(content),
    ...numbers,
    startsStream: isBreak,
    durationMs: durationOf(frames),
    title,
    at,
    ...(isMended === true ? { isMended } : {}),
    bytes: segmentBytes(content),
  };
}

/** The newest segments that hold so much sound, ms; at most as many as a playlist lists. */
export function newest<One extends Pick<Segment, 'durationMs'>>(
  kept: readonly One[],
  fillMs: number,
): readonly One[] {
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
  let mending: { readonly lead: (frame: Uint8Array) => Uint8Array; left: number } | undefined;
  let awaitsBlock = false;
  const told = createToldPlaces();
  const waiting = new Set<() => void>();

  const isFull = (): boolean =>
    kept.length > KEPT_MAX || bytesOf(kept) > KEPT_BYTES_MAX || durationOf(kept.slice(1)) > KEPT_MS;

  const numbersOf = (segment: OpenSegment): Numbers => {
    const before = kept.at(-1);
    if (before !== undefined) return numbersAfter(before, segment);
    return told.begin(segment.source, segment.frames[0] as PlayedFrame);
  };

  const complete = (): void => {
    if (open === undefined) return;
    kept.push(close(open, open.startsStream && kept.length > 0, numbersOf(open)));
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

  /** Whether a segment may begin with this frame. */
  const mayBegin = (source: SourceId, frame: PlayedFrame): boolean => {
    if (awaitsBlock) return startsBlock(frame.sequence, frame.durationMs);
    return kept.length > 0 || told.mayBegin(source, frame);
  };

  const push = (source: SourceId, frame: PlayedFrame, startsStream: boolean): void => {
    if (startsStream) complete();
    last = { source, frame };
    if (open === undefined && !mayBegin(source, frame)) return;
    awaitsBlock = false;
    open ??= { source, startsStream, frames: [], at: frame.timeMs };
    if (mending !== undefined) open.isMended = true;
    open.frames.push(frame);
    if (endsBlock(frame.sequence, frame.durationMs)) complete();
  };

  /** The number of missing frames of the same source before this one. */
  const holeBefore = (source: SourceId, frame: PlayedFrame): number => {
    if (last?.source !== source || !isOneFormat(last.frame.bytes, frame.bytes)) return 0;
    return Math.max(0, frame.sequence - last.frame.sequence - 1);
  };

  const fill = (source: SourceId, frame: PlayedFrame, count: number): void => {
    mending = { lead: createLeadIn(), left: LEAD_IN_FRAMES };
    const bytes = silenced(frame.bytes);
    for (let index = count; index > 0; index--) {
      push(source, { ...frame, bytes, sequence: frame.sequence - index }, false);
    }
  };

  /** The list begins anew behind the hole. */
  const skip = (): void => {
    complete();
    awaitsBlock = true;
  };

  /** The frame after a hole, without what a decoder would need of missing ones. */
  const mended = (frame: PlayedFrame): PlayedFrame => {
    if (mending === undefined) return frame;
    if (mending.left-- > 0) return { ...frame, bytes: mending.lead(frame.bytes) };
    mending = undefined;
    return frame;
  };

  return {
    append: (source, frame) => {
      const hole = holeBefore(source, frame);
      const isLong = hole * frame.durationMs > HOLE_MS_MAX;
      const startsStream = hole === 0 && !continues(source, frame);
      if (startsStream) mending = undefined;
      if (hole > 0 && !isLong) fill(source, frame, hole);
      if (isLong) skip();
      push(source, mended(frame), startsStream);
    },
    retitle: (from, before, title) => {
      for (const [index, frame] of open?.frames.entries() ?? []) {
        const isMeant = frame.sequence >= from && frame.title === before;
        if (isMeant) open?.frames.splice(index, 1, { ...frame, title });
      }
    },
    listed: () => newest(consecutive(kept), LISTED_MS),
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
    place: () => {
      const named = kept.flatMap(namedSegment);
      const [first] = open?.frames ?? [];
      const { source, startsStream } = open ?? {};
      const all =
        open && first && source && startsStream !== undefined
          ? [...named, { source, startsStream, first: first.sequence, ...numbersOf(open) }]
          : named;
      return placeOf(all);
    },
    tell: told.tell,
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
