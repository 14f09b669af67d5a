/**
 * Clients that receive need no key, so strangers may connect as such. They may not send, they cost no
 * place of the mesh, and one that does not read holds up nobody.
 */
import { expect, test } from 'vitest';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { encodeClientMessage } from '../../src/wire/encoder.js';
import {
  announce,
  createAdu,
  eventually,
  frameOf,
  neighboursOf,
  type RawPeer,
  startStation,
} from '../overlay/support.js';
import {
  adusOf,
  connectReceiver,
  isIn,
  reasonOf,
  startReceiving,
} from '../scx/receivers/support.js';

type Peers = [RawPeer, RawPeer, RawPeer];

const KEEP_ALIVE = encodeClientMessage({ kind: 'keepAlive' });

test.each([
  ['an ADU that the station has signed', [frameOf(createAdu(3))]],
  ['the message of an SCX', [encodeClientMessage({ kind: 'leaving' })]],
  ["a source's statement", [encodeClientMessage({ kind: 'stated', timeMs: 1, signature: '' })]],
  ['KEEP_ALIVE a hundred times', Array.from({ length: 100 }, () => KEEP_ALIVE)],
])('A receiving client that sends %s is disconnected', async (_what, frames) => {
  const scx = await startReceiving(1);
  announce(scx.station);
  const peer = connectReceiver(scx, [1]);
  await isIn(peer);
  peer.send(...frames);
  await eventually(() => peer.isClosed && scx.receivers.count === 0);
  expect(scx.station.overlay.counters.malformedFrames.unexpected).toBe(1);
  expect(scx.feed.log(1)?.end).toBe(0);
});

test.each([
  ['no channel', { channels: [] }],
  ['a channel twice', { channels: [1, 1] }],
  ['256 channels', { channels: Array.from({ length: 256 }, (_, id) => id) }],
  [
    'a hundred positions',
    {
      positions: Array.from({ length: 100 }, (_, next) => ({
        ...{ source: '0123456789abcdef', channel: 1, next },
      })),
    },
  ],
  [
    'a position before the first',
    {
      positions: [{ source: '0123456789abcdef', channel: 1, next: -1 }],
    },
  ],
])('A HELLO with %s is malformed', async (_what, more) => {
  const scx = await startReceiving(1);
  const peer = connectReceiver(scx, [1], more);
  await eventually(() => peer.isClosed);
  expect(scx.receivers.count).toBe(0);
  expect(scx.station.overlay.counters.malformedFrames.shape).toBe(1);
});

test('Receiving clients take the slots of listeners, and no place of the mesh', async () => {
  const limits = { ...OVERLAY_LIMITS, inboundMax: 4 };
  const scx = await startReceiving(1, { listenersMax: 6, overlay: { limits } });
  const peers = Array.from({ length: 6 }, () => connectReceiver(scx, [1]));
  await Promise.all(peers.map(isIn));
  const seventh = connectReceiver(scx, [1]);
  await eventually(() => reasonOf(seventh) === 'it has as many listeners as it may');
  const neighbour = await startStation(2, [scx.station.overlay.address]);
  await eventually(() => neighboursOf(neighbour).length === 1);
  expect(scx.receivers).toMatchObject({ count: 6, counters: { refused: 1 } });
});

test('An address gets as many slots as the operator lets it have', async () => {
  const scx = await startReceiving(1, { hasSlot: () => false });
  const peer = connectReceiver(scx, [1]);
  await eventually(() => reasonOf(peer)?.startsWith('your address has as many listeners'));
});

test('A client that does not read holds up nobody, is kept within a bound, and is ended', async () => {
  const scx = await startReceiving(1);
  announce(scx.station);
  const [stuck, slow, reader] = [1, 2, 3].map(() => connectReceiver(scx, [7])) as Peers;
  await Promise.all([stuck, slow, reader].map(isIn));
  for (const { socket } of [stuck, slow]) socket.pause();
  const [batches, together] = [12, 20];
  for (let number = 0; number < batches * together; number++) {
    scx.station.overlay.feed({ kind: 'publish', adu: createAdu(number, 60_000, 7) });
    if (number % together === together - 1) await eventually(() => adusOf(reader).length > number);
  }
  slow.socket.resume();
  await eventually(() => scx.receivers.counters.skipped === 1);
  scx.station.overlay.feed({ kind: 'publish', adu: createAdu(batches * together, 100, 7) });
  await eventually(() => adusOf(slow).at(-1)?.sequence === batches * together);
  expect(scx.receivers.count).toBe(3);
  slow.reset();
  await eventually(() => scx.receivers.count === 2);
  const { counters } = scx.station.overlay;
  for (let seconds = 4; seconds <= 56; seconds += 4) {
    scx.pass(4000);
    for (const peer of [stuck, reader]) peer.send(KEEP_ALIVE);
    await eventually(() => counters.clientMessagesIn === seconds / 2);
    scx.receivers.tick();
  }
  expect(scx.receivers.count).toBe(2);
  scx.pass(4500);
  scx.receivers.tick();
  expect(scx.receivers.count).toBe(1);
  expect(scx.receivers.counters).toMatchObject({ idle: 1, silent: 0 });
});
