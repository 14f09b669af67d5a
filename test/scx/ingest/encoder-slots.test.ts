import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import { createSeats, type Seat, type Seats } from '../../../src/scx/ingest/encoder-slots.js';

const STUDIO = { address: '198.51.100.7', agent: 'butt' };
const MOBILE = { address: '203.0.113.9', agent: 'butt' };
const OTHER = { address: '198.51.100.7', agent: 'mixxx' };

const nobodyElse = () => false;

/** Takes a seat, as an encoder that streams does. */
function sit(seats: Seats, priority: number, who = STUDIO, now = 0): Seat {
  const seat = seats.take(priority, who, now);
  if (seat === undefined) throw new Error('the seat is taken');
  const stream = {
    isOpen: true,
    setTitle: () => undefined,
    end: () => {
      stream.isOpen = false;
    },
    tick: () => undefined,
  };
  return Object.assign(seat, { who, stream, frameAt: now });
}

const leave = (seat: Seat): void => seat.stream?.end({ status: 200, reason: 'the test says so' });

describe('A seat', () => {
  test('is one source for each priority, for as long as the SCX lives', () => {
    const seats = createSeats(nobodyElse);
    const [high, low] = [sit(seats, 200), sit(seats, 50)];
    expect(high.id).toMatch(/^[0-9a-f]{16}$/);
    expect(high.id).not.toBe(low.id);
    expect([high.priority, low.priority]).toEqual([200, 50]);
    Object.assign(high, { nextAudio: 7, nextNotice: 2, title: 'Moonlight' });
    leave(high);
    const again = sit(seats, 200, MOBILE, 3_600_000);
    expect(again).toMatchObject({ id: high.id, nextAudio: 7, nextNotice: 2, title: 'Moonlight' });
    expect(seats.all()).toHaveLength(2);
  });

  test('is refused to others while its encoder is heard', () => {
    const seats = createSeats(nobodyElse);
    const seat = sit(seats, 128);
    for (const who of [MOBILE, OTHER]) {
      expect(seats.take(128, who, 0)).toBeUndefined();
      expect(seats.take(128, who, 2000)).toBeUndefined();
    }
    seat.frameAt = 5000;
    expect(seats.take(128, OTHER, 7000)).toBeUndefined();
  });

  test('is free when its encoder has ended, or was not heard for two seconds', () => {
    const seats = createSeats(nobodyElse);
    const seat = sit(seats, 128);
    expect(seats.take(128, OTHER, 2001)).toBe(seat);
    leave(seat);
    expect(seats.take(128, OTHER, 1)).toBe(seat);
  });

  test('is at once for the same program at the same address, though it seems to be heard', () => {
    const seats = createSeats(nobodyElse);
    const seat = sit(seats, 128);
    expect(seats.take(128, { ...STUDIO }, 1)).toBe(seat);
  });

  test('is refused while a source of its priority is heard elsewhere', () => {
    const rivals = new Set([128]);
    const asked: (SourceId | undefined)[] = [];
    const seats = createSeats((priority, own) => {
      asked.push(own);
      return rivals.has(priority);
    });
    expect(seats.take(128, STUDIO, 0)).toBeUndefined();
    expect(seats.all()).toEqual([]);
    expect(seats.take(127, STUDIO, 0)).toBeDefined();
    rivals.clear();
    const seat = sit(seats, 128);
    rivals.add(128);
    expect(seats.take(128, STUDIO, 9999)).toBeUndefined();
    expect(asked).toEqual([undefined, undefined, undefined, seat.id]);
  });
});

describe('A title', () => {
  test('is for the seat of its mount, if that says a priority', () => {
    const seats = createSeats(nobodyElse);
    const [high, low] = [sit(seats, 200), sit(seats, 50, MOBILE)];
    expect(seats.find(50, STUDIO)).toBe(low);
    expect(seats.find(200, MOBILE)).toBe(high);
    expect(seats.find(128, STUDIO)).toBeUndefined();
  });

  test('is else for who streams, from the same machine, at the highest priority', () => {
    const seats = createSeats(nobodyElse);
    expect(seats.find(undefined, STUDIO)).toBeUndefined();
    const mobile = sit(seats, 250, MOBILE);
    const [low, high] = [sit(seats, 50), sit(seats, 60)];
    expect(seats.find(undefined, STUDIO)).toBe(high);
    expect(seats.find(undefined, OTHER)).toBe(high);
    expect(seats.find(undefined, { address: '192.0.2.1', agent: '' })).toBe(mobile);
    leave(high);
    expect(seats.find(undefined, STUDIO)).toBe(low);
    leave(low);
    expect(seats.find(undefined, STUDIO)).toBe(mobile);
  });
});
