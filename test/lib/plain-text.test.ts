import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlainText, plainText } from '../../src/lib/plain-text.js';

/** Each of these steers a display, or cannot be written as UTF-8. */
const UNWANTED = ['\u0007', '\u001b', '\u009b', '\ud800', '\udc00', '\ufffe', '\u202e', '\u2066'];

/** Each of these is white space to JavaScript. */
const SPACES = [' ', '\t', '\r\n', '\u00a0', '\u2028', '\u2029', '\ufeff'];

describe('Plain text', () => {
  test.each(UNWANTED)(
    'loses %j where a title is read, and is refused where one is given',
    (char) => {
      expect(plainText(`a${char}b`, 10)).toBe('ab');
      expect(parsePlainText('the title', `a${char}b`, 10)).toEqual({
        ok: false,
        problems: ['the title contains control characters: remove them'],
      });
    },
  );

  test.each(SPACES)('has one space in place of %j', (space) => {
    expect(plainText(`${space}a${space}${space}b${space}`, 10)).toBe('a b');
    expect(parsePlainText('it', `${space}a${space}${space}b${space}`, 10)).toEqual({
      ok: true,
      value: 'a b',
    });
  });

  test('ends at a NUL in a title, which pads fields of fixed length', () => {
    expect(plainText('Blue\0\0rest', 10)).toBe('Blue');
    expect(plainText('\0rest', 10)).toBeUndefined();
    expect(parsePlainText('it', 'Blue\0', 10).ok).toBe(false);
  });

  test('is cut where a title is read, never within a character, and refused where one is given', () => {
    expect(plainText('12345', 4)).toBe('1234');
    expect(plainText('123😀', 4)).toBe('123');
    expect(plainText('123 5', 4)).toBe('123');
    expect(parsePlainText('the genre', '12345', 4)).toEqual({
      ok: false,
      problems: ['the genre is 5 characters long; at most 4 are allowed'],
    });
    expect(parsePlainText('the genre', ' 1234 ', 4)).toEqual({ ok: true, value: '1234' });
  });

  test('of a title is accepted by the strict reader, whatever the title was', () => {
    const piece = fc.oneof(fc.constantFrom(...UNWANTED, ...SPACES, '\0'), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = plainText(pieces.join(''), 20);
        if (text !== undefined)
          expect(parsePlainText('it', text, 20)).toEqual({ ok: true, value: text });
      }),
    );
  });
});
