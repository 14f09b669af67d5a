/**
 * Reads title, artist and album out of an ID3v2 tag that comes in pieces. Album art may be twenty
 * megabytes long and may come before the title, so a tag is never held: what is of no interest is
 * stepped over, and at most one header or one bounded text is in memory.
 *
 * A tag that makes no sense ends the reading, not the stream: the framer knows from the tag's
 * header where it ends.
 */
import { bigEndian, type Id3TextKey, id3FrameHeaderBytes, parseId3Frame } from './id3-frame.js';
import { ID3_HEADER_BYTES, type Id3Header, syncSafe } from './id3-header.js';
import { decodeId3Text } from './id3-text.js';
import { createResynchroniser } from './resynchronise.js';

/** What a tag tells of a recording; plain text, see plain-text.ts. */
export type TagText = { readonly [Key in Id3TextKey]?: string };

/** A reader of one tag. */
export interface Id3Reader {
  /** Takes the next bytes of the tag, which begins with its header. */
  push(bytes: Uint8Array): void;
  /** What was found so far. */
  text(): TagText;
}

/** What the field that is being collected is. */
type Field =
  | { readonly kind: 'extendedHeader' }
  | { readonly kind: 'frameHeader' }
  | {
      readonly kind: 'text';
      readonly key: Id3TextKey;
      readonly prefixBytes: number;
      readonly unsynchronised: boolean;
      /** What of the frame is too long to be collected. */
      readonly restBytes: number;
    };

/** A reader of the tag behind `tag`; texts are at most `charactersMax` UTF-16 units long. */
export function createId3Reader(tag: Id3Header, charactersMax: number): Id3Reader {
  const found: { [Key in Id3TextKey]?: string } = {};
  const textBytesMax = 4 * charactersMax;
  const resynchronise =
    tag.unsynchronised && tag.version < 4
      ? createResynchroniser()
      : (bytes: Uint8Array): Uint8Array => bytes;
  let done = tag.opaque;
  let skipBytes = ID3_HEADER_BYTES;
  let field: Field = { kind: 'frameHeader' };
  let collected = new Uint8Array(id3FrameHeaderBytes(tag));
  let filledBytes = 0;

  const collect = (next: Field, bytes: number): void => {
    field = next;
    collected = new Uint8Array(bytes);
    filledBytes = 0;
  };

  const nextFrame = (skip: number): void => {
    skipBytes = skip;
    collect({ kind: 'frameHeader' }, id3FrameHeaderBytes(tag));
  };

  const onExtendedHeader = (): void => {
    if (tag.version === 3) nextFrame(bigEndian(collected));
    else nextFrame((syncSafe(collected, 0) ?? 4) - 4);
  };

  const onFrameHeader = (): void => {
    const frame = parseId3Frame(tag, collected);
    done = frame === undefined;
    if (frame === undefined) return;
    const { key, bodyBytes, prefixBytes, unsynchronised } = frame;
    const wanted = Math.min(bodyBytes, prefixBytes + textBytesMax);
    const restBytes = bodyBytes - wanted;
    if (key === undefined || wanted === 0 || found[key] !== undefined) nextFrame(bodyBytes);
    else collect({ kind: 'text', key, prefixBytes, unsynchronised, restBytes }, wanted);
  };

  const onText = (text: Field & { kind: 'text' }): void => {
    const body = text.unsynchronised ? createResynchroniser()(collected) : collected;
    const value = decodeId3Text(body.subarray(text.prefixBytes), charactersMax);
    if (value !== undefined) found[text.key] = value;
    nextFrame(text.restBytes);
  };

  const onField = (): void => {
    switch (field.kind) {
      case 'extendedHeader':
        return onExtendedHeader();
      case 'frameHeader':
        return onFrameHeader();
      case 'text':
        return onText(field);
    }
  };

  if (tag.extended) collect({ kind: 'extendedHeader' }, 4);
  return {
    push: (bytes) => {
      let rest = done ? bytes.subarray(0, 0) : resynchronise(bytes);
      while (rest.length > 0 && !done) {
        const skipped = Math.min(skipBytes, rest.length);
        skipBytes -= skipped;
        const taken = rest.subarray(skipped, skipped + collected.length - filledBytes);
        collected.set(taken, filledBytes);
        filledBytes += taken.length;
        rest = rest.subarray(skipped + taken.length);
        if (filledBytes === collected.length) onField();
      }
    },
    text: () => found,
  };
}
