/** Pictures for tests: those of encoders, 16 x 8 pixels, and PNGs of any size and content. */
import { crc32 } from './crc32.js';

const bytesOf = (base64: string): Buffer<ArrayBuffer> => Buffer.from(base64, 'base64');

export const PNG = bytesOf(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAIAAAB/FOjAAAAACXBIWXMAAAABAAAAAQBPJcTWAAAAFElEQVR4nGP4y8BAEiJN' +
    '9agGIhEAX7d+gfptJZ4AAAAASUVORK5CYII=',
);
export const JPEG = bytesOf(
  '/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAgEBAQEBAUFBQUFBQYGBgYGBgYGBgYGBgYHBwcICAgHBwcGBgcHCAgICAkJCQgI' +
    'CAgJCQoKCgwMCwsODg4RERT/xABMAAEBAAAAAAAAAAAAAAAAAAAABwEBAQAAAAAAAAAAAAAAAAAABQcQAQAAAAAAAAAAAAAA' +
    'AAAAAAARAQAAAAAAAAAAAAAAAAAAAAD/wAARCAAIABADASIAAhEAAxEA/9oADAMBAAIRAxEAPwCOAL+Lf//Z',
);
export const WEBP = bytesOf(
  'UklGRjgAAABXRUJQVlA4ICwAAADQAQCdASoQAAgAAgA0JaACdLoB+AADsAD+8Oj3/yC5YXXI1/5sCua5+agAAA==',
);
export const WEBP_LOSSLESS = bytesOf('UklGRhwAAABXRUJQVlA4TA8AAAAvD8ABAAdQwMz+ByKi/wEA');

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** A PNG that says it has these sides; with further chunks behind its head. */
export function pngOf(
  width: number,
  height: number,
  more: Readonly<Record<string, Uint8Array>> = {},
): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0], 8);
  const further = Object.entries(more).map(([name, data]) => chunk(name, data));
  const [data, end] = [chunk('IDAT', Buffer.alloc(10)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([PNG.subarray(0, 8), chunk('IHDR', head), ...further, data, end]);
}
