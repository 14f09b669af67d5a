import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tellFirstBytes } from '../../src/cluster/first-bytes.js';

const REQUESTS: [string, ReturnType<typeof tellFirstBytes>][] = [
  ['SOURCE /radio.example/night HTTP/1.0\r\n', 'source'],
  ['SOURCE /radio.example/night ICE/1.0\r\n', 'source'],
  ['PUT /radio.example/night HTTP/1.1\r\n', 'source'],
  ['PUT /announce HTTP/1.1\r\n', 'source'],
  ['PUT /announcements.example/night HTTP/1.1\r\n', 'source'],
  ['PUT /announcements/radio.example/night.xml HTTP/1.1\r\n', 'other'],
  ['PUT /announcements/radio.example/night/fallback HTTP/1.1\r\n', 'other'],
  ['OPTIONS * HTTP/1.1\r\n', 'source'],
  ['OPTIONS /attach HTTP/1.1\r\n', 'other'],
  ['GET /listen/radio.example/night.mp3 HTTP/1.1\r\n', 'other'],
  ['POST /attach HTTP/1.1\r\n', 'other'],
  ['SOURCES /x HTTP/1.1\r\n', 'other'],
  ['source /x HTTP/1.1\r\n', 'other'],
  ['\r\nPUT /x HTTP/1.1\r\n', 'other'],
  ['\x16\x03\x01\x02\x00', 'tls'],
];

describe('The first bytes', () => {
  test.each(REQUESTS)('of %j are of a connection of kind %s', (text, kind) => {
    expect(tellFirstBytes(Buffer.from(text, 'latin1'))).toBe(kind);
    for (let length = 1; length < text.length; length++) {
      const verdict = tellFirstBytes(Buffer.from(text.slice(0, length), 'latin1'));
      expect(['unknown', kind]).toContain(verdict);
    }
  });

  test('tell after 19 at the latest, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 19, maxLength: 40 }), (bytes) => {
        expect(tellFirstBytes(bytes)).not.toBe('unknown');
      }),
    );
    expect(tellFirstBytes(Buffer.from('PUT /announcements'))).toBe('unknown');
  });
});
