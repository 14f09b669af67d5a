import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { kindOfConnection, sortConnections } from '../../../src/cluster/web/sort-connections.js';
import { rawClient } from '../../scx/raw-client.js';

const REQUESTS: [string, ReturnType<typeof kindOfConnection>][] = [
  ['SOURCE /radio.example/night HTTP/1.0\r\n', 'encoder'],
  ['SOURCE /radio.example/night ICE/1.0\r\n', 'encoder'],
  ['PUT /radio.example/night HTTP/1.1\r\n', 'encoder'],
  ['PUT /announce HTTP/1.1\r\n', 'encoder'],
  ['PUT /announcements.example/night HTTP/1.1\r\n', 'encoder'],
  ['PUT /announcements/radio.example/night.xml HTTP/1.1\r\n', 'other'],
  ['PUT /announcements/radio.example/night/fallback HTTP/1.1\r\n', 'other'],
  ['GET /admin/metadata?song=Caf\xe9 HTTP/1.0\r\n', 'other'],
  ['GET /admin.cgi?song=a HTTP/1.0\n', 'other'],
  ['GET /adminer HTTP/1.0\r\n', 'other'],
  ['GET / HTTP/1.0\r\n', 'other'],
  ['OPTIONS * HTTP/1.1\r\n', 'encoder'],
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
    expect(kindOfConnection(Buffer.from(text, 'latin1'))).toBe(kind);
    for (let length = 1; length < text.length; length++) {
      const verdict = kindOfConnection(Buffer.from(text.slice(0, length), 'latin1'));
      expect(['unknown', kind]).toContain(verdict);
    }
  });

  test('tell the kind after at most 19, unless they begin a title', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 19, maxLength: 40 }), (bytes) => {
        expect(kindOfConnection(bytes)).not.toBe('unknown');
      }),
    );
    expect(kindOfConnection(Buffer.from('PUT /announcements'))).toBe('unknown');
    const endless = Buffer.from(`GET /admin${'x'.repeat(16_384)}`);
    expect(kindOfConnection(endless.subarray(0, 12_288))).toBe('unknown');
    expect(kindOfConnection(endless)).toBe('other');
  });
});

test('A connection whose first bytes do not tell its kind is closed after ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fed: Socket[] = [];
  sortConnections(server, undefined, (socket) => fed.push(socket));
  const accepted = once(server, 'connection');
  const drip = rawClient((server.address() as AddressInfo).port, '');
  await accepted;
  for (const letter of 'PUT ') {
    vi.advanceTimersByTime(2499);
    drip.send(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(drip.socket.closed).toBe(false);
  vi.advanceTimersByTime(4);
  await drip.closed;
  expect(fed).toEqual([]);
  vi.useRealTimers();
  server.close();
});
