import { expect, test } from 'vitest';
import type { Adu, NodeId, Source } from '../../../src/gossamer/core/node.js';
import { signSource } from '../../../src/overlay/lots/source-statement.js';
import type { Refusal } from '../../../src/overlay/sockets/admission.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import type { PublicKey } from '../../../src/session/public-key.js';
import type { ClientMessage } from '../../../src/wire/client-message.js';
import { encodeClientMessage, encodeHello, encodeRefusal } from '../../../src/wire/encoder.js';
import { type ClientHello, WIRE_VERSION } from '../../../src/wire/hello.js';
import { STATION } from '../../session/signed.js';
import {
  connectRaw,
  createAdu,
  createAdus,
  eventually,
  frameOf,
  idOf,
  type RawPeer,
  SESSION,
  SOURCE,
  STATION_KEY,
  type Station,
  sourceOf,
  startStation,
} from '../support.js';

interface Attached {
  readonly peer: RawPeer;
  readonly adus: Adu[];
  readonly messages: ClientMessage[];
  readonly ends: string[];
  readonly stated: Source[];
}

const HELLO: ClientHello = {
  version: WIRE_VERSION,
  session: SESSION,
  purpose: 'client',
  source: SOURCE,
  proof: { key: STATION.key, timeMs: 1, signature: 'right' },
};

const signedBy = (signature: string): ClientHello => ({
  ...HELLO,
  proof: { ...HELLO.proof, signature },
});

const attach = () => attachAs(STATION.key);

/** A station with one client of a key, which sends HELLO and two messages at once. */
async function attachAs(key: PublicKey): Promise<[Station, Attached]> {
  const adus: Adu[] = [];
  const messages: ClientMessage[] = [];
  const ends: string[] = [];
  const stated: Source[] = [];
  const clients: Station['clients'] = [];
  const station = await startStation(1, [], {
    onClient: (client) => {
      clients.push(client);
      client.onAdu((adu) => void adus.push(adu));
      client.onMessage((message) => void messages.push(message));
      client.onStated((source) => void stated.push(source));
      client.onClose((reason) => void ends.push(reason));
    },
  });
  const hello = { ...HELLO, proof: { ...HELLO.proof, key } };
  const peer = connectRaw(station.overlay.address);
  const words = [encodeClientMessage({ kind: 'keepAlive' }), frameOf(createAdu(5))];
  peer.send(new Uint8Array(Buffer.concat([encodeHello(hello), ...words])));
  await eventually(() => adus.length > 0);
  return [
    { ...station, clients },
    { peer, adus, messages, ends, stated },
  ];
}

test('a client is greeted, and all its messages arrive, also those sent with HELLO', async () => {
  const [station, { peer, adus, messages }] = await attach();
  const signature = Buffer.from(HELLO.proof.signature, 'base64url');
  const statement = { timeMs: HELLO.proof.timeMs, signature };
  expect(station.clients[0]?.source).toEqual({ ...SOURCE, statement });
  expect(station.clients[0]?.remoteAddress).toBe('127.0.0.1');
  expect(messages).toEqual([{ kind: 'keepAlive' }]);
  expect(adus[0]).toMatchObject({ source: SOURCE.id, sequence: 5, channel: 1 });
  station.clients[0]?.send({ kind: 'alive', listeners: 12, scxListeners: 3 });
  await eventually(() => peer.heard.length > 1);
  expect(peer.heard).toMatchObject([
    { kind: 'hello', hello: { purpose: 'control', id: idOf(1) } },
    { kind: 'client', message: { kind: 'alive', listeners: 12, scxListeners: 3 } },
  ]);
});

test('a client that is closed receives what was sent, and the reason', async () => {
  const [station, { peer, ends }] = await attach();
  station.clients[0]?.send({ kind: 'leaving' });
  station.clients[0]?.close('this SCX leaves');
  await eventually(() => peer.isClosed);
  expect(peer.heard.slice(1)).toEqual([
    { kind: 'client', message: { kind: 'leaving' } },
    { kind: 'refusal', reason: 'this SCX leaves' },
  ]);
  expect(ends).toEqual([]);
});

test('the SCX is told that a client is gone, and why', async () => {
  const [, first] = await attach();
  first.peer.socket.destroy();
  await eventually(() => first.ends.length > 0);
  expect(first.ends).toHaveLength(1);
  const [, second] = await attach();
  second.peer.send(encodeRefusal('the show is over'));
  await eventually(() => second.ends.length > 0);
  expect(second.ends).toEqual(['the show is over']);
});

