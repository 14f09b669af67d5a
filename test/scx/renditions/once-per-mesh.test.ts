/**
 * Renditions of a session of three SCXs in a chain: the station is attached to the first one, and there are listeners
 * at the others.
 */
import { describe, expect, test } from 'vitest';
import { vouchFor } from '../../../src/overlay/tls/membership.js';
import { signingKeyOf } from '../../../src/runtime/signing-key.js';
import type { Patience } from '../../../src/scx/renditions/rendition.js';
import { correlation, decoded } from '../../mp3/decode.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { eventually, idOf, neighboursOf, SESSION } from '../../overlay/support.js';
import { type StagedScx, startScx, startSound } from './stage.js';

const SAMPLES = 1152;
const CLUSTER = signingKeyOf(new Uint8Array(32).fill(9));

/** Only the second one may connect to the first one, which lists its cluster. */
async function startChain(
  patience?: Patience,
): Promise<readonly [StagedScx, StagedScx, StagedScx]> {
  const voucherOf = (number: number) => vouchFor(CLUSTER, SESSION, idOf(number));
  const clusters = [CLUSTER.publicKey];
  const first = await startScx(1, [], { clusters, voucher: voucherOf(1) }, patience);
  const second = await startScx(
    2,
    [first.station.overlay.address],
    { voucher: voucherOf(2) },
    patience,
  );
  const third = await startScx(3, [second.station.overlay.address], {}, patience);
  await eventually(() => neighboursOf(third.station).length > 0);
  return [first, second, third];
}

/** Frames that follow each other, by their number at the source. */
const ringOf = ({ playout }: StagedScx) => {
  const { frames } = playout.renditions.ringOf(64).contents(performance.now());
  return frames.map(({ sequence, bytes }) => ({ sequence, bytes: Buffer.from(bytes) }));
};

/** Every frame is there once, at the lower rate, and sounds like the original's. */
async function isWhole(scx: StagedScx, sound: readonly Uint8Array[]): Promise<void> {
  const frames = ringOf(scx);
  const [{ sequence: first } = { sequence: 0 }] = frames;
  expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, index) => first + index));
  const heard = await decoded(frames.map(({ bytes }) => bytes));
  expect(heard.errors).toBe(0);
  const originals = frames.map(({ sequence }) => sound[sequence % sound.length] as Uint8Array);
  const expected = await decoded(originals);
  const pieces = Math.floor(frames.length / 20);
  for (let piece = 1; piece < pieces; piece++) {
    const [from, to] = [piece * 20 * SAMPLES, (piece + 1) * 20 * SAMPLES];
    const one = heard.samples.subarray(from, to);
    expect(correlation(one, expected.samples.subarray(from, to))).toBeGreaterThan(0.85);
  }
}

describe('A rendition', () => {
  test('is made once for all SCXs, where its source is, and has the same bytes at all', async () => {
    const sound = await makeToneFrames({ seconds: 4 });
    const [first, second, third] = await startChain();
    const { maker, threads, counters } = startSound(first, sound);
    await eventually(() => third.playout.playhead.run);
    expect(maker.active).toEqual([]);
    const listeners = [second.listen(), third.listen()];
    const scxs = [second, third];
    await eventually(() => listeners.every(({ frames }) => frames().length > 60));
    expect([second.parentOf(), third.parentOf()]).toEqual([first.station.id, second.station.id]);
    const taken = scxs.map(({ playout }) => ({ ...playout.renditions.counters }));
    await eventually(() =>
      scxs.every(
        ({ playout }, index) =>
          playout.renditions.counters.framesTaken > (taken[index]?.framesTaken ?? 0) + 100,
      ),
    );
    expect(threads).toHaveLength(1);
    expect(counters.frames).toBeGreaterThan(100);
    for (const scx of scxs) {
      expect(scx.playout.renditions.counters).toMatchObject({ frames: 0, takenOver: 0 });
      await isWhole(scx, sound);
    }
    const bytes = new Map(ringOf(second).map((frame) => [frame.sequence, frame.bytes]));
    const both = ringOf(third)
      .filter(({ sequence }) => bytes.has(sequence))
      .slice(-60);
    expect(both).toHaveLength(60);
    for (const { sequence, bytes: own } of both) expect(bytes.get(sequence)).toEqual(own);
    for (const { leave } of listeners) leave();
  });

  test('is made by each SCX while the thread at its source is dead, and nothing is lost', async () => {
    const sound = await makeToneFrames({ seconds: 4 });
    const [first, second, third] = await startChain({
      openingMs: 60_000,
      lateMs: 500,
      steadyMs: 1000,
    });
    const station = startSound(first, sound);
    await eventually(() => third.playout.playhead.run);
    const listeners = [second.listen(), third.listen()];
    await eventually(() => listeners.every(({ frames }) => frames().length > 60));
    await station.break();
    const isHere = ({ playout }: StagedScx) => playout.renditions.here.length === 1;
    await eventually(() => isHere(second) && isHere(third));
    const before = ringOf(third).at(-1)?.sequence ?? 0;
    await eventually(() => (ringOf(third).at(-1)?.sequence ?? 0) > before + 60);
    station.mend();
    await eventually(() => !isHere(second) && !isHere(third));
    const after = ringOf(third).at(-1)?.sequence ?? 0;
    await eventually(() => (ringOf(third).at(-1)?.sequence ?? 0) > after + 60);
    for (const scx of [second, third]) await isWhole(scx, sound);
    for (const { frames } of listeners) expect((await decoded(frames())).errors).toBe(0);
  });
});
