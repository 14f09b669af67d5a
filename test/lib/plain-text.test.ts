import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parsePlainText,
  plainText,
  printable,
  printableJson,
  printableLines,
} from '../../src/lib/plain-text.js';

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

/** Sets a window's title, clears the screen (also as one C1 character), hides, turns text round. */
const HOSTILE = [
  '\u001b]0;x\u0007',
  '\u001b[2J',
  '\u009b2J',
  '\u007f',
  '\u202e',
  '\u2028',
  '\ud800',
];

describe('Printable text', () => {
  test.each(HOSTILE)('has nothing that steers a terminal (%j)', (text) => {
    expect(printable(`a${text}b`)).toMatch(/^a\uFFFD[^\p{C}]*b$/u);
    expect(printable(`a\n${text}`, ' ')).not.toMatch(/[\p{C}\u2028]/u);
  });

  test('keeps what people write', () => {
    const text = 'Zürich – Привет – नमस्ते – 👩‍👩‍👧 – می‌خواهم';
    expect(printable(text)).toBe(text);
  });

  test('keeps the line feeds of several lines, and no other control', () => {
    expect(printableLines('a\nb\r\n\u001b')).toBe('a\nb\uFFFD\n\uFFFD');
  });

  test.each(HOSTILE)('as JSON means the same as before (%j)', (text) => {
    const json = printableJson(JSON.stringify({ text, emoji: '👩‍👩‍👧' }, null, 2));
    expect(JSON.parse(json)).toEqual({ text, emoji: '👩‍👩‍👧' });
    expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u202e]/u);
  });
});
