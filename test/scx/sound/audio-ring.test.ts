import { describe, expect, test } from 'vitest';
import { CHUNK_BYTES_MAX, createAudioRing } from '../../../src/scx/sound/audio-ring.js';
import { FRAME_BYTES, FRAME_MS, numbersIn, played, range, reachesIn } from '../support.js';

const limits = { keepMs: 30_000, bytesMax: 2_000_000, burstMs: 4000, staleMs: 5000 };

/** A ring into which frames `from` to `to` were cut, ten in a chunk, in real time. */
function filled(from: number, to: number, changes: Partial<typeof limits> = {}) {
  const ring = createAudioRing({ ...limits, ...changes });
  for (const number of range(from, to)) {
    const now = (number - from) * FRAME_MS;
    ring.append(played(number, number === from), now);
    if ((number - from) % 10 === 9) ring.cut(now);
  }
  return { ring, now: (to - from) * FRAME_MS };
}

describe('The ring', () => {
  test('counts frames, and gives the rest of a chunk from any of them on', () => {
    const { ring } = filled(0, 2000);
    expect(ring.framesCut).toBe(2000);
    expect(ring.frameAt(ring.end)).toBe(2000);
    expect(ring.frameAt(ring.end - 1)).toBe(1990);
    expect(ring.frameAt(0)).toBeUndefined();
    const rest = ring.readFrom(1983);
    expect(numbersIn(rest?.bytes ?? new Uint8Array())).toEqual(range(1983, 1990));
    expect(rest?.next).toBe(ring.end - 1);
    expect(ring.readFrom(0)).toBeUndefined();
  });

  test('joins the frames of an interval into one chunk', () => {
    const { ring } = filled(0, 20);
    expect(ring.end).toBe(2);
    expect(numbersIn(ring.read(1, 1)?.bytes ?? new Uint8Array())).toEqual(range(10, 20));
    expect(ring.read(2, 1)).toBeUndefined();
  });

  test('gives a late title to the audio that had none yet, back to where it holds from', () => {
    const { ring, now } = filled(0, 40);
    const titlesAt = (chunk: number) => ring.read(chunk, 1)?.titles;
    ring.append({ ...played(40), title: 'New' }, now);
    ring.retitle(now, 0, null, 'Wrong'); // the newest frame is another song already
    expect(titlesAt(0)).toEqual([{ at: 0, title: null }]);
    const { ring: other } = filled(0, 40);
    other.retitle(now, 15, null, 'Moonlight');
    expect([0, 1, 2].map((chunk) => other.read(chunk, 1)?.titles)).toEqual([
      [{ at: 0, title: null }],
      [
        { at: 0, title: null },
        { at: 5 * FRAME_BYTES, title: 'Moonlight' },
      ],
      [{ at: 0, title: 'Moonlight' }],
    ]);
    expect(numbersIn(other.read(1, 1)?.bytes ?? new Uint8Array())).toEqual(range(10, 20));
    expect(other.burst(now)?.titles.at(-1)?.title).toBe('Moonlight');
  });

  test('gives a late title to nothing before the beginning of the stream', () => {
    const { ring, now } = filled(100, 120);
    ring.append(played(7, true), now);
    ring.append(played(8), now);
    ring.retitle(now, 5, null, 'Moonlight');
    expect(ring.read(1, 1)?.titles).toEqual([{ at: 0, title: null }]);
    expect(ring.read(2, 1)?.titles).toEqual([{ at: 0, title: 'Moonlight' }]);
  });

  test('cuts no empty chunk', () => {
    const ring = createAudioRing(limits);
    ring.cut(0);
    expect(ring.end).toBe(0);
    expect(ring.burst(0)).toBeUndefined();
  });

  test('keeps the last seconds, and counts chunks on', () => {
    const { ring } = filled(0, 3000);
    expect(ring.durationMs).toBeLessThanOrEqual(30_000);
    expect(ring.durationMs).toBeGreaterThan(29_000);
    expect(ring.end).toBe(300);
    expect(ring.read(0, 1)).toBeUndefined();
    expect(numbersIn(ring.read(299, 1)?.bytes ?? new Uint8Array())).toEqual(range(2990, 3000));
  });

  test('keeps no more than its bytes', () => {
    const { ring } = filled(0, 3000, { bytesMax: 50_000 });
    expect(ring.bytes).toBeLessThanOrEqual(50_000);
    expect(ring.bytes).toBeGreaterThan(45_000);
  });

  test('cuts by itself before a chunk gets too large', () => {
    const ring = createAudioRing(limits);
    for (const number of range(0, 400)) ring.append(played(number), 0);
    ring.cut(0);
    const sizes = range(0, ring.end).map((number) => ring.read(number, 1)?.bytes.length ?? 0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    expect(sizes.reduce((a, b) => a + b)).toBe(400 * FRAME_BYTES);
  });

  test('knows the average bit rate', () => {
    expect(filled(0, 100).ring.bitrateKbps).toBeCloseTo((FRAME_BYTES * 8) / FRAME_MS);
    expect(createAudioRing(limits).bitrateKbps).toBeUndefined();
  });

  test.each([
    ['another source, at once', 3, true, 2],
    ['another encoder of the same source, after a second', 39, false, 2],
    ['a variable rate, in the average', 3, false, (100 + 3 * 2) / 103],
  ])('knows the bit rate of %s', (_what, count, startsStream, times) => {
    const { ring, now } = filled(0, 100);
    for (const number of range(0, count)) {
      const bytes = new Uint8Array(2 * FRAME_BYTES);
      const frame = { ...played(100 + number), bytes, startsStream: startsStream && number === 0 };
      ring.append(frame, now);
    }
    ring.cut(now);
    expect(ring.bitrateKbps).toBeCloseTo((times * FRAME_BYTES * 8) / FRAME_MS);
  });

  test('forgets audio that is too old', () => {
    const { ring, now } = filled(0, 100);
    ring.cut(now + 31_000);
    expect(ring.durationMs).toBe(0);
    expect(ring.bytes).toBe(0);
    expect(ring.end).toBe(10);
  });

  test('never changes a chunk that a socket may hold', () => {
    const { ring } = filled(0, 10);
    const held = ring.read(0, 1)?.bytes ?? new Uint8Array();
    const before = Buffer.from(held);
    for (const number of range(10, 1000)) {
      ring.append(played(number), number * FRAME_MS);
      ring.cut(number * FRAME_MS);
      if (number % 10 === 0) ring.burst(number * FRAME_MS);
    }
    expect(Buffer.compare(before, held)).toBe(0);
  });
});

describe('A burst', () => {
  test('is the last seconds, and the next chunk follows', () => {
    const { ring, now } = filled(0, 1000);
    const burst = ring.burst(now);
    const wanted = Math.ceil(4000 / FRAME_MS);
    expect(numbersIn(burst?.bytes ?? new Uint8Array())).toEqual(range(1000 - wanted, 1000));
    expect(burst?.next).toBe(100);
  });

  test('is everything when less is kept', () => {
    const { ring, now } = filled(0, 20);
    expect(numbersIn(ring.burst(now)?.bytes ?? new Uint8Array())).toEqual(range(0, 20));
  });

  test('holds at least one frame', () => {
    const { ring, now } = filled(0, 20, { burstMs: 0 });
    expect(numbersIn(ring.burst(now)?.bytes ?? new Uint8Array())).toEqual([19]);
  });

  test('includes frames that are not cut yet when there is nothing else', () => {
    const ring = createAudioRing(limits);
    ring.append(played(7), 0);
    expect(numbersIn(ring.burst(0)?.bytes ?? new Uint8Array())).toEqual([7]);
    expect(ring.end).toBe(1);
  });

  test('is joined once between two cuts', () => {
    const { ring, now } = filled(0, 100);
    const first = ring.burst(now);
    expect(ring.burst(now)).toBe(first);
    ring.append(played(100), now);
    expect(ring.burst(now)).toBe(first);
    ring.cut(now);
    expect(ring.burst(now)).not.toBe(first);
  });

  test('does not exist off the air, and exists again with new audio', () => {
    const { ring, now } = filled(0, 100);
    expect(ring.burst(now + 4900)).toBeDefined();
    expect(ring.burst(now + 5100)).toBeUndefined();
    ring.append(played(100), now + 6000);
    expect(ring.burst(now + 6000)?.next).toBe(ring.end);
  });

  test('begins silently where the frames need what came before them', () => {
    const ring = createAudioRing({ ...limits, burstMs: 250 });
    for (const number of range(0, 100)) ring.append(played(number, false, 500), 0);
    ring.cut(0);
    const reaches = reachesIn(ring.burst(0)?.bytes ?? new Uint8Array());
    // 381 bytes of main data in each frame: the first two cannot be decoded.
    expect(reaches.slice(0, 4)).toEqual([0, 381, 500, 500]);
  });
});

describe('A new stream in the ring', () => {
  test('begins silently for present listeners', () => {
    const ring = createAudioRing(limits);
    for (const number of range(0, 10)) ring.append(played(number, number === 0, 300), 0);
    ring.append(played(500, true, 300), 0);
    ring.append(played(501, false, 300), 0);
    ring.cut(0);
    const reaches = reachesIn(ring.read(0, 1)?.bytes ?? new Uint8Array());
    expect(reaches).toEqual([0, ...Array(9).fill(300), 0, 300]);
  });

  test('needs its silent frames even when they are cut apart', () => {
    const ring = createAudioRing(limits);
    for (const number of range(0, 3)) {
      ring.append(played(number, number === 0, 500), 0);
      ring.cut(0);
    }
    const reaches = range(0, 3).map(
      (n) => reachesIn(ring.read(n, 1)?.bytes ?? new Uint8Array())[0],
    );
    expect(reaches).toEqual([0, 381, 500]);
  });
});
