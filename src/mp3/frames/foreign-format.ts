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
  [8, 'AIFF', 'AIFF'],
  [8, 'AIFC', 'AIFF'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'WMA'],
  [0, '\x0b\x77', 'AC3'],
  [0, '\x1aE\xdf\xa3', 'WebM or Matroska'],
  [0, '#EXTM3U', 'a playlist'],
  [0, '[playlist]', 'a playlist'],
  [0, '<!DOCTYPE', 'a web page'],
  [0, '<html', 'a web page'],
  ...['REM ', 'FILE "', 'TITLE "', 'PERFORMER ', 'CATALOG '].map(
    (mark) => [0, mark, 'a cue sheet'] as const,
  ),
];

/** The number of bytes that identify a format. */
export const FORMAT_BYTES = 16;

/** The name of the format; undefined if it is unknown, or MP3. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const found = MARKS.find(([offset, mark]) => hasMark(bytes, offset, mark));
  return found?.[2] ?? ofFrame(bytes[0] ?? 0, bytes[1] ?? 0, bytes[2] ?? 0);
}

/** By the two bits of the layer; AAC (ADTS) has a layer that MPEG audio never has. */
const LAYERS = ['AAC', undefined, 'MP2', undefined] as const;

/** The format of a frame that begins with the sync word of MPEG audio. */
function ofFrame(first: number, second: number, third: number): string | undefined {
  if (first !== 0xff || second < 0xe0) return undefined;
  const layer = (second >> 1) & 3;
  if (layer === 0 && (second & 0xf0) !== 0xf0) return undefined;
  // Free format: a frame without a bit rate.
  if (layer === 1 && second !== 0xff && third >> 4 === 0) return 'MP3 in free format';
  return LAYERS[layer];
}
