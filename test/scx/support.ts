/** MP3 frames that carry a number, and listeners that record what they get. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { Adu, NodeId, Source, SourceId } from '../../src/gossamer/core/node.js';
import { parseFrameHeader } from '../../src/mp3/frames/frame-header.js';
import { mainDataBegin } from '../../src/mp3/frames/side-info.js';
import { nodeIdOf } from '../../src/overlay/tls/node-id.js';
import { signingKeyOf } from '../../src/runtime/signing-key.js';
import type { Ingest } from '../../src/scx/ingest/ingest.js';
import { createListenerIdentities } from '../../src/scx/listeners/listener-identities.js';
import type { ListenerConnection } from '../../src/scx/listeners/listener-writer.js';
import { createTicketGate } from '../../src/scx/listeners/ticket-gate.js';
import { createRenditions, type Renditions } from '../../src/scx/renditions/renditions.js';
import { createAudioRing } from '../../src/scx/sound/audio-ring.js';
import type { PlayedFrame } from '../../src/scx/sound/chunk.js';
import type { PlacedSession } from '../../src/session/session-id.js';
import { identity } from '../session/signed.js';

/** 1152 samples at 44.1 kHz. */
export const FRAME_MS = (1152 * 1000) / 44_100;
export const FRAME_BYTES = 417;

/** The session of the ports under test. */
export const NIGHT: PlacedSession = {
  ...identity('scattercast://radio.example/night'),
  path: 'radio.example/night',
};

const SEQUENCE_OFFSET = 100;

/** A frame of 128 kbit/s that carries a number, and needs `reachBytes` of the frames before. */
export function mp3Frame(number: number, reachBytes = 0): Uint8Array {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set([0xff, 0xfb, 0x90, 0x64, reachBytes >> 1, (reachBytes & 1) << 7]);
  frame.writeUInt32BE(number, SEQUENCE_OFFSET);
  return frame;
}

const numberOf = (frame: Uint8Array): number => Buffer.from(frame).readUInt32BE(SEQUENCE_OFFSET);

/** Cuts a listener's bytes into whole frames; fails where there is none. */
function framesIn(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let offset = 0; offset + FRAME_BYTES <= bytes.length; offset += FRAME_BYTES) {
    if (parseFrameHeader(bytes, offset) === undefined) throw new Error(`no frame at ${offset}`);
    frames.push(bytes.subarray(offset, offset + FRAME_BYTES));
  }
  return frames;
}

export const numbersIn = (bytes: Uint8Array): number[] => framesIn(bytes).map(numberOf);

export const reachesIn = (bytes: Uint8Array): (number | undefined)[] =>
  framesIn(bytes).map(mainDataBegin);

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

export const played = (number: number, startsStream = false, reach = 0): PlayedFrame => ({
  bytes: mp3Frame(number, reach),
  durationMs: FRAME_MS,
  sequence: number,
  startsStream,
  title: null,
});

export const sourceId = (digit: string): SourceId => digit.repeat(16) as SourceId;
export const nodeId = (digit: string): NodeId => digit.repeat(32) as NodeId;

export const source = (digit: string, priority = 100, epoch = 1): Source => ({
  id: sourceId(digit),
  priority,
  epoch,
});

export const audioAdu = (digit: string, sequence: number, payload = mp3Frame(sequence)): Adu => ({
  source: sourceId(digit),
  channel: 1,
  sequence,
  timestampMs: 0,
  payload,
});

export const titleAdu = (digit: string, title: string, from: number, sequence = 0): Adu => ({
  ...audioAdu(digit, sequence, Buffer.from(JSON.stringify({ title, from }))),
  channel: 2,
});

/** A connection whose socket takes everything at once, until it is stalled. */
export interface FakeConnection extends ListenerConnection {
  /** What its socket has not taken. */
  queued: number;
  isStalled: boolean;
  readonly writes: Uint8Array[];
  readonly events: string[];
  bytes(): Uint8Array;
}

export function fakeConnection(wantsTitles = false): FakeConnection {
  const writes: Uint8Array[] = [];
  const events: string[] = [];
  const take = (parts: readonly Uint8Array[]): void => {
    for (const bytes of parts) {
      writes.push(bytes);
      if (connection.isStalled) connection.queued += bytes.length;
    }
  };
  const connection: FakeConnection = {
    wantsTitles,
    queued: 0,
    queuedBytes: () => connection.queued,
    isFlushed: () => connection.queued === 0,
    isStalled: false,
    writes,
    events,
    open: (parts) => {
      events.push('open');
      take(parts);
    },
    write: take,
    refuse: () => void events.push('refuse'),
    end: () => void events.push('end'),
    abort: () => void events.push('abort'),
    bytes: () => Buffer.concat(writes),
  };
  return connection;
}

/** An ingest without encoders. */
export const NO_INGEST: Ingest = {
  handle: () => undefined,
  setTitle: () => false,
  clientOf: () => undefined,
  mountOf: () => undefined,
  making: () => new Set(),
  tick: () => undefined,
  check: () => undefined,
  closeAll: () => undefined,
};

/** Identities of listeners, any number of which may have one address. */
export const newIdentities = () => createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });

/** Of a session that offers none. */
export const NO_RENDITIONS: Renditions = createRenditions({
  ring: createAudioRing({ keepMs: 0, bytesMax: 0, burstMs: 0, staleMs: 0 }),
  createRing: () => {
    throw new Error('no rendition is offered');
  },
  ...{ historyMs: 0, staleMs: 0, onFrames: () => undefined, now: () => 0 },
  log: pino({ level: 'silent' }),
});

/** A port without HLS. */
export const NO_HLS = {
  hls: () => undefined,
  tickets: createTicketGate(NIGHT, undefined),
};

export const SECRET = 'the-secret-of-the-cluster';

/** What the front end may ask a port about its clients, where no source is. */
export const NO_SOURCES = {
  overlay: () => ({ status: 404, body: '' }),
  secret: SECRET,
  log: pino({ level: 'silent' }),
  sources: {
    draw: () => ({ sources: [], attached: 0, bytesRead: 0, bytesSent: 0, slowListeners: 0 }),
    end: () => 0,
  },
};

/**
 * Lets timeouts of these lengths end at once, ms. Returns the spy that has seen all timeouts; vitest
 * restores the original after the test.
 */
export function withoutWaiting(timeoutsMs: readonly number[]) {
  const original = globalThis.setTimeout;
  const shortened = (callback: () => void, ms = 0, ...args: []): NodeJS.Timeout =>
    original(callback, timeoutsMs.includes(ms) ? 0 : ms, ...args);
  return vi.spyOn(globalThis, 'setTimeout').mockImplementation(shortened as typeof setTimeout);
}

/** The identity of an SCX in its launch document; the same digit gives the same one. */
export function identityOf(digit: string): { readonly id: NodeId; readonly keySeed: string } {
  const key = signingKeyOf(createHash('sha256').update(digit).digest());
  const keySeed = key.seed();
  return { id: nodeIdOf(key.publicKey), keySeed };
}
