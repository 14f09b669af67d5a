import { describe, expect, test } from 'vitest';
import { parseStreamTitle } from '../../src/icecast/stream-title.js';
import { ascii, joinBytes } from '../mp3/make-mp3.js';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
/** A block as it is sent: padded with NULs. */
const block = (text: string): Uint8Array => joinBytes([ascii(text), new Uint8Array(9)]);

describe('A stream title', () => {
  test.each([
    ["StreamTitle='Band - Song';", 'Band - Song'],
    ["StreamTitle='Band - Song';StreamUrl='http://x';", 'Band - Song'],
    ["StreamUrl='http://x';StreamTitle='Song';", 'Song'],
    ["StreamTitle='Rock 'n' Roll';", "Rock 'n' Roll"],
    ["StreamTitle='one';two';StreamUrl='';", "one';two"],
    ["StreamTitle='one';two';", "one';two"],
    ["StreamTitle='';", ''],
    ["StreamTitle='was cut", 'was cut'],
    ["StreamTitle='a\r\n<b>\u0007';", 'a <b>'],
    ["StreamUrl='http://x';", undefined],
    ['junk', undefined],
  ])('is read from %j', (text, title) => {
    expect(parseStreamTitle(block(text))).toBe(title);
  });

  test('may be Latin-1', () => {
    expect(parseStreamTitle(latin1("StreamTitle='Mot\xf6rhead';"))).toBe('Motörhead');
  });

  test('in UTF-8 may be cut within a character, before the quotation mark that ends it', () => {
    const title = Buffer.from('日'.repeat(11)).subarray(0, -1);
    const cut = joinBytes([ascii("StreamTitle='"), title, ascii("';"), new Uint8Array(3)]);
    expect(parseStreamTitle(cut)).toBe('日'.repeat(10));
    const shorter = joinBytes([ascii("StreamTitle='"), title.subarray(0, -1), ascii("';")]);
    expect(parseStreamTitle(shorter)).toBe('日'.repeat(10));
  });

  test('is bounded', () => {
    expect(parseStreamTitle(block(`StreamTitle='${'x'.repeat(4000)}';`))).toHaveLength(512);
  });
});
