/**
 * WebP (RFC 9649): a RIFF file whose first chunk is lossy (`VP8 `), lossless (`VP8L`), or extended (`VP8X`),
 * which has further chunks. A moving picture is refused, as for PNG.
 */
import { bad, good, type Result } from '../lib/result.js';
import { hasText, type ImageFacts, type ImageReader, littleEndian } from './image-type.js';

/** Of `VP8X`. */
const ANIMATION = 0x02;
const DAMAGED = bad('the WebP is damaged or not complete');

const facts = (width: number, height: number): Result<ImageFacts> =>
  good({ type: 'image/webp', width, height });

/** The first chunk, whose data begins at 20. */
function readFirst(bytes: Uint8Array): Result<ImageFacts> {
  if (hasText(bytes, 12, 'VP8 ') && hasText(bytes, 23, '\x9d\x01\x2a')) {
    return facts(littleEndian(bytes, 26, 2) & 0x3fff, littleEndian(bytes, 28, 2) & 0x3fff);
  }
  if (hasText(bytes, 12, 'VP8L') && bytes[20] === 0x2f) {
    const sides = littleEndian(bytes, 21, 4);
    return facts((sides & 0x3fff) + 1, (Math.floor(sides / 2 ** 14) & 0x3fff) + 1);
  }
  if (!hasText(bytes, 12, 'VP8X')) return DAMAGED;
  if (((bytes[20] ?? 0) & ANIMATION) !== 0) {
    return bad('the WebP is a moving picture: give one that stands still');
  }
  return facts(littleEndian(bytes, 24, 3) + 1, littleEndian(bytes, 27, 3) + 1);
}

/** Reads a WebP. */
export const readWebp: ImageReader = (bytes) => {
  if (!hasText(bytes, 0, 'RIFF') || !hasText(bytes, 8, 'WEBP')) return undefined;
  const isWhole = bytes.length >= 30 && littleEndian(bytes, 4, 4) + 8 <= bytes.length;
  return isWhole ? readFirst(bytes) : DAMAGED;
};
