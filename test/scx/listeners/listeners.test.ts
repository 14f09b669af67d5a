import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ListenerState } from '../../../src/scx/listeners/listener-state.js';
import type { ListenerPosition } from '../../../src/scx/listeners/listener-writer.js';
import { createListeners } from '../../../src/scx/listeners/listeners.js';
import { createAudioRing } from '../../../src/scx/sound/audio-ring.js';
import {
  type FakeConnection,
  FRAME_BYTES,
  FRAME_MS,
  fakeConnection,
  numbersIn,
  played,
  range,
} from '../support.js';

const TICK = 10 * FRAME_MS;

const STATE: ListenerState = {
  ...{ address: '127.0.0.1', agent: 'player', method: 'GET', target: '/', protocol: 'HTTP/1.0' },
  ...{ headers: {}, wantsTitles: false, sinceMs: 0, bytes: 0 },
};

/** A ring and its listeners, with a clock that the tests move. */
function openRoom({ listenersMax = 100, keepMs = 30_000 } = {}) {
  const ring = createAudioRing({ keepMs, bytesMax: 2_000_000, burstMs: 1000, staleMs: 5000 });
  const listeners = createListeners({
    ring,
    listenersMax,
    groups: 1,
    waitMs: 10_000,
    idleMs: 60_000,
  });
  let sequence = 0;
  let now = 0;
  const write = (): void => {
    ring.cut(now);
    listeners.write(now);
  };
  const append = (count: number): void => {
    for (let left = count; left > 0; left--) ring.append(played(sequence++), now);
  };
  return {
    ring,
    listeners,
    now: () => now,
    append,
    /** Ticks during which a source sends. */
    play: (ticks: number): void => {
      for (let left = ticks; left > 0; left--) {
        append(10);
        now += TICK;
        write();
      }
    },
    /** Time passes, and nothing is sent. */
    rest: (ms: number): void => {
      const until = now + ms;
      while (now < until) {
        now = Math.min(now + TICK, until);
        write();
      }
    },
  };
}

describe('A listener', () => {
  test('hears a contiguous run that begins with the burst', () => {
    const room = openRoom();
    room.play(10);
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    expect(connection.events).toEqual(['open']);
    room.play(5);
    expect(numbersIn(connection.bytes())).toEqual(range(100 - Math.ceil(1000 / FRAME_MS), 150));
  });

  test('shares each chunk and each burst with all others', () => {
    const room = openRoom();
    room.play(10);
    const connections = [fakeConnection(), fakeConnection(), fakeConnection()];
    for (const connection of connections) room.listeners.admit(connection, room.now());
    room.play(2);
    const [first, ...others] = connections;
    for (const other of others) {
      expect(other.writes).toHaveLength(3);
      for (const index of range(0, 3)) expect(other.writes[index]).toBe(first?.writes[index]);
    }
  });

  test('is handed nothing while its socket has not drained, and all of it afterwards', () => {
    const room = openRoom();
    room.play(10);
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    connection.isStalled = true;
    room.play(20);
    expect(connection.writes).toHaveLength(2);
    connection.isStalled = false;
    connection.queued = 0;
    room.play(1);
    expect(numbersIn(connection.bytes())).toEqual(range(100 - 39, 310));
  });

  test('that is further behind than the ring skips to live with a burst', () => {
    const room = openRoom({ keepMs: 2000 });
    room.play(10);
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    room.play(1);
    connection.queued = 100;
    room.play(40);
    connection.queued = 0;
    room.play(2);
    const numbers = numbersIn(connection.bytes());
    const gaps = numbers.filter((n, index) => index > 0 && n !== (numbers[index - 1] ?? 0) + 1);
    expect(gaps).toEqual([520 - 39]);
    expect(numbers.at(-1)).toBe(529);
    expect(room.listeners.counters.skipped).toBe(1);
  });

  test('that takes nothing for a minute is closed, and no other', () => {
    const room = openRoom();
    room.play(10);
    const stuck = fakeConnection();
    const other = fakeConnection();
    room.listeners.admit(stuck, room.now());
    room.listeners.admit(other, room.now());
    stuck.isStalled = true;
    room.play(Math.floor(59_000 / TICK));
    expect(stuck.events).toEqual(['open']);
    room.play(Math.ceil(2000 / TICK));
    expect(stuck.events).toEqual(['open', 'abort']);
    expect(other.events).toEqual(['open']);
    expect(room.listeners.count).toBe(1);
    expect(room.listeners.counters.idle).toBe(1);
  });

  test('is not closed because the source is away, and hears it when it is back', () => {
    const room = openRoom();
    room.play(10);
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    room.rest(600_000);
    room.play(3);
    expect(connection.events).toEqual(['open']);
    expect(numbersIn(connection.bytes()).slice(-30)).toEqual(range(100, 130));
    expect(room.listeners.counters.skipped).toBe(0);
  });

  test('is forgotten when its connection closes', () => {
    const room = openRoom();
    room.play(1);
    const connection = fakeConnection();
    const listener = room.listeners.admit(connection, room.now());
    if (listener !== undefined) room.listeners.leave(listener);
    room.play(3);
    expect(connection.writes).toHaveLength(1);
    expect(room.listeners.count).toBe(0);
    expect(room.listeners.peak).toBe(1);
  });
});

