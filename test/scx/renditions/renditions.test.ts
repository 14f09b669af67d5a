import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  packPlaybackState,
  predecessorSchema,
  unpackPlaybackState,
} from '../../../src/scx/hand-over/messages.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { correlation, decoded } from '../../mp3/decode.js';
import { makeToneFrames, splitFrames } from '../../mp3/make-mp3.js';
import { audioAdu, fakeConnection, newIdentities, nodeId, source, titleAdu } from '../support.js';

const SAMPLES = 1152;
const opened: Playout[] = [];
afterEach(() => {
  for (const playout of opened.splice(0)) playout.end();
});

/** A playout that offers 64 kbit/s, and a clock that the test moves on. */
function open(isSuccessor = false) {
  let ahead = 0;
  const playout = createPlayout(
    {
      ...{ identities: newIdentities(), burstMs: 1000, listenersMax: 5, writeIntervalMs: 100 },
      renditions: [64],
      patience: { openingMs: 0, lateMs: 0, steadyMs: 0 },
    },
    () => performance.now() + ahead,
    isSuccessor,
  );
  opened.push(playout);
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  playout.start();
  return {
    playout,
    skip: (ms: number): void => {
      ahead += ms;
    },
    play: (frames: readonly Uint8Array[], from: number, to: number): void => {
      for (let at = from; at < to; at++) playout.handleAdu(audioAdu('a', at, frames[at]));
    },
    listen: (wantsTitles = false) => {
      const connection = {
        ...{ ...fakeConnection(wantsTitles), rendition: 64 as const },
        pack: () => ({}) as never,
      };
      const listener = playout.listeners.admit(connection, performance.now() + ahead);
      return { connection, listener: listener!, bytes: () => Buffer.concat(connection.writes) };
    },
  };
}

const countIn = (bytes: Uint8Array): number => splitFrames(bytes).length;
const until = (check: () => void): Promise<void> => vi.waitFor(check, 20_000);

describe('A rendition', () => {
  test('is made only while somebody hears it, from the last seconds on', async () => {
    const frames = await makeToneFrames({ seconds: 6 });
    const { playout, play, listen, skip } = open();
    play(frames, 0, 200);
    expect(playout.renditions.active).toEqual([]);
    const { listener, connection, bytes } = listen();
    expect(playout.renditions.active).toEqual([64]);
    // The burst is of one second, and the encoder holds a few frames back.
    await until(() => expect(countIn(bytes())).toBeGreaterThan(30));
    expect(connection.events).toEqual(['open']);
    expect(playout.listeners.byRendition()).toEqual(new Map([[64, 1]]));
    playout.listeners.leave(listener);
    skip(5000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(playout.renditions.active).toEqual([64]);
    skip(6000);
    await until(() => expect(playout.renditions.active).toEqual([]));
  });

  test('waits with its listener for the first sound, and shows its titles', async () => {
    const frames = await makeToneFrames({ seconds: 5 });
    const { playout, play, listen } = open();
    const { bytes, connection } = listen(true);
    expect(connection.events).toEqual([]);
    playout.handleAdu(titleAdu('a', 'Nocturne', 0));
    play(frames, 0, 50);
    await until(() => expect(connection.events).toEqual(['open']));
    play(frames, 50, frames.length);
    await until(() => expect(bytes().toString('latin1')).toContain("StreamTitle='Nocturne'"));
  });

  test('goes on in another process with the same frame, and no decoder notices', async () => {
    const frames = await makeToneFrames({ seconds: 8 });
    const [old, next] = [open(), open(true)];
    old.play(frames, 0, 100);
    next.play(frames, 0, 100);
    const { bytes } = old.listen();
    await until(() => expect(countIn(bytes())).toBeGreaterThan(30));
    old.play(frames, 100, 150);
    next.play(frames, 100, 160);
    await until(() => expect(countIn(bytes())).toBeGreaterThan(80));
    const message = packPlaybackState(old.playout.state(performance.now()));
    const sent = predecessorSchema.parse(JSON.parse(JSON.stringify(message)));
    if (sent.kind !== 'estate') throw new Error('no state');
    next.playout.resume(unpackPlaybackState(sent), performance.now());
    const before = countIn(bytes());
    const [departing] = movable(old.playout);
    const after = { ...fakeConnection(), rendition: 64 as const };
    next.playout.listeners.resume(after, departing!.position, performance.now());
    next.play(frames, 160, 250);
    const all = (): Buffer => Buffer.concat([bytes(), ...after.writes]);
    await until(() => expect(countIn(all())).toBeGreaterThan(before + 90));
    const made = splitFrames(all());
    const heard = await decoded(made);
    expect(heard.errors).toBe(0);
    expect(heard.lengths).toEqual(made.map(() => SAMPLES));
    // The listener began with the burst of one second, and from there on has every frame once.
    const expected = (await decoded(frames)).samples;
    const first = alignment(heard.samples, expected);
    for (let frame = 2; frame + 5 < made.length; frame += 5) {
      const one = heard.samples.subarray(frame * SAMPLES, (frame + 5) * SAMPLES);
      const other = expected.subarray((first + frame) * SAMPLES, (first + frame + 5) * SAMPLES);
      expect(correlation(one, other)).toBeGreaterThan(0.9);
    }
  });
});

/** Listeners that can move; a fake connection is packed at once. */
function movable({ listeners }: Playout) {
  return [...listeners.departures()];
}

/** The original's frame with which the rendition begins. */
function alignment(heard: Float32Array, expected: Float32Array): number {
  const sample = heard.subarray(2 * SAMPLES, 20 * SAMPLES);
  const likeness = (first: number): number =>
    correlation(sample, expected.subarray((first + 2) * SAMPLES, (first + 20) * SAMPLES));
  const firsts = Array.from({ length: 120 }, (_, first) => first);
  return firsts.reduce((best, first) => (likeness(first) > likeness(best) ? first : best), 0);
}
