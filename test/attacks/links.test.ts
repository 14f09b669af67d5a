/**
 * Strangers between SCXs and beside them: with the id or the address of another SCX, in the middle
 * of a connection, with a recorder, with a flood of handshakes. They get no sound and end no edge.
 * The addresses are those of the loopback network.
 */
import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openSourceConnection } from '../../src/client/broadcast/source-connection.js';
import { signedSource } from '../../src/client/broadcast/source-credentials.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Address, Member } from '../../src/gossamer/core/node.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { createLotSigner } from '../../src/overlay/lots/lot-signer.js';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { dialSecurely } from '../../src/overlay/tls/dial.js';
import { createAnonymousContext } from '../../src/overlay/tls/identity.js';
import { createTestimonies } from '../../src/overlay/tls/testimony.js';
import { steadyTimeMs } from '../../src/runtime/steady-time.js';
import { createDecoder } from '../../src/wire/decoder.js';
import { encodeHello, encodeMessage, encodeSigned } from '../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../src/wire/hello.js';
import { afterTest } from '../after-test.js';
import {
  announce,
  connectRaw,
  eventually,
  idOf,
  keyOf,
  listenRaw,
  neighboursOf,
  type RawPeer,
  SESSION,
  SOURCE,
  STATION_KEY,
  type Station,
  sequencesOf,
  startMesh,
  startPublishing,
  startStation,
  strangerHello,
} from '../overlay/support.js';
import { rawFrame } from '../wire/support.js';

/** The offer of a peer that has room to add the edge. */
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

/** Says HELLO as another SCX, with the stranger's own key and address. */
function pretend(to: Station, member: Member, more: object = {}): RawPeer {
  const peer = connectRaw(to.overlay.address, { localAddress: '127.0.0.9' });
  peer.send(encodeHello(strangerHello(7, { ...member, ...more })));
  return peer;
}

/** A station with a source, and its child. */
async function startPair(): Promise<[Station, Station]> {
  const [studio, child] = (await startMesh(2)) as [Station, Station];
  await eventually(() => neighboursOf(studio).length === 1);
  announce(studio);
  const stop = startPublishing(studio);
  afterTest(() => void stop());
  await eventually(() => sequencesOf(child).length > 20);
  return [studio, child];
}

