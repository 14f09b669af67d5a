/**
 * Names the format of a file or stream that is not MP3, by its first bytes. An error message can
 * then say what was sent, and not only that it was wrong.
 */
import { hasMark } from '../tags/ascii-mark.js';

/** Marks at an offset, and the formats that they identify. */
const MARKS: readonly (readonly [number, string, string])[] = [
  [0, 'OggS', 'Ogg'],
  [0, 'fLaC', 'FLAC'],
  [8, 'WAVE', 'WAV'],
  [4, 'ftyp', 'MP4 (AAC)'],
  [0, 'ADIF', 'AAC'],
  [0, '\x1aE\xdf\xa3', 'WebM or Matroska'],
  [0, '#EXTM3U', 'a playlist'],
  [0, '[playlist]', 'a playlist'],
  [0, '<!DOCTYPE', 'a web page'],
  [0, '<html', 'a web page'],
];

/** The number of bytes that identify a format. */
export const FORMAT_BYTES = 16;

/** The name of the format; undefined if it is unknown, or MP3. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const found = MARKS.find(([offset, mark]) => hasMark(bytes, offset, mark));
  return found?.[2] ?? (isAdts(bytes) ? 'AAC' : undefined);
}

/**
 * The frame header of AAC has the sync word of MPEG audio, but layer 0, which MPEG audio never has.
 */
const isAdts = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0;
