import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEAD_BYTES_MAX, readRequestHead } from '../../../src/http/server/request-head.js';
import { pathOf } from '../../../src/lib/url-path.js';

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

  test.each([
    ['garbage', '\x01\x02\x03', 400],
    ['no version', 'GET /\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 400],
    ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nA : b\r\n\r\n', 400],
    ['a zero byte', 'GET / HTTP/1.1\r\nA: b\0c\r\n\r\n', 400],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nA: b\rc\r\n\r\n', 400],
    ['a long request line', `GET /${'a'.repeat(13_000)}`, 414],
    ['a long header', `GET / HTTP/1.1\r\nA: ${'b'.repeat(HEAD_BYTES_MAX)}`, 431],
    ['65 headers', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(65)}\r\n`, 431],
  ])('with %s is refused', (_what, text, status) => {
    expect(read(text)).toMatchObject({ kind: 'bad', status });
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
