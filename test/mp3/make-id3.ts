/** ID3v2 tags for tests, of all versions, right and wrong. */
import { ascii, joinBytes } from './make-mp3.js';

export interface Id3Options {
  readonly version?: 2 | 3 | 4;
  readonly flags?: number;
  readonly footer?: boolean;
}

const bigEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256);

const syncSafeBytes = (value: number): number[] =>
  [21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f);

/** A whole tag with the given frames. */
export function makeId3(frames: readonly Uint8Array[], options: Id3Options = {}): Uint8Array {
  const { version = 3, flags = 0, footer = false } = options;
  const body = joinBytes(frames);
  const head = [version, 0, flags | (footer ? 0x10 : 0), ...syncSafeBytes(body.length)];
  const parts = [ascii('ID3'), Uint8Array.from(head), body];
  return joinBytes(footer ? [...parts, ascii('3DI'), Uint8Array.from(head)] : parts);
}

/** One frame of a tag; `flags` is the second byte of its flags. */
export function makeId3Frame(
  id: string,
  body: Uint8Array,
  version: 2 | 3 | 4 = 3,
  flags = 0,
): Uint8Array {
  if (version === 2) {
    return joinBytes([ascii(id), Uint8Array.from(bigEndian(body.length, 3)), body]);
  }
  const size = version === 4 ? syncSafeBytes(body.length) : bigEndian(body.length, 4);
  return joinBytes([ascii(id), Uint8Array.from([...size, 0, flags]), body]);
}

/** The body of a text frame: Latin-1, UTF-16 with a mark, UTF-16BE, UTF-8. */
export function id3Text(encoding: 0 | 1 | 2 | 3, text: string): Uint8Array {
  if (encoding === 3) return joinBytes([Uint8Array.of(3), ascii(text)]);
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  if (encoding === 0) return Uint8Array.from([0, ...units]);
  const big = units.flatMap((unit) => [unit >> 8, unit & 0xff]);
  const little = units.flatMap((unit) => [unit & 0xff, unit >> 8]);
  return Uint8Array.from(encoding === 2 ? [2, ...big] : [1, 0xff, 0xfe, ...little]);
}

/** Puts a 0 behind each 0xFF. */
export function unsynchronised(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])));
}

/** An ID3v1 tag; the texts as Latin-1. */
export function makeId3v1(title: string, artist: string): Uint8Array {
  const field = (text: string): Uint8Array => {
    const bytes = new Uint8Array(30);
    bytes.set(Buffer.from(text, 'latin1').subarray(0, 30));
    return bytes;
  };
  const rest = new Uint8Array(35); // Album, year, genre.
  return joinBytes([ascii('TAG'), field(title), field(artist), rest.subarray(5), rest]);
}
