/** What a cluster sees of the SCXs of a session: overlays that connect to each other on loopback. */
import { expect, test } from 'vitest';
import type { Message } from '../../../src/gossamer/core/message.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { vouchFor } from '../../../src/overlay/tls/membership.js';
import type { Seen } from '../../../src/overlay/watch/watching.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { createDecoder } from '../../../src/wire/decoder.js';
import { encodeHello, encodeMessage } from '../../../src/wire/encoder.js';
import type { WatchHello } from '../../../src/wire/hello.js';
import { rawFrame } from '../../wire/support.js';
import {
  announce,
  connectRaw,
  eventually,
  idOf,
  listenRaw,
  neighboursOf,
  SESSION,
  type Station,
  startMesh,
  startPublishing,
  startStation,
  strangerHello,
} from '../support.js';

type SeenScx = Extract<Seen, { kind: 'scx' }>;

/** The picture at a station: what it has seen last of each SCX that is there. */
function watch({ overlay }: Station) {
  const scxs = new Map<NodeId, SeenScx>();
  const all: Seen[] = [];
  const stop = overlay.watch((seen) => {
    all.push(seen);
    if (seen.kind === 'scx') scxs.set(seen.member.id, seen);
    else scxs.delete(seen.id);
  });
  return { scxs, all, stop };
}

const watchHello = (number: number, more: object = {}): WatchHello => ({
  ...strangerHello(number),
  purpose: 'watch',
  ...more,
});

/** What makes its sender known. */
const DISCOVERY: Message = {
  ...{ kind: 'discoveryResponse', members: [], deaths: [], generator: null, digest: null },
};

test('All SCXs are seen with their edges, parents and listeners, also by one that is no neighbour', async () => {
  const mesh = await startMesh(3);
  const [first, second, third] = mesh as [Station, Station, Station];
  announce(first);
  const end = startPublishing(first);
  second.overlay.feed({ kind: 'audience', listeners: 7 });
  const { scxs } = watch(third);
  await eventually(() => scxs.size === 3 && [...scxs.values()].every(({ sketch }) => sketch));
  await eventually(() => scxs.get(second.id)?.sketch?.sources[0]?.parent);
  for (const station of mesh) {
    await eventually(() => {
      const told = scxs.get(station.id)?.sketch?.neighbours.map(({ id }) => id);
      return JSON.stringify(told) === JSON.stringify(neighboursOf(station));
    });
  }
  end();
  expect(scxs.get(first.id)?.sketch?.sources[0]).toMatchObject({ scx: first.id, parent: null });
  expect(scxs.get(second.id)?.sketch?.listeners).toBe(7);
  expect(scxs.get(second.id)?.member.address).toBe(second.overlay.address);
});

test('An SCX that dies is seen to be gone, and the edges of the others are seen to change', async () => {
  const [first, second, third] = (await startMesh(3)) as [Station, Station, Station];
  const { scxs, all } = watch(first);
  await eventually(() => scxs.get(second.id)?.sketch && scxs.get(third.id)?.sketch);
  await second.overlay.close();
  await eventually(() => !scxs.has(second.id));
  expect(all.filter(({ kind }) => kind === 'gone')[0]).toMatchObject({ id: second.id });
  await eventually(() => {
    const ids = scxs.get(third.id)?.sketch?.neighbours.map(({ id }) => id);
    return ids?.length === 1 && ids[0] === first.id;
  });
  const { length } = all.filter(({ kind }) => kind === 'gone');
  expect(length).toBe(1);
});

test('While nobody looks, no SCX is watched, and whoever looks again sees all at once', async () => {
  const [first, second] = (await startMesh(2)) as [Station, Station];
  const one = watch(first);
  await eventually(() => one.scxs.get(second.id)?.sketch);
  const other = watch(first);
  expect(other.scxs.get(second.id)?.sketch).not.toBeNull();
  one.stop();
  other.stop();
  const before = one.all.length;
  second.overlay.feed({ kind: 'audience', listeners: 3 });
  const again = watch(first);
  await eventually(() => again.scxs.get(second.id)?.sketch?.listeners === 3);
  expect(one.all.length).toBe(before);
});

