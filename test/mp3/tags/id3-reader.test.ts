import { describe, expect, it } from 'vitest';
import { parseId3Header } from '../../../src/mp3/tags/id3-header.js';
import { createId3Reader } from '../../../src/mp3/tags/id3-reader.js';
import { id3Text, makeId3, makeId3Frame, unsynchronised } from '../make-id3.js';
import { ascii, joinBytes } from '../make-mp3.js';

/** Reads a whole tag in pieces of `chunkBytes`. */
function read(tag: Uint8Array, chunkBytes = tag.length, charactersMax = 512) {
  const header = parseId3Header(tag, 0);
  if (header === undefined) return undefined;
  const reader = createId3Reader(header, charactersMax);
  for (let offset = 0; offset < tag.length; offset += chunkBytes) {
    reader.push(tag.subarray(offset, offset + chunkBytes));
  }
  return reader.text();
}

const titleFrame = (body: Uint8Array, version: 3 | 4 = 3, flags = 0): Uint8Array =>
  makeId3Frame('TIT2', body, version, flags);

const picture = makeId3Frame('APIC', new Uint8Array(5000).fill(0xff));

describe('ID3 reader', () => {
  it.each([
    [2, 'TT2', 'TP1', 'TAL'],
    [3, 'TIT2', 'TPE1', 'TALB'],
    [4, 'TIT2', 'TPE1', 'TALB'],
  ] as const)('reads title, artist and album of version 2.%i', (version, title, artist, album) => {
    const frames = [
      makeId3Frame(artist, id3Text(0, 'Nina'), version),
      makeId3Frame(album, id3Text(0, 'Pastel'), version),
      makeId3Frame(title, id3Text(0, 'Blue'), version),
    ];
    const expected = { title: 'Blue', artist: 'Nina', album: 'Pastel' };
    expect(read(makeId3(frames, { version }))).toEqual(expected);
    expect(read(makeId3(frames, { version }), 1)).toEqual(expected);
  });

  it.each([0, 1, 2, 3] as const)('reads text of encoding %i', (encoding) => {
    const text = encoding === 0 ? 'Café Münster' : 'Čaj 東京 🎵';
    expect(read(makeId3([titleFrame(id3Text(encoding, text))]))).toEqual({ title: text });
  });

  it('reads UTF-16 with the bytes in either order', () => {
    const big = Uint8Array.of(1, 0xfe, 0xff, 0x01, 0x0c, 0, 0x61);
    expect(read(makeId3([titleFrame(big)]))).toEqual({ title: 'Ča' });
  });

  it('removes control characters, and ends a text at its first zero', () => {
    const body = id3Text(0, '  A\u0007\u001b[31m\n B \0 rubbish');
    expect(read(makeId3([titleFrame(body)]))).toEqual({ title: 'A[31m B' });
  });

  it('removes overrides of the writing direction', () => {
    expect(read(makeId3([titleFrame(id3Text(1, 'a\u202eb\u2066c'))]))).toEqual({ title: 'abc' });
  });

  it('cuts a long text, but never within a character', () => {
    const title = (encoding: 0 | 1 | 3, text: string) =>
      read(makeId3([titleFrame(id3Text(encoding, text))]))?.title;
    expect(title(0, 'x'.repeat(9000))).toBe('x'.repeat(512));
    expect(title(3, '東'.repeat(9000))).toBe('東'.repeat(512));
    expect(title(1, `x${'🎵'.repeat(9000)}`)).toBe(`x${'🎵'.repeat(255)}`);
  });

  it('finds the title behind album art', () => {
    const tag = makeId3([picture, titleFrame(id3Text(0, 'Blue'))]);
    expect(read(tag)).toEqual({ title: 'Blue' });
    expect(read(tag, 7)).toEqual({ title: 'Blue' });
  });

  it('understands a tag that is unsynchronised as a whole', () => {
    const frames = [picture, titleFrame(id3Text(1, 'ÿÿ'))];
    const tag = makeId3([unsynchronised(joinBytes(frames))], { flags: 0x80 });
    expect(read(tag)).toEqual({ title: 'ÿÿ' });
    expect(read(tag, 1)).toEqual({ title: 'ÿÿ' });
  });

  it('understands frames that are unsynchronised one by one', () => {
    const body = unsynchronised(id3Text(1, 'ÿa'));
    expect(read(makeId3([titleFrame(body, 4, 0x02)], { version: 4 }))).toEqual({ title: 'ÿa' });
    expect(read(makeId3([titleFrame(body, 4)], { version: 4, flags: 0x80 }))).toEqual({
      title: 'ÿa',
    });
  });

  it('skips an extended header', () => {
    const title = id3Text(0, 'Blue');
    const extended3 = Uint8Array.of(0, 0, 0, 6, 0, 0, 0, 0, 0, 0);
    const extended4 = Uint8Array.of(0, 0, 0, 6, 1, 0);
    expect(read(makeId3([extended3, titleFrame(title)], { flags: 0x40 }))).toEqual({
      title: 'Blue',
    });
    expect(read(makeId3([extended4, titleFrame(title, 4)], { version: 4, flags: 0x40 }))).toEqual({
      title: 'Blue',
    });
  });

  it('skips the group and the length before a text', () => {
    const body = joinBytes([Uint8Array.of(7, 0, 0, 0, 5), id3Text(0, 'Blue')]);
    const tag = makeId3([titleFrame(body, 4, 0x41)], { version: 4 });
    expect(read(tag)).toEqual({ title: 'Blue' });
  });

  it('reads neither compressed nor encrypted text', () => {
    for (const flags of [0x80, 0x40]) {
      expect(read(makeId3([titleFrame(id3Text(0, 'Blue'), 3, flags)]))).toEqual({});
    }
    const frames = [makeId3Frame('TT2', id3Text(0, 'Blue'), 2)];
    expect(read(makeId3(frames, { version: 2, flags: 0x40 }))).toEqual({});
  });

  it('reads all eight bits of a length where a writer of 2.4 used them', () => {
    const body = id3Text(0, 'x'.repeat(199));
    const frame = joinBytes([ascii('TIT2'), Uint8Array.of(0, 0, 0, 200, 0, 0), body]);
    expect(read(makeId3([frame], { version: 4 }))).toEqual({ title: 'x'.repeat(199) });
  });

  it('stops at padding, and at a malformed frame', () => {
    const title = titleFrame(id3Text(0, 'Blue'));
    expect(read(makeId3([new Uint8Array(50), title]))).toEqual({});
    expect(read(makeId3([ascii('???? and so on'), title]))).toEqual({});
  });

  it('survives a frame that is longer than its tag', () => {
    const frame = titleFrame(id3Text(0, 'Blue'));
    frame.set([0x7f, 0xff, 0xff, 0xff], 4);
    expect(read(makeId3([frame]))).toEqual({});
  });

  it('leaves out an empty text and an unknown encoding', () => {
    const frames = [titleFrame(id3Text(0, ' \0')), makeId3Frame('TPE1', Uint8Array.of(9, 65))];
    expect(read(makeId3([...frames, makeId3Frame('TALB', new Uint8Array(0))]))).toEqual({});
  });
});

describe('ID3 header', () => {
  it.each([
    ['an unknown version', 3, 5],
    ['an impossible revision', 4, 0xff],
    ['an unknown flag', 5, 0x01],
    ['a length with an eighth bit', 8, 0x80],
  ])('refuses %s', (_what, index, byte) => {
    const tag = makeId3([]);
    expect(parseId3Header(tag, 0)).toBeDefined();
    tag[index] = byte;
    expect(parseId3Header(tag, 0)).toBeUndefined();
  });
});
