/**
 * PNG (ISO/IEC 15948): a signature, then chunks of length, name, data and checksum, from IHDR to IEND. A
 * moving picture (APNG) is refused: it would take processor time for as long as the page is open.
 */
import { bad, good } from '../lib/result.js';
import { bigEndian, hasText, type ImageReader } from './image-type.js';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
/** What a chunk has besides its data. */
const FRAME_BYTES = 12;

/** The names of the chunks up to IEND; undefined if the file ends before. */
function chunkNames(bytes: Uint8Array): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (let at = SIGNATURE.length; at + FRAME_BYTES <= bytes.length; ) {
    names.add(String.fromCharCode(...bytes.subarray(at + 4, at + 8)));
    at += FRAME_BYTES + bigEndian(bytes, at, 4);
    if (names.has('IEND')) return at <= bytes.length ? names : undefined;
  }
  return undefined;
}

/** Reads a PNG. */
export const readPng: ImageReader = (bytes) => {
  if (!hasText(bytes, 0, SIGNATURE)) return undefined;
  const names = chunkNames(bytes);
  const [first] = names ?? [];
  if (names === undefined || first !== 'IHDR' || !names.has('IDAT')) {
    return bad('the PNG is damaged or not complete');
  }
  if (names.has('acTL')) return bad('the PNG is a moving picture: give one that stands still');
  return good({
    type: 'image/png',
    width: bigEndian(bytes, 16, 4),
    height: bigEndian(bytes, 20, 4),
  });
};