/** A TCP server at a port of the loopback network; closed after the test. */
async function listen(host: string, port: number, onSocket: (socket: Socket) => void) {
  const server = createServer((socket) => {
    afterTest(() => void socket.destroy());
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((done) => server.listen(port, host, done));
  afterTest(() => void server.close());
}

test.each([
  ['its address', {}],
  ['another address', { address: '127.0.0.9:9' }],
])('A stranger with the id of a neighbour and %s is refused', async (_what, more) => {
  const [studio, child] = await startPair();
  const impostor = pretend(child, studio.overlay.view().self, more);
  impostor.send(encodeMessage({ kind: 'edgeDrop', instead: null }));
  await eventually(() => impostor.isClosed);
  expect(impostor.heard).toEqual([{ kind: 'refusal', reason: 'the id is not that of the key' }]);
  expect(child.overlay.counters.impostors).toBe(1);
  const before = sequencesOf(child).length;
  await eventually(() => sequencesOf(child).length > before + 20);
  expect(child.events.filter(({ kind }) => kind === 'edgeDown')).toEqual([]);
});

test('A stranger with the id of a child does not take its place', async () => {
  const [studio, child] = await startPair();
  const before = sequencesOf(child).length;
  const impostor = pretend(studio, child.overlay.view().self, { purpose: 'data', channel: 1 });
  await eventually(() => impostor.isClosed);
  expect(impostor.heard).toMatchObject([{ kind: 'refusal' }]);
  await eventually(() => sequencesOf(child).length > before + 20);
  expect(child.events.filter(({ kind }) => kind === 'parentChanged')).toHaveLength(1);
});

test('An SCX without a certificate is refused', async () => {
  const station = await startStation(1);
  const tcp = connect(splitHostPort(station.overlay.address));
  const socket = dialSecurely(tcp, createAnonymousContext());
  const decoder = createDecoder();
  const heard: unknown[] = [];
  socket.on('data', (chunk) => void heard.push(...decoder.push(chunk)));
  const closed = new Promise((done) => socket.on('close', done));
  socket.write(encodeHello(strangerHello(7)));
  await closed;
  expect(heard).toEqual([{ kind: 'refusal', reason: 'the id is not that of the key' }]);
});

test('An SCX whose address a stranger claims before it comes gets its edge, and keeps it', async () => {
  const listenPort = 28_721;
  const address = `127.0.0.1:${listenPort}` as Address;
  const studio = await startStation(1);
  const stranger = connectRaw(studio.overlay.address);
  stranger.send(encodeHello(strangerHello(7, { address })));
  await eventually(() => stranger.heard.length > 0);
  const other = await startStation(2, [studio.overlay.address], { listenPort });
  await eventually(() => neighboursOf(studio).includes(other.id));
  await eventually(() => neighboursOf(other).includes(studio.id));
  stranger.reset();
  announce(studio);
  const stop = startPublishing(studio);
  afterTest(() => void stop());
  await eventually(() => sequencesOf(other).length > 50);
  expect(other.events.filter(({ kind }) => kind === 'edgeDown')).toEqual([]);
});

test('A man in the middle, who has a key of his own, makes no edge and hears nothing', async () => {
  const studio = await startStation(1);
  announce(studio);
  const stop = startPublishing(studio);
  afterTest(() => void stop());
  const passed: string[] = [];
  // He decrypts what comes, and passes it on in a connection of his own.
  const middle = await listenRaw((socket) => {
    const onward = connectRaw(studio.overlay.address);
    const decoders = [createDecoder(), createDecoder()] as const;
    const note = (chunk: Uint8Array, at: 0 | 1): void =>
      void passed.push(...decoders[at].push(chunk).map(({ kind }) => kind));
    socket.on('data', (chunk) => {
      note(chunk, 0);
      onward.send(chunk);
    });
    onward.socket.on('data', (chunk) => {
      note(chunk, 1);
      socket.write(chunk);
    });
    onward.socket.on('close', () => socket.destroy());
  });
  const child = await startStation(2, [middle]);
  await eventually(() => studio.overlay.counters.impostors > 2);
  expect(new Set(passed)).toEqual(new Set(['hello', 'refusal']));
  expect([...neighboursOf(studio), ...neighboursOf(child)]).toEqual([]);
});

/** A broadcaster attaches to SCX 1, which is to be at that address. */
const attachAt = (overlayAddress: string) =>
  openSourceConnection({
    attachment: {
      ...{ session: SESSION, sources: [], keepAliveMs: 1000 },
      scx: { id: idOf(1), httpUrl: '', overlayAddress },
    },
    signed: signedSource(SOURCE, STATION_KEY, { session: SESSION, scx: idOf(1) }),
    onAlive: () => undefined,
    onDrain: () => undefined,
    signal: new AbortController().signal,
  });

test('A broadcaster says nothing to an SCX that is not the one that its cluster has named', async () => {
  const heard: Uint8Array[] = [];
  const middle = await listenRaw((socket) => void socket.on('data', (chunk) => heard.push(chunk)));
  await expect(attachAt(middle)).rejects.toThrow('another SCX answers there');
  expect(heard).toEqual([]);
});

test('A broadcaster is told when an SCX speaks no TLS', async () => {
  const port = 28_725;
  await listen('127.0.0.1', port, (socket) => void socket.once('data', () => socket.end('what?')));
  await expect(attachAt(`127.0.0.1:${port}`)).rejects.toThrow(
    /does not speak TLS \(.+\): is it of an older version\?/,
  );
});

test('What passes between two SCXs shows neither sound nor title nor session', async () => {
  const [front, host, listenPort] = ['127.0.0.11', '127.0.0.12', 28_723];
  const recorded: Buffer[] = [];
  await listen(front, listenPort, (client) => {
    const server = connect(listenPort, host);
    server.on('error', () => {});
    for (const [from, to] of [[client, server] as const, [server, client] as const]) {
      from.on('data', (chunk) => void recorded.push(chunk));
      from.pipe(to);
      from.on('close', () => to.destroy());
    }
  });
  const at = { listenHost: host, listenPort, advertiseHost: front };
  const studio = await startStation(1, [], at);
  const child = await startStation(2, [studio.overlay.address]);
  await eventually(() => neighboursOf(child).length > 0);
  announce(studio);
  const sound = Buffer.alloc(417, 'sound of the station ');
  const title = Buffer.from('{"title":"Moonlight Serenade","from":0}');
  let sequence = 0;
  const { id: source, epoch } = SOURCE;
  const signer = createLotSigner({ session: SESSION, source, epoch, key: STATION_KEY });
  const publish = (channel: number, payload: Uint8Array): void => {
    const adu = { channel, sequence, timestampMs: steadyTimeMs(), payload };
    for (const signed of signer.sign([adu])) studio.overlay.feed({ kind: 'publish', adu: signed });
  };
  const timer = setInterval(() => {
    publish(1, sound);
    publish(2, title);
    sequence++;
  }, 10);
  afterTest(() => clearInterval(timer));
  await eventually(() => sequencesOf(child).length > 50 && sequencesOf(child, 2).length > 10);
  const bytes = Buffer.concat(recorded);
  expect(bytes.length).toBeGreaterThan(50 * sound.length);
  for (const secret of ['sound of the', 'Moonlight', 'radio.example', SOURCE.id]) {
    expect(bytes.includes(secret), secret).toBe(false);
  }
});

test('A flood of handshakes from one address leaves room for those of others', async () => {
  const limits = { ...OVERLAY_LIMITS, handshakeBurst: 40, handshakeIntervalMs: 1e9 };
  const station = await startStation(1, [], { limits });
  const flood = (): void => {
    const peer = connectRaw(station.overlay.address, { localAddress: '127.0.0.9' });
    peer.socket.on('secureConnect', () => peer.socket.destroy());
    peer.socket.on('close', () => {
      if (!isOver) flood();
    });
  };
  let isOver = false;
  for (let count = 0; count < 20; count++) flood();
  await eventually(() => station.overlay.counters.handshakesOverBudget > 100);
  const other = await startStation(2, [station.overlay.address]);
  await eventually(() => neighboursOf(station).includes(other.id));
  isOver = true;
});

test('Garbage within TLS and without costs its own connection only', async () => {
  const [station, other] = (await startMesh(2)) as [Station, Station];
  const { counters } = station.overlay;
  const { host, port } = splitHostPort(station.overlay.address);
  const tls = Buffer.concat([Buffer.from([22, 3, 1, 0, 200, 1]), Buffer.alloc(300, 7)]);
  const socket = connect(port, host);
  afterTest(() => void socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write(tls);
  await eventually(() => counters.handshakesFailed === 1 && socket.closed);
  expect(neighboursOf(station)).toContain(other.id);
});

test.each([
  ['an SCX of an older version', rawFrame(1, '{"version":4,"session":"a"}')],
  ['a web browser', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
])('%s, which speaks no TLS, is told why it is refused', async (_what, bytes) => {
  const station = await startStation(1);
  const { host, port } = splitHostPort(station.overlay.address);
  const socket = connect(port, host);
  const decoder = createDecoder();
  const heard: unknown[] = [];
  socket.on('data', (chunk) => void heard.push(...decoder.push(chunk)));
  const closed = new Promise((done) => socket.on('close', done));
  socket.write(bytes);
  await closed;
  const protocol = `version ${WIRE_VERSION} of the protocol, over TLS`;
  const reason = `this SCX speaks ${protocol}: update the side that connects to it`;
  expect(heard).toEqual([{ kind: 'refusal', reason }]);
  expect(station.overlay.counters.connectionsRefused).toBe(1);
});

test('An edge is offered in vain in the name of an SCX that is away', async () => {
  const studio = await startStation(1);
  const impostor = pretend(studio, { ...strangerHello(2) });
  impostor.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => impostor.isClosed);
  expect(neighboursOf(studio)).toEqual([]);
});

/** A peer that has an edge with the station. */
async function becomeNeighbour(station: Station): Promise<RawPeer> {
  const peer = connectRaw(station.overlay.address);
  peer.send(encodeHello(strangerHello(7, { address: '127.0.0.1:7' })));
  peer.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(idOf(7)));
  return peer;
}

test('A neighbour says in vain that another SCX leaves, or beats in its name', async () => {
  const [studio, child] = await startPair();
  const about = studio.overlay.view().self;
  const key = Buffer.from(keyOf(7).publicKey, 'base64url');
  const signature = new Uint8Array(64);
  const timeMs = Date.now();
  const leave = {
    kind: 'notice',
    notice: { what: 'left', about, atMs: 1, reporter: about.id },
  } as const;
  const beat = { kind: 'heartbeat', generator: idOf(0), sequence: 1e9 } as const;
  const lies = [
    encodeMessage(leave),
    encodeMessage(beat),
    encodeSigned({ key, timeMs, signature, message: leave }),
    encodeSigned({ key, timeMs, signature, message: beat }),
    encodeSigned({ key, timeMs, signature, message: { ...beat, generator: idOf(7) } }),
  ];
  for (const [count, lie] of lies.entries()) {
    const liar = await becomeNeighbour(child);
    liar.send(lie);
    await eventually(() => liar.isClosed);
    expect(child.overlay.counters.malformedFrames.forged).toBe(count + 1);
    await eventually(() => !neighboursOf(child).includes(idOf(7)));
  }
  const before = sequencesOf(child).length;
  await eventually(() => sequencesOf(child).length > before + 20);
  expect(neighboursOf(child)).toContain(studio.id);
  expect(child.events.filter(({ kind }) => kind === 'memberLeft')).toEqual([]);
});

test('A recorded heartbeat of an SCX that is gone is heard for ten minutes at most', async () => {
  const [studio, child] = await startPair();
  const numbers = Array.from({ length: 100 }, (_, index) => 100 + index);
  // The lowest id is elected.
  const gone = numbers.find((number) => idOf(number) < studio.id && idOf(number) < child.id) ?? 0;
  const beatOf = (sequence: number, ageMs: number): Uint8Array => {
    const { encode } = createTestimonies(SESSION, keyOf(gone), () => Date.now() - ageMs);
    const frame = encode({ kind: 'heartbeat', generator: idOf(gone), sequence });
    if (frame === undefined) throw new Error('not its own');
    return frame;
  };
  const liar = await becomeNeighbour(child);
  liar.send(beatOf(1, 610_000));
  await eventually(() => child.overlay.counters.signedUnheard === 1);
  expect(child.overlay.view().generator).not.toBe(idOf(gone));
  expect(liar.isClosed).toBe(false);
  liar.send(beatOf(2, 0));
  await eventually(() => child.overlay.view().generator === idOf(gone));
});
