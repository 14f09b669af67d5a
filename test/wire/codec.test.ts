import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Codec, decodeWith, encodeWith } from '../../src/wire/codec.js';
import { bytesUpTo } from '../../src/wire/combinators.js';
import { FRAME, FRAME_HEADER_BYTES } from '../../src/wire/frame.js';
import { coordinate, share } from '../../src/wire/number-codec.js';
import { coordinate as someCoordinate, share as someShare } from './support.js';

const written = <Value>(codec: Codec<Value>, value: Value): Uint8Array =>
  encodeWith(codec, value, FRAME.control);

const read = <Value>(codec: Codec<Value>, frame: Uint8Array) => decodeWith(codec, 'it', frame);

/** A value is read as it was written, and has the length that the codec gives. */
function expectExact<Value>(codec: Codec<Value>, value: Value): void {
  const frame = written(codec, value);
  expect(read(codec, frame)).toEqual({ ok: true, value });
  expect(codec.bytesOf(value)).toBe(frame.length - FRAME_HEADER_BYTES);
  expect(codec.bytesOf(value)).toBeLessThanOrEqual(codec.bytesMax);
}

/** Each truncation is malformed. */
function expectWhole<Value>(codec: Codec<Value>, value: Value): void {
  const frame = written(codec, value);
  for (let bytes = FRAME_HEADER_BYTES; bytes < frame.length; bytes++) {
    const problems = ['it: the message ends too soon'];
    expect(read(codec, frame.subarray(0, bytes))).toEqual({ ok: false, problems });
  }
}

/**
 * Each byte, changed into each other one, is malformed, or another value that has no other form: one that
 * is written as the changed bytes, and so is not the value that is written as the unchanged ones.
 */
function expectOneForm<Value>(codec: Codec<Value>, value: Value): void {
  const frame = written(codec, value);
  const forms: string[] = [];
  for (let at = FRAME_HEADER_BYTES; at < frame.length; at++) {
    for (let bits = 1; bits < 256; bits++) {
      const changed = frame.slice();
      changed[at] = (changed[at] as number) ^ bits;
      const found = read(codec, changed);
      if (found.ok && Buffer.compare(written(codec, found.value), changed) !== 0) {
        forms.push(Buffer.from(changed).toString('hex'));
      }
    }
  }
  expect(forms).toEqual([]);
}

const cases = [
  { what: 'a coordinate', codec: coordinate, values: someCoordinate },
  { what: 'a share', codec: share, values: someShare },
  { what: 'bytes', codec: bytesUpTo(200), values: fc.uint8Array({ maxLength: 200 }) },
] as { what: string; codec: Codec<unknown>; values: fc.Arbitrary<unknown> }[];

describe.each(cases)('The codec of $what', ({ codec, values }) => {
  test('reads every value that the wire can express as it was written, in the length that it gives', () => {
    fc.assert(
      fc.property(values, (value) => expectExact(codec, value)),
      { numRuns: 1000 },
    );
  });

  test('refuses every truncation', () => {
    fc.assert(fc.property(values, (value) => expectWhole(codec, value)));
  });

  test('reads a changed byte as another value that has no other form, or refuses it', () => {
    fc.assert(
      fc.property(values, (value) => expectOneForm(codec, value)),
      { numRuns: 20 },
    );
  });
});

describe('The codec of a coordinate', () => {
  const sent = (value: number): unknown => {
    const found = read(coordinate, written(coordinate, value));
    return found.ok ? found.value : found.problems;
  };

  test('is short for small values of either sign', () => {
    for (const [value, bytes] of [
      ...[0, 3.9375, -4].map((near) => [near, 1] as const),
      ...[4, -4.0625, 500, -500].map((near) => [near, 2] as const),
      ...[100_000, -100_000].map((far) => [far, coordinate.bytesMax] as const),
    ]) {
      expect(coordinate.bytesOf(value)).toBe(bytes);
      expectExact(coordinate, value);
    }
  });

  test('rounds to 1/16 ms, and cuts to 100 s', () => {
    fc.assert(
      fc.property(fc.double({ min: -100_000, max: 100_000, noNaN: true }), (value) => {
        expect(Math.abs((sent(value) as number) - value)).toBeLessThanOrEqual(1 / 32);
      }),
    );
    for (const far of [100_001, 1e300, Number.POSITIVE_INFINITY]) {
      expect(sent(far)).toBe(100_000);
      expect(sent(-far)).toBe(-100_000);
    }
    expect(() => sent(Number.NaN)).toThrow('assertion failed');
  });
});

describe('The codec of a share', () => {
  test('rounds to 1/255, and cuts to 0 and 1', () => {
    const sent = (value: number) => read(share, written(share, value));
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        const found = sent(value);
        expect(Math.abs((found.ok ? found.value : 2) - value)).toBeLessThanOrEqual(1 / 510 + 1e-9);
      }),
    );
    expect(sent(-0.5)).toEqual({ ok: true, value: 0 });
    expect(sent(1.5)).toEqual({ ok: true, value: 1 });
    expect(() => sent(Number.NaN)).toThrow('assertion failed');
  });
});

describe('The codec of bytes', () => {
  const codec = bytesUpTo(200);

  test('writes and reads no more than its bound', () => {
    expectExact(codec, new Uint8Array(200));
    expect(() => written(codec, new Uint8Array(201))).toThrow('assertion failed');
    const longer = written(bytesUpTo(201), new Uint8Array(201));
    expect(read(codec, longer)).toEqual({ ok: false, problems: ['it: more than 200'] });
  });

  test('copies the bytes, so that the frame may be reused', () => {
    const frame = written(codec, Uint8Array.of(1, 2, 3));
    const found = read(codec, frame);
    frame.fill(0);
    expect(found).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) });
  });
});
