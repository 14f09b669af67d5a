import { describe, expect, test } from 'vitest';
import {
  packPlaybackState,
  predecessorSchema,
  unpackPlaybackState,
} from '../../../src/scx/hand-over/messages.js';
import { createAudioRing } from '../../../src/scx/sound/audio-ring.js';
import type { PlayedFrame } from '../../../src/scx/sound/chunk.js';
import { createPlayhead } from '../../../src/scx/sound/playhead.js';
import { createSegments } from '../../../src/scx/sound/segments.js';
import { played, range, reachesIn, sourceId } from '../support.js';

const LIMITS = { keepMs: 30_000, bytesMax: 2_000_000, burstMs: 1000, staleMs: 5000 };
const A = sourceId('a');
const B = sourceId('b');

/** An SCX's ring with what leads to it; frames are cut ten by ten. */
function process(holds: boolean) {
  const ring = createAudioRing(LIMITS);
  const playhead = createPlayhead(ring, createSegments(), holds);
  return {
    playhead,
    hear: (source: typeof A, from: number, to: number, first?: Partial<PlayedFrame>): void => {
      for (const number of range(from, to)) {
        const change = number === from ? first : {};
        playhead.add(source, [{ ...played(number), ...change }], 0);
        if (number % 10 === 9) ring.cut(0);
      }
    },
    /** The numbers in the ring, of how many frames that were ever played. */
    plays: () => {
      const { frames, first } = ring.contents(0);
      return { numbers: frames.map(({ sequence }) => sequence), all: first + frames.length };
    },
    ring,
  };
}

/** As it arrives in another process. */
function send(playhead: ReturnType<typeof createPlayhead>) {
  const message = predecessorSchema.parse(
    JSON.parse(JSON.stringify(packPlaybackState(playhead.state(0)))),
  );
  if (message.kind !== 'estate') throw new Error('no estate');
  return unpackPlaybackState(message);
}

describe('A successor', () => {
  test.each([
    ['has heard more', 130],
    ['has heard the same', 120],
    ['is behind', 110],
    ['has heard nothing yet', 60],
  ])('that %s plays on with the very next frame', (_how, heardTo) => {
    const old = process(false);
    const successor = process(true);
    old.hear(A, 0, 120);
    successor.hear(A, 60, heardTo);
    successor.playhead.resume(send(old.playhead), 0);
    old.hear(A, 120, 200);
    successor.hear(A, heardTo, 200);
    expect(successor.plays()).toEqual({ numbers: range(0, 200), all: 200 });
    expect(successor.plays()).toEqual(old.plays());
  });

  test('follows a change of sources as its predecessor does', () => {
    const old = process(false);
    const successor = process(true);
    old.hear(A, 0, 120);
    successor.hear(A, 60, 120);
    old.hear(B, 500, 540);
    successor.hear(B, 500, 550);
    successor.playhead.resume(send(old.playhead), 0);
    old.hear(B, 540, 600);
    successor.hear(B, 550, 600);
    expect(successor.plays()).toEqual(old.plays());
  });

  test('plays from the beginning when nothing was on the air', () => {
    const old = process(false);
    const successor = process(true);
    successor.playhead.resume(send(old.playhead), 0);
    successor.hear(A, 7, 20);
    expect(successor.plays()).toEqual({ numbers: range(7, 20), all: 13 });
  });

  test('silences no frame that needs frames of the predecessor', () => {
    const old = process(false);
    const successor = process(true);
    const reaching = (number: number): PlayedFrame => played(number, number === 0, 300);
    for (const number of range(0, 20)) old.playhead.add(A, [reaching(number)], 0);
    successor.playhead.resume(send(old.playhead), 0);
    // To the successor's on-air.ts its first frame begins a stream.
    successor.playhead.add(A, [{ ...reaching(20), startsStream: true }], 0);
    successor.ring.cut(0);
    expect(reachesIn(successor.ring.readFrom(20)?.bytes ?? new Uint8Array())).toEqual([300]);
  });

  test('reports the frames that it has heard without a hole', () => {
    const successor = process(true);
    expect(successor.playhead.run).toBeUndefined();
    successor.hear(A, 5, 20);
    expect(successor.playhead.run).toEqual({ source: A, first: 5, last: 19 });
    successor.hear(A, 22, 30);
    expect(successor.playhead.run).toEqual({ source: A, first: 22, last: 29 });
    successor.hear(B, 30, 31);
    expect(successor.playhead.run).toEqual({ source: B, first: 30, last: 30 });
  });

  test('can hand over in turn before it has played a frame of its own', () => {
    const [old, successor, third] = [process(false), process(true), process(true)];
    old.hear(A, 0, 50);
    successor.playhead.resume(send(old.playhead), 0);
    third.hear(A, 40, 70);
    third.playhead.resume(send(successor.playhead), 0);
    expect(third.plays()).toEqual({ numbers: range(0, 70), all: 70 });
  });

  test('holds back 4096 frames at most, the newest', () => {
    const successor = process(true);
    successor.hear(A, 0, 5000);
    successor.playhead.resume(send(process(false).playhead), 0);
    const { all } = successor.plays();
    expect([all, successor.playhead.position?.sequence]).toEqual([4096, 4999]);
  });
});
