/**
 * Identifies what begins at a position of an MP3 stream: a frame, a tag, or junk. Compressed sound
 * looks like a frame header every few thousand bytes, so a header alone proves nothing:
 *
 * - Without synchronisation, a header begins a frame if another frame of its family, a tag or the
 *   end of the stream follows it.
 * - Behind a good frame, another frame of its family needs no proof. But if nothing known follows
 *   it, it may have been cut off (the last frame of half a file, with the next file behind it).
 *   Then it is a frame only if no other frame or tag begins inside it.
 * - Some programs fill up with zeros behind each frame, to a sector for example. Behind a frame
 *   they are passed over, but what follows them then proves less: again, no other frame or tag may
 *   begin inside.
 *
 * So a frame is identified when the first bytes behind it have arrived, 26 ms late in a live
 * stream, and no frame is passed on that contains the beginning of another one.
 */
import { findTagStart, TAG_START_BYTES, type TagStart } from '../tags/tag-start.js';
import {
  FRAME_BYTES_MAX,
  type FrameHeader,
  HEADER_BYTES,
  parseFrameHeader,
  sameFamily,
} from './frame-header.js';

/**
 * Synchronisation with the stream: lost among junk, or at a boundary, where a frame or tag has
 * ended or the stream begins.
 */
export type Sync =
  | { readonly kind: 'lost' }
  | { readonly kind: 'boundary'; readonly previous?: FrameHeader };

/** The bytes from a position on, and what else is needed to identify them. */
export interface View {
  readonly bytes: Uint8Array;
  /** The stream has ended: no more bytes will come. */
  readonly ended: boolean;
  readonly tagBytesMax: number;
}

/** The beginning of a view. */
export type Finding =
  /** More bytes are needed, or there are no more. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'frame'; readonly header: FrameHeader }
  | { readonly kind: 'tag'; readonly tag: TagStart }
  | { readonly kind: 'junk'; readonly bytes: number };

/** The bytes that follow a frame. `cutOff`: the stream ends before the frame does. */
type Follower =
  | 'unknown'
  | 'cutOff'
  | 'family'
  | 'otherFamily'
  | 'tag'
  | 'end'
  | 'junk'
  /** Zeros, and behind them one of the family, a tag or the end. */
  | 'padding';

/** The most zeros that are taken for padding behind a frame. Guess: a sector. */
const PADDING_BYTES_MAX = 4096;

/** A view of this length is enough for every finding about frames that are not padded. */
const VIEW_BYTES_MAX = 2 * FRAME_BYTES_MAX + TAG_START_BYTES;

const UNKNOWN: Finding = { kind: 'unknown' };

/** Identifies what begins a view. Constant time, except for junk and cut-off frames: linear. */
export function identify(view: View, sync: Sync): Finding {
  const { bytes, ended } = view;
  if (bytes.length === 0 || (bytes.length < TAG_START_BYTES && !ended)) return UNKNOWN;
  const tag = tagAt(view, 0, sync.kind);
  if (tag !== undefined) return { kind: 'tag', tag };
  const header = parseFrameHeader(bytes, 0);
  return header === undefined ? junkOf(bytes) : judge(view, header, sync);
}

function judge(view: View, header: FrameHeader, sync: Sync): Finding {
  const previous = sync.kind === 'boundary' ? sync.previous : undefined;
  const trusted = previous !== undefined && sameFamily(previous, header);
  switch (followerOf(view, 0, header)) {
    case 'unknown':
      return UNKNOWN;
    case 'cutOff':
      return junkOf(view.bytes);
    case 'family':
    case 'tag':
    case 'end':
      return { kind: 'frame', header };
    case 'otherFamily':
      return trusted ? { kind: 'frame', header } : junkOf(view.bytes);
    case 'padding':
      return judgeSuspect(view, header);
    case 'junk':
      return trusted ? judgeSuspect(view, header) : junkOf(view.bytes);
  }
}

/** A frame with nothing known behind it, but behind a good one; or a frame with padding. */
function judgeSuspect(view: View, header: FrameHeader): Finding {
  if (view.bytes.length < VIEW_BYTES_MAX && !view.ended) return UNKNOWN;
  for (let offset = 1; offset < header.frameBytes; offset++) {
    if (tagAt(view, offset, 'lost') !== undefined) return { kind: 'junk', bytes: offset };
    const inner = parseFrameHeader(view.bytes, offset);
    if (inner === undefined) continue;
    const follower = followerOf(view, offset, inner);
    if (follower === 'family' || follower === 'tag') return { kind: 'junk', bytes: offset };
  }
  return { kind: 'frame', header };
}

function followerOf(view: View, offset: number, header: FrameHeader): Follower {
  const { bytes, ended } = view;
  const end = offset + header.frameBytes;
  if (bytes.length < end) return ended ? 'cutOff' : 'unknown';
  const direct = contentAt(view, end, header);
  return direct === 'junk' ? behindPadding(view, end, header) : direct;
}

/** What follows the zeros behind a frame that ends at `end`. */
function behindPadding(view: View, end: number, header: FrameHeader): Follower {
  let next = end;
  while (view.bytes[next] === 0 && next - end <= PADDING_BYTES_MAX) next++;
  if (next === end || next - end > PADDING_BYTES_MAX) return 'junk';
  const found = contentAt(view, next, header);
  if (found === 'unknown') return found;
  return found === 'junk' || found === 'otherFamily' ? 'junk' : 'padding';
}

/** What begins at an offset behind a frame with this header. */
function contentAt(view: View, offset: number, header: FrameHeader): Follower {
  const { bytes, ended } = view;
  if (bytes.length < offset + TAG_START_BYTES && !ended) return 'unknown';
  if (bytes.length === offset) return 'end';
  const next = parseFrameHeader(bytes, offset);
  if (next !== undefined) return sameFamily(header, next) ? 'family' : 'otherFamily';
  return tagAt(view, offset, 'boundary') === undefined ? 'junk' : 'tag';
}

/** The tag at an offset. ID3v1 begins with three letters only, so it does not count among junk. */
function tagAt(view: View, offset: number, kind: Sync['kind']): TagStart | undefined {
  if (kind === 'lost' && view.bytes[offset] === 0x54) return undefined;
  return findTagStart(view.bytes, offset, view.tagBytesMax);
}

/** At least one byte, and all others up to the next that may begin a frame or a tag. */
function junkOf(bytes: Uint8Array): Finding {
  let count = 1;
  while (count < bytes.length && !mayBegin(bytes, count)) count++;
  return { kind: 'junk', bytes: count };
}

/** Whether a frame or a tag may begin here; true also if there are too few bytes to know. */
function mayBegin(bytes: Uint8Array, offset: number): boolean {
  switch (bytes[offset]) {
    case 0xff:
      return offset + HEADER_BYTES > bytes.length || parseFrameHeader(bytes, offset) !== undefined;
    case 0x49: // ID3
      return (bytes[offset + 1] ?? 0x44) === 0x44;
    case 0x41: // APETAGEX
      return (bytes[offset + 1] ?? 0x50) === 0x50;
    case 0x4c: // LYRICSBEGIN
      return (bytes[offset + 1] ?? 0x59) === 0x59;
    default:
      return false;
  }
}
