/**
 * A segment of HLS (RFC 8216): frames of one source, one after the other, as packed audio (§3.4).
 * Its address states all that its bytes depend on: the source, the number of its first frame, how many
 * frames it has, and a digest of its title. So every SCX that has these frames makes the same bytes
 * of them, and a player, a cache or a CDN may fetch a segment from any. The digest stands in the query,
 * as an SCX that has just joined may not know the title of sound that it got from before: there the
 * same segment has no title, and players still see that it is the same (hls.js compares paths).
 *
 * The source's frames are counted in blocks of about SEGMENT_MS. A segment ends where its block ends; it
 * is shorter where the sound before or behind it is that of another source, or a frame is missing.
 */
import { createHash } from 'node:crypto';
import type { SourceId } from '../../gossamer/core/node.js';
import { printSegmentName } from '../../icecast/segment-name.js';
import { parseFrameHeader } from '../../mp3/frames/frame-header.js';
import { leadIn } from '../../mp3/frames/lead-in.js';
import { ID3_HEADER_BYTES } from '../../mp3/tags/id3-header.js';
import { printId3, privateFrame, textFrame } from '../../mp3/tags/id3-writer.js';

/** The frames of a segment. */
export interface SegmentFrames {
  readonly source: SourceId;
  /** The source's number of the first frame. */
  readonly first: number;
  /** As the source sent them: of one format, at least one. */
  readonly frames: readonly Uint8Array[];
  readonly title: string | null;
}

/**
 * The length of a block, ms. Guess: players start three segments behind the newest one and ask for each
 * singly, so shorter ones cost requests and longer ones delay.
 */
const SEGMENT_MS = 2600;

/** `EXT-X-TARGETDURATION`, s: no segment is longer, after rounding (RFC 8216 §4.3.3.1). */
export const TARGET_S = 3;

/** Whose timestamps these are (RFC 8216 §3.4). */
const TIMESTAMP_OWNER = 'com.apple.streaming.transportStreamTimestamp';
const TICKS_PER_SECOND = 90_000n;
const TIMESTAMP_BITS = 33;

/** The frames of a block, where each lasts this long: 100 at 44.1 kHz. */
const blockFrames = (frameMs: number): number => Math.round(SEGMENT_MS / frameMs);

/** The number of the block that holds a frame. */
export const blockOf = (sequence: number, frameMs: number): number =>
  Math.floor(sequence / blockFrames(frameMs));

/** Whether a frame is the last one of its block. */
export const endsBlock = (sequence: number, frameMs: number): boolean =>
  (sequence + 1) % blockFrames(frameMs) === 0;

/** Whether a block begins with the frame. */
export const startsBlock = (sequence: number, frameMs: number): boolean =>
  sequence % blockFrames(frameMs) === 0;

/** Stands for a title; '' for none. */
export const titleDigest = (title: string | null): string =>
  title === null ? '' : createHash('sha256').update(title).digest('hex').slice(0, 12);

export const segmentName = ({ source, first, frames }: SegmentFrames): string =>
  printSegmentName({ source, first, count: frames.length });

/** The time of a frame on its source's own clock, which counts frames: 33 bits in eight bytes. */
function timestamp(sequence: number, samples: number, sampleRateHz: number): Uint8Array {
  const ticks = (BigInt(sequence) * BigInt(samples) * TICKS_PER_SECOND) / BigInt(sampleRateHz);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(TIMESTAMP_BITS, ticks));
  return bytes;
}

/**
 * The bytes of a segment: a tag with the time of its first frame and with the title, and the frames. One
 * that begins within a block follows other sound, so its first frames are silenced where a decoder would
 * need the frames before them (lead-in.ts).
 */
export function segmentBytes({ first, frames, title }: SegmentFrames): Buffer {
  const header = frames[0] && parseFrameHeader(frames[0], 0);
  const isWhole = header !== undefined && startsBlock(first, header.durationMs);
  return withTag({ first, title }, Buffer.concat(isWhole ? frames : leadIn(frames)));
}

/** The bytes of a segment with this sound, which may have been kept without the tag. */
export function withTag(
  { first, title }: Pick<SegmentFrames, 'first' | 'title'>,
  sound: Uint8Array,
): Buffer {
  const header = parseFrameHeader(sound, 0);
  if (header === undefined) return Buffer.alloc(0);
  const { samples, sampleRateHz } = header;
  const tag = printId3([
    privateFrame(TIMESTAMP_OWNER, timestamp(first, samples, sampleRateHz)),
    ...(title === null ? [] : [textFrame('TIT2', title)]),
  ]);
  return Buffer.concat([tag, sound]);
}

/** The frames of a segment, without the tag before them. */
export function withoutTag(segment: Uint8Array): Uint8Array {
  const size = segment.subarray(6, ID3_HEADER_BYTES).reduce((sum, byte) => sum * 128 + byte, 0);
  return segment.subarray(Math.min(segment.length, ID3_HEADER_BYTES + size));
}