test('A stranger may not watch a private session', async () => {
  const listed = drawSigningKey();
  const voucher = vouchFor(listed, SESSION, idOf(1));
  const station = await startStation(1, [], { clusters: [listed.publicKey], voucher });
  const peer = connectRaw(station.overlay.address);
  peer.send(encodeHello(watchHello(7)));
  await eventually(() => peer.isClosed);
  expect(peer.heard.map(({ kind }) => kind)).toEqual(['refusal']);
});

test('A cluster that is taken out of the list of a private session sees no more of it', async () => {
  const [own, other] = [drawSigningKey(), drawSigningKey()];
  const clusters = [own.publicKey, other.publicKey];
  const voucher = vouchFor(own, SESSION, idOf(1));
  const { overlay } = await startStation(1, [], { clusters, voucher });
  const peer = connectRaw(overlay.address);
  peer.send(encodeHello(watchHello(7, { voucher: vouchFor(other, SESSION, idOf(7)) })));
  await eventually(() => peer.heard.some(({ kind }) => kind === 'sketch'));
  overlay.setClusters([own.publicKey]);
  await eventually(() => peer.isClosed);
});

test('No more than a few may watch an SCX, and none as somebody else', async () => {
  const limits = { ...OVERLAY_LIMITS, watchersMax: 2 };
  const { overlay } = await startStation(1, [], { limits });
  const peers = [7, 8, 9].map((number) => {
    const peer = connectRaw(overlay.address, { number });
    peer.send(encodeHello(watchHello(number)));
    return peer;
  });
  await eventually(() => peers.filter(({ isClosed }) => isClosed).length === 1);
  const [refused] = peers.filter(({ isClosed }) => isClosed);
  expect(refused?.heard.map(({ kind }) => kind)).toEqual(['refusal']);
  const kept = peers.filter(({ isClosed }) => !isClosed);
  for (const { heard } of kept) await eventually(() => heard.some(({ kind }) => kind === 'sketch'));
  kept[0]?.reset();
  const impostor = connectRaw(overlay.address, { number: 7 });
  impostor.send(encodeHello(watchHello(8)));
  await eventually(() => impostor.isClosed);
  expect(overlay.counters.impostors).toBe(1);
});

test.each([
  ['an endless sketch', rawFrame(8, `{"place":null,"x":"${'x'.repeat(9000)}"}`)],
  ['a sketch with a word too many', rawFrame(8, '{"place":null,"more":1}')],
  ['a message', encodeMessage({ kind: 'requestStatus' })],
])('What tells %s is not shown any more, and harms nothing', async (_, frame) => {
  let ended = 0;
  const address = await listenRaw((socket) => {
    const decoder = createDecoder();
    socket.on('data', (chunk) => {
      const [greeting] = decoder.push(chunk);
      if (greeting?.kind !== 'hello') return;
      socket.write(encodeHello(strangerHello(7, { address })));
      if (greeting.hello.purpose === 'control') return void socket.write(encodeMessage(DISCOVERY));
      if (greeting.hello.purpose !== 'watch') return;
      socket.write(frame);
      socket.on('close', () => ended++);
    });
  });
  const station = await startStation(1, [address]);
  const { scxs } = watch(station);
  await eventually(() => ended > 0);
  expect(scxs.get(idOf(7))?.sketch ?? null).toBeNull();
  expect(scxs.has(station.id)).toBe(true);
});

test('A watcher that sends anything is let go', async () => {
  const { overlay } = await startStation(1);
  const peer = connectRaw(overlay.address);
  peer.send(encodeHello(watchHello(7)), encodeMessage({ kind: 'requestStatus' }));
  await eventually(() => peer.isClosed);
});
