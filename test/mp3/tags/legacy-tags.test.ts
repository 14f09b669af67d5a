import { describe, expect, test } from 'vitest';
import { foreignFormat } from '../../../src/mp3/frames/foreign-format.js';
import { parseId3v1 } from '../../../src/mp3/tags/id3v1.js';
import { decodeLegacyText } from '../../../src/mp3/tags/legacy-text.js';
import { makeId3v1 } from '../make-id3.js';
import { ascii, makeHeader } from '../make-mp3.js';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('Text of unknown encoding', () => {
  test('is read as UTF-8 where it is valid, otherwise as Latin-1', () => {
    expect(decodeLegacyText(ascii('Björk'))).toBe('Björk');
    expect(decodeLegacyText(latin1('Björk'))).toBe('Björk');
    expect(decodeLegacyText(Uint8Array.of(0x93, 0x41, 0x94))).toBe('“A”');
  });
});

describe('An ID3v1 tag', () => {
  test('gives title and artist without their padding', () => {
    expect(parseId3v1(makeId3v1('Jóga', 'Björk   '))).toEqual({ title: 'Jóga', artist: 'Björk' });
  });

  test('is exactly 128 bytes long and begins with a mark', () => {
    expect(parseId3v1(new Uint8Array(128))).toBeUndefined();
    expect(parseId3v1(makeId3v1('a', 'b').subarray(1))).toBeUndefined();
  });

  test('gives no text when its fields are empty', () => {
    expect(parseId3v1(makeId3v1('', ' '))).toEqual({});
  });
});

describe('Another format', () => {
  test.each([
    [ascii('OggS'), 'Ogg'],
    [ascii('fLaC'), 'FLAC'],
    [ascii('RIFF....WAVE'), 'WAV'],
    [ascii('....ftypM4A '), 'MP4 (AAC)'],
    [Uint8Array.of(0xff, 0xf1, 0x50, 0x80), 'AAC'],
    [ascii('ADIF'), 'AAC'],
    [Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3), 'WebM or Matroska'],
    [ascii('#EXTM3U'), 'a playlist'],
    [ascii('[playlist]'), 'a playlist'],
    [ascii('<!DOCTYPE html>'), 'a web page'],
    [ascii('<html>'), 'a web page'],
    [makeHeader(), undefined],
    [ascii('ID3'), undefined],
    [latin1('FORM\x00\x00\x10\x00AIFFCOMM'), 'AIFF'],
    [latin1('FORM\x00\x00\x10\x00AIFCFVER'), 'AIFF'],
    [latin1('\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9'), 'WMA'],
    [latin1('\x0b\x77\x12\x34'), 'AC3'],
    [ascii('REM GENRE Rock\n'), 'a cue sheet'],
    [ascii('FILE "a.wav" WAVE\n'), 'a cue sheet'],
    [latin1('\xff\xfd\x84\x00'), 'MP2'],
    [latin1('\xff\xf5\x84\x00'), 'MP2'],
    [latin1('\xff\xfb\x00\x44'), 'MP3 in free format'],
    [latin1('\xff\xfea\x00'), undefined],
    [new Uint8Array(), undefined],
  ])('is recognised by its first bytes: %s', (bytes, name) => {
    expect(foreignFormat(bytes)).toBe(name);
  });
});
