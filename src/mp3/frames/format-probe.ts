/**
 * Names the format of a recording while it is read. ID3v2 tags, which stand in front of AAC and
 * others, too, are passed over, however long they are; nothing but a few bytes is kept.
 */
import { ID3_HEADER_BYTES, parseId3Header } from '../tags/id3-header.js';
import { FORMAT_BYTES, foreignFormat } from './foreign-format.js';

/** A probe of one recording. */
export interface FormatProbe {
  /** Looks at the next bytes of the recording. */
  look(bytes: Uint8Array): void;
  /** Number of bytes that were looked at. */
  readonly bytes: number;
  /** The name of the format; undefined if it is unknown, or MP3. */
  format(): string | undefined;
}

/** Creates a probe at the beginning of a recording. */
export function createFormatProbe(): FormatProbe {
  let head = new Uint8Array();
  /** Where the head begins, and the next bytes, in bytes from the beginning. */
  let [headAt, position] = [0, 0];

  /** Whether the head was a tag, and begins behind it now. */
  const passTag = (): boolean => {
    const tag = parseId3Header(head, 0);
    if (tag === undefined) return false;
    headAt += ID3_HEADER_BYTES + tag.bodyBytes + tag.footerBytes;
    head = new Uint8Array();
    return true;
  };

  const fill = (bytes: Uint8Array): void => {
    if (head.length >= FORMAT_BYTES) return;
    const from = Math.max(0, headAt + head.length - position);
    const more = bytes.subarray(from, from + FORMAT_BYTES - head.length);
    const joined = new Uint8Array(head.length + more.length);
    joined.set(head);
    joined.set(more, head.length);
    head = joined;
  };

  return {
    look: (bytes) => {
      do fill(bytes);
      while (passTag());
      position += bytes.length;
    },
    get bytes() {
      return position;
    },
    format: () => foreignFormat(head),
  };
}
