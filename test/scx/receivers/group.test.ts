/** The group of receivers at an SCX: a real overlay port, and a wire in place of the multicast socket. */
import { expect, test } from 'vitest';
import { decodeGroupContent, encodeAsk } from '../../../src/multicast/group-content.js';
import { createGroupSeal, drawSender } from '../../../src/overlay/tls/group-seal.js';
import { createOwnGroup, type OwnGroup } from '../../../src/scx/receivers/own-group.js';
import type { ClientMessage } from '../../../src/wire/client-message.js';
import { encodeClientMessage } from '../../../src/wire/encoder.js';
import { announce, createAdus, eventually, type RawPeer, SOURCE } from '../../overlay/support.js';
import { range } from '../support.js';
import { adusOf, connectReceiver, isIn, type Receiving, startReceiving } from './support.js';

const KEY = Buffer.alloc(16, 5);
const SCX = drawSender();
const HEARD = encodeClientMessage({ kind: 'heard' });

/** An SCX with a group, and what has been sent to that. */
async function withGroup(number: number) {
  const scx = await startReceiving(number);
  const sent: Uint8Array[] = [];
  const own: OwnGroup = createOwnGroup({
    feed: scx.feed,
    seal: createGroupSeal({ key: KEY, scx: SCX }, SCX),
    socket: { send: (bytes) => void sent.push(bytes) },
    now: () => performance.now(),
    invitation: {
      ...{ address: '239.192.40.0', port: 5010, token: SCX },
      key: KEY.toString('base64url'),
    },
  });
  scx.receivers.setGroup(own);
  announce(scx.station);
  return { scx, own, sent };
}

function publish({ station }: Receiving, from: number, to: number): void {
  for (const adu of createAdus(range(from, to), {}, 100))
    station.overlay.feed({ kind: 'publish', adu });
}

const messagesOf = (peer: RawPeer): readonly ClientMessage[] =>
  peer.heard.flatMap((event) => (event.kind === 'client' ? [event.message] : []));

const kindsOf = (peer: RawPeer): string[] => messagesOf(peer).map(({ kind }) => kind);

const numbersOf = (peer: RawPeer): number[] => adusOf(peer).map(({ sequence }) => sequence);

/** The numbers and places that were sent to the group. */
function carried(sent: readonly Uint8Array[]) {
  const seal = createGroupSeal({ key: KEY, scx: SCX }, drawSender());
  return sent.flatMap((datagram) => {
    const opened = seal.open(datagram);
    const found = opened && decodeGroupContent(opened.content);
    if (found?.ok !== true || found.value.kind !== 'adus') return [];
    const { lot, payloads } = found.value.lot;
    const { place } = found.value;
    const there = range(0, lot.count).filter((index) => payloads[index] !== undefined);
    return there.map((index, at) => ({ number: lot.first + index, place: place + at }));
  });
}

test('A client is moved to the group without a frame too few or too many, and back', async () => {
  const { scx, sent } = await withGroup(1);
  const peer = connectReceiver(scx, [1], { group: true });
  await isIn(peer);
  await eventually(() => kindsOf(peer).includes('group'));
  publish(scx, 0, 10);
  await eventually(() => numbersOf(peer).length === 10);
  expect(sent).toEqual([]);
  peer.send(HEARD);
  await eventually(() => kindsOf(peer).includes('onGroup'));
  publish(scx, 10, 20);
  await eventually(() => carried(sent).length === 10);
  const onGroup = messagesOf(peer).find(({ kind }) => kind === 'onGroup');
  expect(onGroup).toEqual({ kind: 'onGroup', places: [{ channel: 1, place: 10 }] });
  expect(carried(sent)).toEqual(range(10, 20).map((number) => ({ number, place: number })));
  expect(numbersOf(peer)).toEqual(range(0, 10));
  const positions = [{ source: SOURCE.id, channel: 1, next: 17 }];
  peer.send(encodeClientMessage({ kind: 'unheard', positions }));
  await eventually(() => numbersOf(peer).includes(19));
  publish(scx, 20, 25);
  await eventually(() => numbersOf(peer).includes(24));
  expect(numbersOf(peer)).toEqual([...range(0, 10), ...range(17, 25)]);
  expect(carried(sent)).toHaveLength(10);
});

