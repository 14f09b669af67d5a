/**
 * Reads title, artist and album from an ID3v2 tag that comes in pieces. Album art may be twenty
 * megabytes long and may come before the title, so a tag is never held: what is of no interest is
 * skipped, and at most one header or one bounded text is in memory.
 *
 * A malformed tag ends the reading, not the stream: the framer knows from the tag's header where it
 * ends.
 */
import { bigEndian, type Id3TextKey, id3FrameHeaderBytes, parseId3Frame } from './id3-frame.js';
import { ID3_HEADER_BYTES, type Id3Header, syncSafe } from './id3-header.js';
import { decodeId3Text } from './id3-text.js';
import { createResynchroniser } from './resynchronise.js';

/** The texts of a tag; plain text, see lib/plain-text.ts. */
export type TagText = { readonly [Key in Id3TextKey]?: string };

/** A reader of one tag. */
export interface Id3Reader {
  /** Takes the next bytes of the tag, which begins with its header. */
  push(bytes: Uint8Array): void;
  /** The texts found so far. */
  text(): TagText;
}

/** The field that is being collected. */
type Field =
  | { readonly kind: 'extendedHeader' }
  | { readonly kind: 'frameHeader' }
  | {
      readonly kind: 'text';
      readonly key: Id3TextKey;
      readonly prefixBytes: number;
      readonly unsynchronised: boolean;
      /** The rest of the frame, which exceeds the bound and is skipped. */
      readonly restBytes: number;
    };

type TextField = Field & { kind: 'text' };

/** The length of an extended header's own length field. */
const EXTENDED_SIZE_BYTES = 4;

/**
 * Creates a collector of one field after another from bytes that come in pieces; it skips the bytes
 * between.
 */
function createCollector() {
  let skipBytes = 0;
  let collected = new Uint8Array(0);
  let filledBytes = 0;
  return {
    /** Begins the next field: `bytes` bytes, after `skip` others. */
    begin: (bytes: number, skip = 0): void => {
      skipBytes = skip;
      collected = new Uint8Array(bytes);
      filledBytes = 0;
    },
    /** Takes bytes up to the end of the field; returns the rest. */
    take: (bytes: Uint8Array): Uint8Array => {
      const skipped = Math.min(skipBytes, bytes.length);
      skipBytes -= skipped;
      const taken = bytes.subarray(skipped, skipped + collected.length - filledBytes);
      collected.set(taken, filledBytes);
      filledBytes += taken.length;
      return bytes.subarray(skipped + taken.length);
    },
    isFull: (): boolean => filledBytes === collected.length,
    bytes: (): Uint8Array => collected,
  };
}

/**
 * Creates a function that restores the bytes of a tag's body from before they were unsynchronised.
 */
const createBodyReader = ({ unsynchronised, version }: Id3Header) =>
  unsynchronised && version < 4 ? createResynchroniser() : (bytes: Uint8Array) => bytes;

/** The rest of an extended header behind its length field, which 2.4 counts and 2.3 does not. */
const extendedHeaderRest = ({ version }: Id3Header, bytes: Uint8Array): number =>
  version === 3
    ? bigEndian(bytes)
    : (syncSafe(bytes, 0) ?? EXTENDED_SIZE_BYTES) - EXTENDED_SIZE_BYTES;

function decodeText(field: TextField, bytes: Uint8Array, charactersMax: number) {
  const body = field.unsynchronised ? createResynchroniser()(bytes) : bytes;
  return decodeId3Text(body.subarray(field.prefixBytes), charactersMax);
}

/**
 * Creates a reader of the tag behind `tag`; texts are at most `charactersMax` UTF-16 units long.
 */
export function createId3Reader(tag: Id3Header, charactersMax: number): Id3Reader {
  const found: { [Key in Id3TextKey]?: string } = {};
  const textBytesMax = 4 * charactersMax;
  const readBody = createBodyReader(tag);
  const collector = createCollector();
  let done = tag.opaque;
  let field: Field;

  const nextFrame = (skip: number): void => {
    field = { kind: 'frameHeader' };
    collector.begin(id3FrameHeaderBytes(tag), skip);
  };

  const onFrameHeader = (bytes: Uint8Array): void => {
    const frame = parseId3Frame(tag, bytes);
    done = frame === undefined;
    if (frame === undefined) return;
    const { key, bodyBytes, prefixBytes, unsynchronised } = frame;
    const wanted = Math.min(bodyBytes, prefixBytes + textBytesMax);
    if (key === undefined || wanted === 0 || found[key] !== undefined) return nextFrame(bodyBytes);
    field = { kind: 'text', key, prefixBytes, unsynchronised, restBytes: bodyBytes - wanted };
    collector.begin(wanted);
  };

  const onText = (text: TextField, bytes: Uint8Array): void => {
    const value = decodeText(text, bytes, charactersMax);
    if (value !== undefined) found[text.key] = value;
    nextFrame(text.restBytes);
  };

  const onField = (bytes: Uint8Array): void => {
    if (field.kind === 'extendedHeader') nextFrame(extendedHeaderRest(tag, bytes));
    else if (field.kind === 'frameHeader') onFrameHeader(bytes);
    else onText(field, bytes);
  };

  nextFrame(ID3_HEADER_BYTES);
  if (tag.extended) {
    field = { kind: 'extendedHeader' };
    collector.begin(EXTENDED_SIZE_BYTES, ID3_HEADER_BYTES);
  }
  return {
    push: (bytes) => {
      let rest = done ? bytes.subarray(0, 0) : readBody(bytes);
      while (rest.length > 0 && !done) {
        rest = collector.take(rest);
        if (collector.isFull()) onField(collector.bytes());
      }
    },
    text: () => found,
  };
}
