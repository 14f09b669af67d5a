import { expect, test } from 'vitest';
import { PAPER } from '../../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Address } from '../../../src/gossamer/core/node.js';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { createDecoder, type WireEvent } from '../../../src/wire/decoder.js';
import { encodeHello, encodeMessage } from '../../../src/wire/encoder.js';
import {
  connectRaw,
  eventually,
  listenRaw,
  neighboursOf,
  startStation,
  strangerHello,
  waitMs,
} from '../support.js';

const OPTIONS = { config: PAPER, limits: { ...OVERLAY_LIMITS, idleMs: 100, sweepMs: 20 } };

/** An SCX's overlay port that only listens. */
async function startPeer(): Promise<{ address: Address; heard: WireEvent[] }> {
  const heard: WireEvent[] = [];
  const address: Address = await listenRaw((socket) => {
    const decoder = createDecoder();
    socket.on('data', (chunk) => {
      const events = decoder.push(chunk);
      heard.push(...events);
      if (events[0]?.kind === 'hello') socket.write(encodeHello(strangerHello(7, { address })));
    });
  });
  return { address, heard };
}

const ping = (nonce: number): Uint8Array => encodeMessage({ kind: 'ping', nonce });

test('an idle connection ends with a farewell, and a message that crosses it is answered', async () => {
  const station = await startStation(1, [], OPTIONS);
  const { address, heard } = await startPeer();
  const peer = connectRaw(station.overlay.address);
  peer.socket.on('data', () => {
    // The farewell crosses this ping, which is answered on a new connection.
    if (peer.heard.at(-1)?.kind === 'refusal') peer.send(ping(2));
  });
  peer.send(encodeHello(strangerHello(7, { address })), ping(1));
  await eventually(() => peer.isClosed);
  expect(peer.heard.slice(1)).toEqual([
    { kind: 'message', message: { kind: 'pong', nonce: 1, place: UNKNOWN_COORDINATES } },
    { kind: 'refusal', reason: 'idle' },
  ]);
  await eventually(() => heard.some((event) => event.kind === 'message'));
  expect(heard).toMatchObject([{ kind: 'hello' }, { message: { kind: 'pong', nonce: 2 } }]);
});

test('the connection of a mesh edge stays open however idle it is', async () => {
  const first = await startStation(1, [], OPTIONS);
  const second = await startStation(2, [first.overlay.address], OPTIONS);
  await eventually(() => neighboursOf(second).includes(first.id));
  await waitMs(7 * OPTIONS.limits.idleMs);
  expect([...first.events, ...second.events].map((event) => event.kind)).not.toContain('edgeDown');
  const { connectionsIn, connectionsOut } = second.overlay.counters;
  // Two of them are for data, one each way.
  expect(connectionsIn + connectionsOut).toBeLessThan(2 + 4);
});
