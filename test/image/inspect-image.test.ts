import { describe, expect, test } from 'vitest';
import { IMAGE_BYTES_MAX, IMAGE_SIDE_MAX } from '../../src/image/image-type.js';
import { inspectImage } from '../../src/image/inspect-image.js';
import { JPEG, PNG, pngOf, WEBP, WEBP_LOSSLESS } from './pictures.js';

const problemOf = (bytes: Uint8Array): string => {
  const inspected = inspectImage(bytes);
  return inspected.ok ? 'none' : inspected.problems.join('; ');
};

const SIDES = { width: 16, height: 8 };

describe('Inspecting a picture', () => {
  test.each([
    ['PNG', PNG, 'image/png'],
    ['JPEG', JPEG, 'image/jpeg'],
    ['lossy WebP', WEBP, 'image/webp'],
    ['lossless WebP', WEBP_LOSSLESS, 'image/webp'],
  ])('tells type and sides of %s as encoders write it', (_name, bytes, type) => {
    expect(inspectImage(bytes)).toEqual({ ok: true, value: { type, ...SIDES } });
  });

  test('reads the sides of an extended WebP', () => {
    const extended = Buffer.alloc(40);
    extended.write('RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0', 'latin1');
    extended.set([0, 0, 0, 0, 15, 0, 0, 7, 0, 0], 20);
    expect(inspectImage(extended)).toMatchObject({ ok: true, value: SIDES });
    extended[20] = 0x02;
    expect(problemOf(extended)).toContain('moving picture');
  });

  test('refuses a picture that would take much memory where it is shown', () => {
    expect(problemOf(pngOf(IMAGE_SIDE_MAX, IMAGE_SIDE_MAX))).toBe('none');
    expect(problemOf(pngOf(IMAGE_SIDE_MAX + 1, 1))).toContain('2049 x 1');
    expect(problemOf(pngOf(2 ** 31 - 1, 2 ** 31 - 1))).toContain('at most 2048 x 2048 pixels');
    expect(problemOf(pngOf(0, 8))).toContain('no pixels');
    const wide = Buffer.from(JPEG);
    const frame = wide.indexOf(Buffer.from([0xff, 0xc0]));
    wide.writeUInt16BE(65535, frame + 7);
    expect(problemOf(wide)).toContain('65535 x 8');
    const padded = Buffer.concat([PNG, Buffer.alloc(IMAGE_BYTES_MAX)]);
    expect(problemOf(padded)).toBe('a picture may have at most 512 KiB');
  });

  test('refuses a picture that moves, or asks for any number of scans', () => {
    expect(problemOf(pngOf(16, 8, { acTL: Buffer.alloc(8) }))).toContain('moving picture');
    const scan = JPEG.indexOf(Buffer.from([0xff, 0xda]));
    const scans = Array<Buffer>(40).fill(JPEG.subarray(scan, -2));
    const bomb = Buffer.concat([JPEG.subarray(0, scan), ...scans, JPEG.subarray(-2)]);
    expect(problemOf(bomb)).toContain('more than 32 scans');
  });

  test('goes by the content: SVG, GIF, HTML and what is only named a picture are refused', () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
    for (const text of [svg, 'GIF89a', '<!doctype html>', 'BM', '', '\x89PNG']) {
      expect(problemOf(Buffer.from(text, 'latin1'))).toContain('must be PNG, JPEG or WebP');
    }
  });

  test('refuses whatever ends before it is complete', () => {
    for (const whole of [PNG, JPEG, WEBP, WEBP_LOSSLESS]) {
      for (let length = 0; length < whole.length - 1; length++) {
        expect(inspectImage(whole.subarray(0, length)).ok).toBe(false);
      }
    }
  });
});
