import { describe, expect, test } from 'vitest';
import { parseStreamTitle } from '../../../src/icecast/stream-title.js';
import { foreignFormat } from '../../../src/mp3/frames/foreign-format.js';
import { parseId3v1 } from '../../../src/mp3/tags/id3v1.js';
import { decodeLegacyText } from '../../../src/mp3/tags/legacy-text.js';
import { makeId3v1 } from '../make-id3.js';
import { ascii, joinBytes, makeHeader } from '../make-mp3.js';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const block = (text: string): Uint8Array => joinBytes([ascii(text), new Uint8Array(9)]);

describe('Text of unknown encoding', () => {
  test('is UTF-8 where it is valid, else Latin-1', () => {
    expect(decodeLegacyText(ascii('Björk'))).toBe('Björk');
    expect(decodeLegacyText(latin1('Björk'))).toBe('Björk');
    expect(decodeLegacyText(Uint8Array.of(0x93, 0x41, 0x94))).toBe('“A”');
  });
});

describe('An ID3v1 tag', () => {
  test('tells title and artist without their padding', () => {
    expect(parseId3v1(makeId3v1('Jóga', 'Björk   '))).toEqual({ title: 'Jóga', artist: 'Björk' });
  });

  test('is 128 bytes with a mark, or none', () => {
    expect(parseId3v1(new Uint8Array(128))).toBeUndefined();
    expect(parseId3v1(makeId3v1('a', 'b').subarray(1))).toBeUndefined();
  });

  test('tells nothing when its fields are empty', () => {
    expect(parseId3v1(makeId3v1('', ' '))).toEqual({});
  });
});

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

  test('is bounded', () => {
    expect(parseStreamTitle(block(`StreamTitle='${'x'.repeat(4000)}';`))).toHaveLength(512);
  });
});

describe('Another format', () => {
  test.each([
    [ascii('OggS'), 'Ogg'],
    [ascii('fLaC'), 'FLAC'],
    [ascii('RIFF....WAVE'), 'WAV'],
    [ascii('....ftypM4A '), 'MP4 (AAC)'],
    [Uint8Array.of(0xff, 0xf1, 0x50, 0x80), 'AAC'],
    [ascii('<!DOCTYPE html>'), 'a web page'],
    [makeHeader(), undefined],
    [ascii('ID3'), undefined],
    [new Uint8Array(), undefined],
  ])('is known by its first bytes: %s', (bytes, name) => {
    expect(foreignFormat(bytes)).toBe(name);
  });
});
