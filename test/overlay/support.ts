import { createHash } from 'node:crypto';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { vi } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import type { GossamerEvent } from '../../src/gossamer/core/effects.js';
import type { Message } from '../../src/gossamer/core/message.js';
import type { Address, Adu, NodeId, Source, SourceId } from '../../src/gossamer/core/node.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { createRng } from '../../src/lib/rng.js';
import { createListings } from '../../src/overlay/lots/listings.js';
import { createLotSigner, lotFrames } from '../../src/overlay/lots/lot-signer.js';
import { sourcePrefix } from '../../src/overlay/lots/source-id.js';
import { signSource } from '../../src/overlay/lots/source-statement.js';
import { createOverlay, type Overlay, type OverlayOptions } from '../../src/overlay/overlay.js';
import type { ClientConnection } from '../../src/overlay/sockets/client-connection.js';
import { dialSecurely } from '../../src/overlay/tls/dial.js';
import { createIdentity } from '../../src/overlay/tls/identity.js';
import { nodeIdOf } from '../../src/overlay/tls/node-id.js';
import { type SigningKey, signingKeyOf } from '../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../src/runtime/steady-time.js';
import type { SourceKey } from '../../src/session/source-key.js';
import { createDecoder, type WireEvent } from '../../src/wire/decoder.js';
import { type ControlHello, WIRE_VERSION } from '../../src/wire/hello.js';
import { afterTest } from '../after-test.js';

export const SESSION = 'scattercast://radio.example/news';

/** The key of the SCX with that number, always the same. */
export const keyOf = (number: number): SigningKey =>
  signingKeyOf(createHash('sha256').update(`SCX ${number}`).digest());

export const idOf = (number: number): NodeId => nodeIdOf(keyOf(number).publicKey);

/** The key of the station, which its announcement lists, and one that nobody knows. */
export const STATION_KEY = signingKeyOf(new Uint8Array(32).fill(1));
export const STRANGER_KEY = signingKeyOf(new Uint8Array(32).fill(2));

export const SOURCE_KEYS: readonly SourceKey[] = [
  { name: 'station', key: STATION_KEY.publicKey, priorityMax: 255 },
];

/** A source of the station's key. */
export const sourceOf = (digit: string): SourceId =>
  `${sourcePrefix(STATION_KEY.publicKey)}${digit.repeat(8)}` as SourceId;

export const SOURCE = { id: sourceOf('a'), priority: 10, epoch: 1 };

/** A source attaches to a station, and has signed that. */
export function announce(
  { overlay, id }: Pick<Station, 'overlay' | 'id'>,
  source: Source = SOURCE,
  key = STATION_KEY,
): void {
  const signed = signSource(source, { session: SESSION, scx: id, key });
  overlay.feed({ kind: 'announceSource', source: signed });
}

/** A message of an SCX, which has signed what it says about its own sources. */
export const signedBy = (number: number, message: Message): Message =>
  createListings(SESSION, keyOf(number)).signed(message);

/** The number of an SCX that does not exist. */
const STRANGER = 7;

/** An overlay and what it has reported so far. */
export interface Station {
  readonly overlay: Overlay;
  readonly id: NodeId;
  readonly delivered: Adu[];
  readonly events: GossamerEvent[];
  readonly clients: ClientConnection[];
}

/** Starts one SCX's overlay on a free port; it is closed after the test. */
export async function startStation(
  number: number,
  locations: readonly string[] = [],
  options: Partial<OverlayOptions> = {},
): Promise<Station> {
  const delivered: Adu[] = [];
  const events: GossamerEvent[] = [];
  const clients: ClientConnection[] = [];
  const overlay = await createOverlay({
    session: SESSION,
    key: keyOf(number),
    incarnation: Date.now(),
    rendezvous: locations.length === 0,
    listenHost: '127.0.0.1',
    listenPort: 0,
    advertiseHost: '127.0.0.1',
    config: FAST,
    locations,
    rng: createRng(number),
    allowPrivate: true,
    sourceKeys: SOURCE_KEYS,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    onDeliver: (adu) => void delivered.push(adu),
    onEvent: (event) => void events.push(event),
    onClient: (client) => void clients.push(client),
    ...options,
  });
  const { id } = overlay.view().self;
  const station = { overlay, id, delivered, events, clients };
  afterTest(() => station.overlay.close());
  overlay.feed({ kind: 'join' });
  return station;
}

export const neighboursOf = ({ overlay }: Station): readonly NodeId[] =>
  overlay.view().neighbours.map(({ member }) => member.id);

