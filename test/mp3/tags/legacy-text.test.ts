import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLatin1, decodeLegacyText } from '../../../src/mp3/tags/legacy-text.js';

const utf8 = (text: string): Uint8Array => Buffer.from(text);
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const join = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

describe('Text without a declared encoding', () => {
  test('in UTF-8 may be cut at any byte, and only the character that is cut is lost', () => {
    const text = '日本語テスト – Café 🎵';
    const bytes = utf8(text);
    for (let length = 3; length <= bytes.length; length++) {
      const decoded = decodeLegacyText(bytes.subarray(0, length));
      expect(text.startsWith(decoded), decoded).toBe(true);
      expect(utf8(decoded).length).toBeGreaterThan(length - 4);
    }
  });

  test('may be joined of texts that were cut, and of both encodings', () => {
    const cut = utf8('日本').subarray(0, 5);
    expect(decodeLegacyText(join(cut, utf8(' - 語')))).toBe('日 - 語');
    expect(decodeLegacyText(join(utf8('Björk – '), latin1('J\xf3ga')))).toBe('Björk – Jóga');
  });

  test.each(['Caf\xe9', '\xab \xe9t\xe9\xbb', 'na\xefve', '\xc3', ''])(
    'without a character of several bytes is Latin-1: %j',
    (text) => {
      expect(decodeLegacyText(latin1(text))).toBe(text);
    },
  );

  test('is what it says if it is well-formed, and something for any bytes', () => {
    const all = fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('\ufeff'));
    fc.assert(fc.property(all, (text) => decodeLegacyText(utf8(text)) === text));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(utf8(decodeLegacyText(bytes)).length).toBeLessThanOrEqual(3 * bytes.length);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ max: 0xbf }), (bytes) => {
        expect(decodeLegacyText(bytes)).toBe(decodeLatin1(bytes));
      }),
    );
  });
});