test('a client whose right is looked up first is admitted or refused then, and says nothing before', async () => {
  const answers: ((refusal?: Refusal) => void)[] = [];
  const station = await startStation(1, [], {
    objectionTo: () => new Promise((done) => void answers.push(done)),
  });
  const greet = async (): Promise<RawPeer> => {
    const peer = connectRaw(station.overlay.address);
    peer.send(encodeHello(HELLO));
    const before = answers.length;
    await eventually(() => answers.length > before);
    return peer;
  };
  const [right, wrong, hasty, gone] = [await greet(), await greet(), await greet(), await greet()];
  hasty.send(encodeClientMessage({ kind: 'keepAlive' }));
  gone.socket.destroy();
  await eventually(() => hasty.isClosed && gone.isClosed);
  expect(station.clients).toEqual([]);
  for (const [index, answer] of answers.entries())
    answer(index === 1 ? { reason: 'no' } : undefined);
  await eventually(() => right.heard.length > 0 && wrong.isClosed);
  expect(right.heard[0]?.kind).toBe('hello');
  expect(wrong.heard).toEqual([{ kind: 'refusal', reason: 'no' }]);
  expect(station.clients).toHaveLength(1);
  expect(station.overlay.counters.malformedFrames.unexpected).toBe(1);
});

/** The message in which a client states anew that its source is attached to an SCX. */
function statementOf(source: Source, scx: NodeId, timeMs = steadyTimeMs()): Uint8Array {
  const { statement } = signSource(source, { session: SESSION, scx, key: STATION_KEY }, timeMs);
  const signature = Buffer.from(statement?.signature ?? []).toString('base64url');
  return encodeClientMessage({ kind: 'stated', timeMs, signature });
}

test('a client states anew that it is attached, which is heard at a bounded rate', async () => {
  const [station, { peer, stated, messages }] = await attachAs(STATION_KEY.publicKey);
  const first = steadyTimeMs();
  for (const later of [0, 1, 2]) peer.send(statementOf(SOURCE, station.id, first + later));
  peer.send(encodeClientMessage({ kind: 'keepAlive' }));
  await eventually(() => messages.length === 2);
  expect(stated.map(({ statement }) => statement?.timeMs)).toEqual([first, first + 1]);
  expect(stated[0]).toMatchObject(SOURCE);
});

test.each<[string, (scx: NodeId) => Uint8Array]>([
  ['of another SCX', () => statementOf(SOURCE, idOf(2))],
  ['of another source', (scx) => statementOf({ ...SOURCE, epoch: 2 }, scx)],
  ['of long ago', (scx) => statementOf(SOURCE, scx, steadyTimeMs() - 700_000)],
])('a client that sends a statement %s is closed', async (_what, of) => {
  const [station, { peer, stated }] = await attachAs(STATION_KEY.publicKey);
  peer.send(of(station.id));
  await eventually(() => peer.isClosed);
  expect(station.overlay.counters.malformedFrames.forged).toBe(1);
  expect(stated).toEqual([]);
});

test.each([
  ['an ADU of another source', frameOf(createAdus([1], { source: sourceOf('b') })[0] as Adu)],
  ['a message of an SCX', encodeClientMessage({ kind: 'leaving' })],
])('a client that sends %s is closed', async (_what, frame) => {
  const [station, { peer, ends, adus }] = await attach();
  peer.send(frame);
  await eventually(() => peer.isClosed);
  expect(station.overlay.counters.malformedFrames.unexpected).toBe(1);
  expect(ends).toHaveLength(1);
  expect(adus).toHaveLength(1);
});

test('a client that may not attach is refused, and told that another attempt is useless', async () => {
  const seen: unknown[] = [];
  const { overlay, clients } = await startStation(1, [], {
    objectionTo: ({ proof: { signature } }, remoteAddress) => {
      seen.push([signature, remoteAddress]);
      return signature === 'right' ? undefined : { reason: 'no', isFinal: true };
    },
  });
  const refused = connectRaw(overlay.address);
  refused.send(encodeHello(signedBy('wrong')));
  await eventually(() => refused.isClosed);
  expect(refused.heard).toEqual([{ kind: 'refusal', reason: 'no', isFinal: true }]);
  const accepted = connectRaw(overlay.address);
  accepted.send(encodeHello(signedBy('right')));
  await eventually(() => clients.length === 1);
  expect(seen).toEqual([
    ['wrong', '127.0.0.1'],
    ['right', '127.0.0.1'],
  ]);
});

test('only a few delayed refusals wait for each address, so that other clients can attach', async () => {
  const { overlay, clients } = await startStation(1, [], {
    objectionTo: ({ proof: { signature } }) =>
      signature === 'right' ? undefined : { reason: 'no', delayMs: 1000 },
  });
  const crowd = Array.from({ length: 10 }, () => connectRaw(overlay.address));
  for (const peer of crowd) peer.send(encodeHello(signedBy('wrong')));
  await eventually(() => overlay.counters.connectionsRefused === crowd.length);
  await eventually(() => crowd.filter((peer) => peer.isClosed).length >= 6);
  expect(crowd.flatMap((peer) => peer.heard)).toEqual([]);
  connectRaw(overlay.address).send(encodeHello(HELLO));
  await eventually(() => clients.length === 1);
  await eventually(() => crowd.every((peer) => peer.isClosed));
  const told = crowd.filter((peer) => peer.heard.length > 0);
  expect(told).toHaveLength(4);
});
