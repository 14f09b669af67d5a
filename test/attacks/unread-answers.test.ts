/**
 * A stranger asks and does not read. Its answers wait in the memory of the SCX, up to a bound; then
 * its connection is closed, and the SCX's neighbours notice nothing.
 */
import { expect, test } from 'vitest';
import { encodeDataMessage, encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import {
  connectRaw,
  eventually,
  neighboursOf,
  type RawPeer,
  SOURCE,
  type Station,
  startMesh,
  strangerHello,
} from '../overlay/support.js';

/** Sends a frame again and again, as fast as it is taken, until the connection is closed. */
async function flood(peer: RawPeer, frame: Uint8Array, bytesMax: number): Promise<number> {
  const chunk = new Uint8Array(1000 * frame.length);
  for (let at = 0; at < chunk.length; at += frame.length) chunk.set(frame, at);
  let sent = 0;
  while (!peer.isClosed && sent < bytesMax) {
    sent += chunk.length;
    if (!peer.socket.write(chunk)) {
      await new Promise<void>((done) => {
        const next = (): void => {
          peer.socket.off('drain', next);
          peer.socket.off('close', next);
          done();
        };
        peer.socket.on('drain', next);
        peer.socket.on('close', next);
      });
    }
  }
  return sent;
}

test.each([
  [
    'subscriptions',
    { purpose: 'data', channel: 1 },
    encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 1, from: null }),
  ],
  ['requests of the status', {}, encodeMessage({ kind: 'requestStatus' })],
  ['pings', {}, encodeMessage({ kind: 'ping', nonce: 1 })],
])(
  '%s whose answers are not read end the connection, and nothing else',
  async (_what, purpose, frame) => {
    const [station, other] = (await startMesh(2)) as [Station, Station];
    const stranger = connectRaw(station.overlay.address);
    stranger.send(encodeHello(strangerHello(7, purpose)));
    await eventually(() => stranger.heard.some(({ kind }) => kind === 'hello'));
    stranger.socket.pause();
    await flood(stranger, frame, 35 * 2 ** 20);
    // Whether the system reports the end to a socket that is not read differs.
    stranger.socket.resume();
    await eventually(() => stranger.isClosed);
    expect(station.overlay.counters.overflows).toBe(1);
    expect(neighboursOf(station)).toContain(other.id);
    expect(other.events.filter(({ kind }) => kind === 'edgeDown')).toEqual([]);
  },
);