test('Two clients on the group cost one stream; one that knows no groups goes on as before', async () => {
  const { scx, sent } = await withGroup(1);
  const group = { group: true };
  const peers = [group, group, {}].map((more) => connectReceiver(scx, [1], more));
  await Promise.all(peers.map(isIn));
  const [one, other, old] = peers as [RawPeer, RawPeer, RawPeer];
  for (const each of [one, other]) each.send(HEARD);
  await eventually(() => scx.receivers.ofGroup.moved === 2);
  publish(scx, 0, 20);
  await eventually(() => numbersOf(old).length === 20);
  expect(carried(sent).map(({ number }) => number)).toEqual(range(0, 20));
  expect([...numbersOf(one), ...numbersOf(other)]).toEqual([]);
  expect(kindsOf(old)).toEqual([]);
});

test('What a member asks for is sent again; what others send, or ask without end, is not', async () => {
  const { scx, own, sent } = await withGroup(1);
  const peer = connectReceiver(scx, [1], { group: true });
  await isIn(peer);
  peer.send(HEARD);
  await eventually(() => scx.receivers.ofGroup.moved === 1);
  publish(scx, 0, 10);
  await eventually(() => carried(sent).length === 10);
  sent.length = 0;
  const ask = encodeAsk([{ channel: 1, place: 3, count: 2 }]);
  const stranger = createGroupSeal({ key: Buffer.alloc(16, 6), scx: SCX }, drawSender());
  own.onDatagram(stranger.seal(ask), '10.0.0.66');
  own.onDatagram(Buffer.alloc(40), '10.0.0.66');
  own.onDatagram(Buffer.alloc(0), '10.0.0.66');
  expect(sent).toEqual([]);
  const member = createGroupSeal({ key: KEY, scx: SCX }, drawSender());
  const request = member.seal(ask);
  own.onDatagram(request, '10.0.0.2');
  expect(carried(sent).map(({ number }) => number)).toEqual([3, 4]);
  own.onDatagram(request, '10.0.0.2'); // played again
  expect(carried(sent)).toHaveLength(2);
  sent.length = 0;
  const unknown = encodeAsk([{ channel: 1, place: 10_000, count: 255 }]);
  for (let index = 0; index < 500; index++) own.onDatagram(member.seal(unknown), '10.0.0.66');
  expect(sent).toEqual([]);
  expect(own.counters().refused).toBeGreaterThan(400);
});

test('Nothing is sent while nobody is on the group, and only a state while somebody could be', async () => {
  const { scx, own, sent } = await withGroup(1);
  const states = () =>
    sent.map((datagram) => createGroupSeal({ key: KEY, scx: SCX }, drawSender()).open(datagram));
  publish(scx, 0, 10);
  own.sendState(scx.receivers.ofGroup);
  expect(sent).toEqual([]);
  const peer = connectReceiver(scx, [1], { group: true });
  await isIn(peer);
  own.sendState(scx.receivers.ofGroup);
  const [content] = states().map((opened) => opened && decodeGroupContent(opened.content));
  expect(content).toMatchObject({ ok: true, value: { kind: 'state', receivers: 0 } });
  peer.send(encodeClientMessage({ kind: 'unheard', positions: [] })); // it is not on the group
  publish(scx, 10, 20);
  await eventually(() => numbersOf(peer).includes(19));
  expect(sent).toHaveLength(1);
});

test('An administrator sees clients that receive, and ends one', async () => {
  const { scx } = await withGroup(1);
  const peer = connectReceiver(scx, [1]);
  await isIn(peer);
  const [listed, ...others] = scx.receivers.list(10);
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ agent: 'scattercast tune', connectedS: 0 });
  expect(scx.receivers.end(1)).toBe(false);
  expect(scx.receivers.end(listed?.id ?? 0)).toBe(true);
  await eventually(() => peer.isClosed);
  expect(scx.receivers.list(10)).toEqual([]);
});
