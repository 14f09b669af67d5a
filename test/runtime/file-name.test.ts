import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameBytes, nameFromBytes, pathOf } from '../../src/runtime/file-name.js';

describe('The name of a file', () => {
  test('in UTF-8 is that text', () => {
    const name = '\uFEFFZürich 📻 \uFFFD.mp3';
    expect(nameFromBytes(Buffer.from(name))).toBe(name);
    expect(pathOf(name)).toBe(name);
  });

  test('that is not UTF-8 keeps its bytes, and what can be read of it', () => {
    const bytes = Buffer.from([0x61, 0xe9, 0xc3, 0xbc, 0xff, 0xf0, 0x9f, 0x62]);
    expect(nameFromBytes(bytes)).toBe('a\udce9ü\udcff\udcf0\udc9fb');
    expect(pathOf(nameFromBytes(bytes))).toEqual(bytes);
  });

  test('has the bytes that it was made of, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect([...nameBytes(nameFromBytes(bytes))]).toEqual([...bytes]);
      }),
    );
  });
});