/** A rendezvous point and others that find each other through it, connected. */
export async function startMesh(
  count: number,
  options: Partial<OverlayOptions> = {},
): Promise<Station[]> {
  const first = await startStation(1, [], options);
  const rest = Array.from({ length: count - 1 }, (_, index) =>
    startStation(index + 2, [first.overlay.address], options),
  );
  const mesh = [first, ...(await Promise.all(rest))];
  await eventually(() => mesh.every((station) => neighboursOf(station).length > 0));
  return mesh;
}

/** Waits until the condition holds, or throws with its text. */
export const eventually = (condition: () => unknown, timeoutMs = 30_000): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    },
    { timeout: timeoutMs, interval: 10 },
  );

export const waitMs = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** What may be different about a lot. */
interface LotDetails {
  readonly session: string;
  readonly source: SourceId;
  readonly epoch: number;
  readonly key: typeof STATION_KEY;
  readonly now: () => number;
}

/** ADUs of SOURCE that leave together. */
export function createAdus(
  sequences: readonly number[],
  details: Partial<LotDetails> = {},
  bytes = 417,
  channel = 1,
): Adu[] {
  const { id: source, epoch } = SOURCE;
  const whose = { session: SESSION, source, epoch, key: STATION_KEY, ...details };
  const adus = sequences.map((sequence) => ({
    ...{ channel, sequence, timestampMs: (whose.now ?? steadyTimeMs)() },
    payload: new Uint8Array(bytes).fill(sequence & 255),
  }));
  return createLotSigner(whose).sign(adus);
}

/** An ADU of SOURCE, in a lot of its own. */
export const createAdu = (sequence: number, bytes?: number, channel?: number): Adu =>
  createAdus([sequence], {}, bytes, channel)[0] as Adu;

/** The frame of one ADU's lot. */
export const frameOf = (adu: Adu): Uint8Array => lotFrames([adu])[0] as Uint8Array;

/**
 * Publishes an ADU each `intervalMs` until the result is called, which returns how many there were.
 */
export function startPublishing({ overlay }: Station, intervalMs = 10): () => number {
  let sequence = 0;
  const timer = setInterval(() => {
    overlay.feed({ kind: 'publish', adu: createAdu(sequence++) });
  }, intervalMs);
  return () => {
    clearInterval(timer);
    return sequence;
  };
}

/** The numbers of the ADUs delivered on a channel. */
export const sequencesOf = ({ delivered }: Station, channel = 1): number[] =>
  delivered.filter((adu) => adu.channel === channel).map((adu) => adu.sequence);

/** Whose key a hand-made connection shows, and the address that it comes from. */
interface RawOptions {
  readonly number?: number;
  readonly localAddress?: string;
}

/** A connection that can send anything. */
export interface RawPeer {
  readonly socket: TLSSocket;
  readonly heard: WireEvent[];
  readonly isClosed: boolean;
  send(...frames: Uint8Array[]): void;
  /** Ends the TCP connection as a crash does. */
  reset(): void;
}

/** Connects to an overlay port, with the key of a stranger. */
export function connectRaw(address: string, options: RawOptions = {}): RawPeer {
  const { number = STRANGER, ...from } = options;
  const { context } = createIdentity(keyOf(number));
  const tcp = connect({ ...splitHostPort(address), ...from });
  const socket = dialSecurely(tcp, context);
  const decoder = createDecoder();
  const heard: WireEvent[] = [];
  let isClosed = false;
  socket.on('data', (chunk) => void heard.push(...decoder.push(chunk)));
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  const peer: RawPeer = {
    socket,
    heard,
    get isClosed() {
      return isClosed;
    },
    send: (...frames) => {
      for (const frame of frames) socket.write(frame);
    },
    reset: () => void tcp.resetAndDestroy(),
  };
  afterTest(() => peer.socket.destroy());
  return peer;
}

/** An overlay port of a stranger that only listens; closed after the test. */
export async function listenRaw(onSocket: (socket: TLSSocket) => void): Promise<Address> {
  const { options } = createIdentity(keyOf(STRANGER));
  const server = createServer({ ...options, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    afterTest(() => void socket.destroy());
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  afterTest(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}` as Address;
}

/** The HELLO of an SCX that does not exist. */
export const strangerHello = (number: number, more: object = {}): ControlHello => ({
  version: WIRE_VERSION,
  session: SESSION,
  purpose: 'control',
  id: idOf(number),
  address: '127.0.0.1:9' as Address,
  incarnation: 1,
  rendezvous: false,
  ...more,
});
