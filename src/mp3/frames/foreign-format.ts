/**
 * What a file or stream is when it is not MP3, as far as its first bytes tell. Whoever sends the
 * wrong thing should read what they sent, not only that it was wrong.
 */
import { hasMark } from '../tags/ascii-mark.js';

/** Marks at an offset, and what they stand for. */
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

/** As many bytes as it takes to know a format. */
export const FORMAT_BYTES = 16;

/** The name of another format than MP3; undefined if none is known. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const found = MARKS.find(([offset, mark]) => hasMark(bytes, offset, mark));
  return found?.[2] ?? (isAdts(bytes) ? 'AAC' : undefined);
}

/** AAC's own frame header has MPEG's sync word and the layer 0, which no MPEG audio has. */
const isAdts = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0;
