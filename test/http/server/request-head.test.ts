import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRequestHead, strictHead } from '../../../src/http/server/request-head.js';
import { pathOf } from '../../../src/lib/url-path.js';
import { REQUEST_CASES, requestBytes } from '../request-cases.js';

const read = (text: string) => readRequestHead(Buffer.from(text, 'latin1'));

/** As WinAmp 2 asks, and as Safari probes. */
const WINAMP =
  'GET /night.mp3 HTTP/1.0\r\nHost: radio.example\r\nUser-Agent: WinampMPEG/2.9\r\nAccept: */*\r\n' +
  'Icy-MetaData:1\r\nConnection: close\r\n\r\n';
const SAFARI =
  'GET /night.mp3 HTTP/1.1\r\nHost: radio.example\r\nX-Playback-Session-Id: 5A0C\r\nRange: bytes=0-1\r\n' +
  'Accept: */*\r\nUser-Agent: AppleCoreMedia/1.0.0 (Macintosh)\r\nConnection: keep-alive\r\n\r\n';

describe('A request head', () => {
  test.each([
    ['WinAmp', WINAMP, 'HTTP/1.0', 'icy-metadata', '1'],
    ['Safari', SAFARI, 'HTTP/1.1', 'range', 'bytes=0-1'],
    [
      'a source client',
      'SOURCE /a/b ICE/1.0\r\nice-name: X\r\n\r\n\xff\xfb',
      'ICE/1.0',
      'ice-name',
      'X',
    ],
    ['a client with bare line feeds', 'GET / HTTP/1.0\nA:  b \n\n', 'HTTP/1.0', 'a', 'b'],
  ])('of %s is read', (_who, text, protocol, name, value) => {
    const result = read(text);
    if (result.kind !== 'head') throw new Error(result.kind);
    expect(result.head.protocol).toBe(protocol);
    expect(result.head.headers.get(name)).toBe(value);
    expect(text.slice(result.head.bytes)).toMatch(/^(\xff\xfb)?$/);
  });

  test('may come in any pieces', () => {
    for (let end = 1; end < WINAMP.length; end++) {
      expect(read(WINAMP.slice(0, end)).kind).toBe('partial');
    }
    expect(read(WINAMP).kind).toBe('head');
  });

  test.each(REQUEST_CASES)('with $what is read or refused', (one) => {
    const bytes = requestBytes(one, '/a');
    const result = readRequestHead(bytes);
    if (one.refusal !== undefined) {
      return expect(result).toMatchObject({ kind: 'bad', status: one.refusal });
    }
    expect(result).toMatchObject({ kind: 'head', head: { method: 'GET', bytes: bytes.length } });
    const strict = strictHead(Buffer.concat([bytes, Buffer.from('body\n\n')]));
    expect(strict.toString('latin1')).toMatch(
      /^GET \S+ HTTP\/1\.[01]\r\n([!-~]+:[^\r\n]*\r\n)*\r\n$/,
    );
    const again = readRequestHead(strict);
    if (result.kind !== 'head' || again.kind !== 'head') throw new Error('not read');
    expect(again.head.headers).toEqual(result.head.headers);
  });

  test('keeps the bytes of its last value, also one that Latin-1 takes for a blank', () => {
    const result = read('GET / HTTP/1.1\r\nHost: a\r\nIce-Name: \xc3\xa0 \r\n\r\n');
    if (result.kind !== 'head') throw new Error(result.kind);
    expect(result.head.headers.get('ice-name')).toBe('\xc3\xa0');
  });

  test('is read or refused, whatever it is, and never longer than its bound', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = readRequestHead(bytes);
        if (result.kind === 'head') expect(result.head.bytes).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('The path of a target', () => {
  test.each([
    ['/a.mp3?x=1#y', '/a.mp3'],
    ['http://host:1/a.mp3', '/a.mp3'],
    ['/%61.mp3', '/a.mp3'],
    ['/%2e%2e/%2e%2e/etc/passwd', '/../../etc/passwd'],
    ['/%zz', undefined],
  ])('of %s is %s', (target, path) => {
    expect(pathOf(target)).toBe(path);
  });
});