describe('A listener that comes while the session is off the air', () => {
  test('waits unanswered, and starts with the first audio', () => {
    const room = openRoom();
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    room.rest(2000);
    expect(connection.events).toEqual([]);
    expect([room.listeners.count, room.listeners.waiting]).toEqual([0, 1]);
    room.append(5);
    room.listeners.openWaiting(room.now(), true);
    expect(numbersIn(connection.bytes())).toEqual(range(0, 5));
    room.play(1);
    expect(numbersIn(connection.bytes())).toEqual(range(0, 15));
    expect([room.listeners.count, room.listeners.waiting]).toEqual([1, 0]);
  });

  test('is refused after a while', () => {
    const room = openRoom();
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    room.rest(9900);
    expect(connection.events).toEqual([]);
    room.rest(500);
    expect(connection.events).toEqual(['refuse']);
    expect(room.listeners.waiting).toBe(0);
    expect(room.listeners.counters.offAir).toBe(1);
  });
});

describe('The set of listeners', () => {
  test('is bounded, those that wait included', () => {
    const room = openRoom({ listenersMax: 2 });
    expect(room.listeners.admit(fakeConnection(), 0)).toBeDefined();
    room.append(1);
    const second = room.listeners.admit(fakeConnection(), 0);
    expect(second).toBeDefined();
    expect(room.listeners.admit(fakeConnection(), 0)).toBeUndefined();
    if (second !== undefined) room.listeners.leave(second);
    expect(room.listeners.admit(fakeConnection(), 0)).toBeDefined();
    expect(room.listeners.counters.full).toBe(1);
  });

  test('ends after each listener has got what it is due', () => {
    const room = openRoom();
    room.play(10);
    const connection = fakeConnection();
    room.listeners.admit(connection, room.now());
    room.append(4);
    room.ring.cut(room.now());
    room.listeners.end(room.now());
    expect(numbersIn(connection.bytes()).at(-1)).toBe(103);
    expect(connection.events).toEqual(['open', 'end']);
    expect(room.listeners.count).toBe(0);
  });
});

describe('A listener that moves to another process', () => {
  const packed = { socket: new Socket(), state: STATE, release: () => undefined };

  const movable = (wantsTitles = false): FakeConnection =>
    Object.assign(fakeConnection(wantsTitles), { pack: () => packed });

  /** Two studios that play the same frames, each in chunks of its own. */
  const neighbours = () => {
    const [old, successor] = [openRoom(), openRoom()];
    old.play(10);
    successor.rest(TICK / 2);
    successor.play(10);
    return { old, successor };
  };

  test.each([0, 1, 3, 7, 10])(
    'continues with the very next byte, %i frames into a chunk',
    (extra) => {
      for (const wantsTitles of [false, true]) {
        const { old, successor } = neighbours();
        const connection = movable(wantsTitles);
        const stays = fakeConnection(wantsTitles);
        for (const each of [connection, stays]) old.listeners.admit(each, old.now());
        old.play(5);
        successor.append(extra);
        successor.rest(TICK);
        const [departure] = [...old.listeners.departures()];
        const position = JSON.parse(JSON.stringify(departure?.position));
        successor.listeners.resume(connection, position, successor.now());
        successor.append(50 - extra);
        successor.play(10);
        old.play(10);
        expect([old.listeners.count, successor.listeners.count]).toEqual([1, 1]);
        const [moved, stayed] = [connection.bytes(), stays.bytes()];
        const common = Math.min(moved.length, stayed.length);
        expect(common).toBeGreaterThan(100 * FRAME_BYTES);
        expect(Buffer.compare(moved.subarray(0, common), stayed.subarray(0, common))).toBe(0);
      }
    },
  );

  test('waits for its next frame when the successor is behind', () => {
    const { old, successor } = neighbours();
    const connection = movable();
    old.listeners.admit(connection, old.now());
    old.play(3);
    const [departure] = [...old.listeners.departures()];
    const before = connection.writes.length;
    successor.listeners.resume(
      connection,
      departure?.position as ListenerPosition,
      successor.now(),
    );
    successor.play(3);
    expect(connection.writes).toHaveLength(before);
    successor.play(1);
    expect(numbersIn(connection.bytes())).toEqual(range(100 - 39, 140));
  });

  test('has taken all that was written; one that cannot move stays and hears on', () => {
    const { old } = neighbours();
    const [busy, bound, free] = [movable(), fakeConnection(), movable()];
    for (const connection of [busy, bound, free]) old.listeners.admit(connection, old.now());
    busy.queued = 1;
    expect([...old.listeners.departures()]).toHaveLength(1);
    expect(old.listeners.count).toBe(2);
    busy.queued = 0;
    old.play(2);
    expect(numbersIn(bound.bytes())).toEqual(range(100 - 39, 120));
    expect(numbersIn(free.bytes())).toEqual(range(100 - 39, 100));
    expect([...old.listeners.departures()]).toHaveLength(1);
  });

  test('continues here, without a gap, if the successor did not take it', () => {
    const { old } = neighbours();
    const connection = movable();
    old.listeners.admit(connection, old.now());
    for (const { keep } of old.listeners.departures()) {
      old.play(2);
      keep();
    }
    old.play(2);
    expect(numbersIn(connection.bytes())).toEqual(range(100 - 39, 140));
    expect(old.listeners.count).toBe(1);
  });

  test('waits at the successor, too, if it waited for the first audio', () => {
    const [old, successor] = [openRoom(), openRoom()];
    const connection = movable();
    old.listeners.admit(connection, old.now());
    const [departure] = [...old.listeners.departures()];
    expect(departure?.position.isOpen).toBe(false);
    successor.listeners.resume(
      connection,
      departure?.position as ListenerPosition,
      successor.now(),
    );
    expect(successor.listeners.waiting).toBe(1);
    successor.append(5);
    successor.listeners.openWaiting(successor.now(), true);
    expect(connection.events).toEqual(['open']);
  });
});
