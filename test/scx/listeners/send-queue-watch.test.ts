import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { createListenerConnections } from '../../../src/scx/listeners/listener-connections.js';
import { createListenerIdentities } from '../../../src/scx/listeners/listener-identities.js';
import { createListeners } from '../../../src/scx/listeners/listeners.js';
import { watchSendQueues } from '../../../src/scx/listeners/send-queue-watch.js';
import { createAudioRing } from '../../../src/scx/sound/audio-ring.js';
import { FRAME_BYTES, FRAME_MS, played } from '../support.js';

const wait = { timeout: 20_000, interval: 10 };
const LOGGED = { address: '127.0.0.1', method: 'GET', target: '/', protocol: 'HTTP/1.0' };
const CHUNK_FRAMES = 40; // about a second
const SECOND_BYTES = (1000 / FRAME_MS) * FRAME_BYTES;

/** Listeners with real sockets, and a clock that the tests move. */
function openRoom(server: Server) {
  let now = 0;
  let sequence = 0;
  let looks = 0;
  const clock = { now: () => now };
  const ring = createAudioRing({
    ...{ keepMs: 30_000, bytesMax: 2_000_000, burstMs: 1000, staleMs: 500_000 },
  });
  const limits = { listenersMax: 10, groups: 1, waitMs: 10_000, idleMs: 60_000 };
  const listeners = createListeners({ ring, ...limits });
  const connections = createListenerConnections({
    ...{ listeners, identities: createListenerIdentities({ perAddressMax: 9, returnMs: 1 }) },
    accessLog: openAccessLog(undefined, pino({ level: 'silent' })),
    ...{ fields: () => ({}), ...clock },
  });
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    const request = { socket, wantsTitles: false, isSecure: false, since: now };
    connections.accept({ ...request, logged: { ...LOGGED, referer: undefined, agent: undefined } });
  });
  const endWatch = watchSendQueues({
    connections: {
      noteSendQueues: (queues, allowance) => {
        connections.noteSendQueues(queues, allowance);
        looks++;
      },
    },
    ...{ ring, ...clock, everyMs: 5, timeShareMax: 1 },
  });
  return {
    ...{ listeners, endWatch },
    /** A look that began after this call. */
    lookedAt: async (): Promise<void> => {
      const before = looks;
      await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1), wait);
    },
    rest: (ms: number): void => {
      now += ms;
      listeners.write(now);
    },
    /** A second of audio. */
    play: (): void => {
      for (let left = CHUNK_FRAMES; left > 0; left--) ring.append(played(sequence++), now);
      now += CHUNK_FRAMES * FRAME_MS;
      ring.cut(now);
      listeners.write(now);
    },
  };
}

describe.skipIf(!existsSync('/proc/self/net/tcp'))('What the kernel holds for listeners', () => {
  let server: Server;
  let room: ReturnType<typeof openRoom>;
  const players: Socket[] = [];

  const player = async (): Promise<Socket> => {
    const before = room.listeners.count;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    players.push(socket.on('error', () => undefined));
    await vi.waitFor(() => expect(room.listeners.count).toBe(before + 1), wait);
    return socket;
  };

  /** Plays on, with a look after each second, until nothing more is handed to the sockets. */
  const playUntilHeld = async (): Promise<number> => {
    const { counters } = room.listeners;
    for (let before = -1; before !== counters.bytes; ) {
      before = counters.bytes;
      room.play();
      await room.lookedAt();
    }
    return counters.bytes;
  };

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    room = openRoom(server);
    room.play();
  });

  afterEach(() => {
    room.endWatch();
    for (const socket of players.splice(0)) socket.destroy();
    server.close();
  });

  test('is bounded: who reads nothing gets no more, and is closed as idle', async () => {
    const socket = (await player()).pause();
    const bytes = await playUntilHeld();
    expect(bytes).toBeGreaterThan(10 * SECOND_BYTES);
    expect(bytes).toBeLessThan(40 * SECOND_BYTES); // the kernel would hold 4 MiB, 250 s
    room.rest(1);
    room.rest(60_001);
    expect(room.listeners.counters.idle).toBe(1);
    socket.resume();
    await once(socket, 'close');
  });

  test('counts no longer when it has been read', async () => {
    const socket = (await player()).pause();
    await playUntilHeld();
    const before = room.listeners.counters.bytes;
    socket.resume();
    await vi.waitFor(() => {
      room.rest(0);
      expect(room.listeners.counters.bytes).toBeGreaterThan(before);
    }, wait);
    expect(room.listeners.counters.idle).toBe(0);
  });
});

test('A look that takes long makes the next one come later', async () => {
  vi.useFakeTimers();
  let looks = 0;
  const end = watchSendQueues({
    connections: { noteSendQueues: () => undefined },
    ring: { burst: () => undefined, bitrateKbps: 128 },
    now: () => Date.now(),
    everyMs: 1000,
    read: async () => {
      looks++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return new Map();
    },
  });
  await vi.advanceTimersByTimeAsync(1000 + 100 + 9000);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(1001);
  expect(looks).toBe(2);
  end();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(looks).toBe(2);
  vi.useRealTimers();
});
