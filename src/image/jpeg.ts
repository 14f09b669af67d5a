/**
 * JPEG (ITU-T T.81): segments that begin with a marker, and after each start of scan the compressed data,
 * in which the byte FF is followed by 0. A few bytes can ask for any number of scans over all
 * pixels, so their number is bounded.
 */
import { bad, good, type Result } from '../lib/result.js';
import { bigEndian, type ImageFacts, type ImageReader } from './image-type.js';

const [START, END, START_OF_SCAN] = [0xd8, 0xd9, 0xda];
/** Baseline, extended and progressive, as browsers read them. */
const FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];
/** A progressive picture has about ten. */
const SCANS_MAX = 32;

const DAMAGED = bad('the JPEG is damaged or not complete');

/** Whether a marker stands alone: a restart, or padding. */
const isAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** Where the next marker is that is no part of compressed data. */
function markerFrom(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !isAlone(next)) return at;
  }
  return bytes.length;
}

/** The end has come: a picture needs a frame and a scan. */
function finished(facts: ImageFacts | undefined, scans: number): Result<ImageFacts> {
  if (scans > SCANS_MAX) return bad(`the JPEG has more than ${SCANS_MAX} scans`);
  return facts === undefined || scans === 0 ? DAMAGED : good(facts);
}

/** Reads a JPEG. */
export const readJpeg: ImageReader = (bytes) => {
  if (bytes[0] !== 0xff || bytes[1] !== START || bytes[2] !== 0xff) return undefined;
  let facts: ImageFacts | undefined;
  let scans = 0;
  for (let at = 2; at + 3 < bytes.length || bytes[at + 1] === END; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === END) return finished(facts, scans);
    if (FRAMES.includes(marker)) {
      if (facts !== undefined) return DAMAGED;
      const [height, width] = [bigEndian(bytes, at + 5, 2), bigEndian(bytes, at + 7, 2)];
      facts = { type: 'image/jpeg', width, height };
    }
    if (marker === START_OF_SCAN) scans++;
    // Between segments there may be padding, and behind the head of a scan is its data.
    at = markerFrom(bytes, at + 2 + bigEndian(bytes, at + 2, 2));
  }
  return DAMAGED;
};
