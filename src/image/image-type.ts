/** What is known of a picture from its bytes, and what a picture may be at most. */
import type { Result } from '../lib/result.js';

/** A picture that pages may show. */
export interface ImageFacts {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Of one picture. Guess: a cover of 1000 pixels as JPEG has a fifth of that. */
export const IMAGE_BYTES_MAX = 512 * 1024;
/** Of each side, pixels: a telephone needs 16 MiB to show that. Guess: players show 512. */
export const IMAGE_SIDE_MAX = 2048;

/** Reads one format; `undefined`: the bytes do not begin as it does. */
export type ImageReader = (bytes: Uint8Array) => Result<ImageFacts> | undefined;

/** Whether ASCII text stands at this place. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** An unsigned number of `size` bytes; 0 for what is behind the end. */
export function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

/** The same, the lowest byte first. */
export function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}
