/**
 * Looks at a picture that a stranger has given: what it is, by its content and never by its name, and
 * whether it is small enough for everybody who will open a page with it. Nothing is decoded here, so
 * that a picture costs a cluster no more than its bytes. SVG is none of the formats: it can hold scripts.
 */
import { bad, type Result } from '../lib/result.js';
import {
  IMAGE_BYTES_MAX,
  IMAGE_SIDE_MAX,
  type ImageFacts,
  type ImageReader,
} from './image-type.js';
import { readJpeg } from './jpeg.js';
import { readPng } from './png.js';
import { readWebp } from './webp.js';

const READERS: readonly ImageReader[] = [readPng, readJpeg, readWebp];

/** What the picture is, or why it is refused. Takes time linear in its length. */
export function inspectImage(bytes: Uint8Array): Result<ImageFacts> {
  if (bytes.length > IMAGE_BYTES_MAX) {
    return bad(`a picture may have at most ${IMAGE_BYTES_MAX / 1024} KiB`);
  }
  for (const read of READERS) {
    const facts = read(bytes);
    if (facts !== undefined) return facts.ok ? checkSides(facts) : facts;
  }
  return bad('a picture must be PNG, JPEG or WebP; this is something else');
}

function checkSides(facts: Result<ImageFacts> & { readonly ok: true }): Result<ImageFacts> {
  const { width, height } = facts.value;
  if (width < 1 || height < 1) return bad('the picture is damaged: a side has no pixels');
  if (width <= IMAGE_SIDE_MAX && height <= IMAGE_SIDE_MAX) return facts;
  const most = `${IMAGE_SIDE_MAX} x ${IMAGE_SIDE_MAX}`;
  return bad(`a picture may have at most ${most} pixels; this has ${width} x ${height}`);
}
