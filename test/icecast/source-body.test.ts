import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RequestHead } from '../../src/http/server/request-head.js';
import { createSourceBody, type SourceBody } from '../../src/icecast/source-body.js';

const head = (headers: Record<string, string> = {}, method = 'PUT'): RequestHead => ({
  method,
  target: '/radio.example/night',
  protocol: 'HTTP/1.1',
  headers: new Map(Object.entries(headers)),
  bytes: 0,
});

const chunkedBody = (): SourceBody => createSourceBody(head({ 'transfer-encoding': 'chunked' }));

/** The bytes in pieces, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const pushAll = (body: SourceBody, pieces: readonly Uint8Array[]): Buffer =>
  Buffer.concat(pieces.flatMap((piece) => body.push(piece)));

const pushText = (body: SourceBody, ...pieces: string[]): string =>
  pushAll(
    body,
    pieces.map((piece) => Buffer.from(piece, 'latin1')),
  ).toString('latin1');

/** A chunk in all ways in which it may be written. */
const chunk = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  isUpper: fc.boolean(),
  digits: fc.integer({ min: 0, max: 8 }),
  extension: fc.constantFrom('', ' ', ';a', ';name=value', ' ; q="x"'),
  lineEnd: fc.constantFrom('\r\n', '\n'),
});

type Chunk = typeof chunk extends fc.Arbitrary<infer T> ? T : never;

function written({ bytes, isUpper, digits, extension, lineEnd }: Chunk): Buffer {
  const hex = bytes.length.toString(16).padStart(digits, '0');
  const size = isUpper ? hex.toUpperCase() : hex;
  return Buffer.concat([Buffer.from(size + extension + lineEnd), bytes, Buffer.from(lineEnd)]);
}

const places = fc.array(fc.nat(), { maxLength: 20 });

describe('A chunked body', () => {
  test('comes out whole, however it is chunked and cut', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), places, (chunks, at) => {
        const body = chunkedBody();
        const sent = Buffer.concat(chunks.map(written));
        const expected = Buffer.concat(chunks.map(({ bytes }) => bytes));
        expect(pushAll(body, cut(sent, at))).toEqual(expected);
        expect(body.state).toBe('open');
        expect(pushText(body, '0\r\n\r\n')).toBe('');
        expect(body.state).toBe('ended');
      }),
    );
  });

  test('comes out byte by byte', () => {
    const body = chunkedBody();
    expect(pushText(body, ...'3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n')).toBe('abc0123456789');
    expect(body.state).toBe('ended');
  });

  test('yields nothing that stands behind its end', () => {
    const body = chunkedBody();
    expect(pushText(body, '1\r\na\r\n0\r\nTrailer: x\r\n\r\n1\r\nb\r\n', '1\r\nc\r\n')).toBe('a');
    expect(body.state).toBe('ended');
  });

  test.each([
    ['no number', 'x\r\n'],
    ['an empty line', '\r\n'],
    ['a sign', '-1\r\n'],
    ['a prefix', '0x10\r\n'],
    ['more digits than any chunk has', '100000000\r\n'],
    ['a space before it', ' 3\r\n'],
    ['MP3 without chunks', '\xff\xfb\x90\x64\n'],
    ['a chunk that is longer than it says', '3\r\nabcd\r\n'],
    ['a chunk without a line end', '3\r\nabc3\r\nabc'],
    ['two line ends behind a chunk', '1\r\na\r\n\r\n'],
    ['an endless line', '3'.repeat(257)],
    ['an endless extension', `3;${'x'.repeat(300)}\r\nabc`],
  ])('is malformed with %s, and gives nothing from then on', (_what, text) => {
    for (const pieces of [[text], [...text]]) {
      const body = chunkedBody();
      pushText(body, ...pieces);
      expect(body.state).toBe('malformed');
      expect(pushText(body, '3\r\nabc\r\n')).toBe('');
      expect(body.state).toBe('malformed');
    }
  });

  test('never yields more than it was given', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), (pieces) => {
        const body = chunkedBody();
        const given = pieces.reduce((sum, piece) => sum + piece.length, 0);
        expect(pushAll(body, pieces).length).toBeLessThanOrEqual(given);
      }),
    );
  });

  test.each(['Chunked', 'gzip, chunked', ' chunked '])('may be announced as "%s"', (coding) => {
    const body = createSourceBody(head({ 'transfer-encoding': coding, 'content-length': '5' }));
    expect(pushText(body, '1\r\na\r\n')).toBe('a');
  });
});

describe('A body with a length', () => {
  test('ends there, however it is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat({ max: 200 }), places, (bytes, length, at) => {
        const body = createSourceBody(head({ 'content-length': `${length}` }));
        expect(pushAll(body, cut(bytes, at))).toEqual(Buffer.from(bytes.subarray(0, length)));
        expect(body.state).toBe(bytes.length < length ? 'open' : 'ended');
      }),
    );
  });

  test('has no end when the length is malformed', () => {
    for (const length of ['', '-1', '12abc', '1e3', '9'.repeat(16)]) {
      const body = createSourceBody(head({ 'content-length': length }));
      expect(pushText(body, 'a'.repeat(100))).toBe('a'.repeat(100));
      expect(body.state).toBe('open');
    }
  });
});

describe('A body without a length', () => {
  test.each(['SOURCE', 'PUT'])('of %s has no end', (method) => {
    const body = createSourceBody(head({}, method));
    expect(pushText(body, '0\r\n\r\n', 'a')).toBe('0\r\n\r\na');
    expect(body.state).toBe('open');
  });

  test('is everything after SOURCE, whatever its Content-Length', () => {
    const body = createSourceBody(head({ 'content-length': '1' }, 'SOURCE'));
    expect(pushText(body, 'abc')).toBe('abc');
    expect(body.state).toBe('open');
  });
});
