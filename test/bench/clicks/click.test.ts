/** The measure of clicks itself, on changes between a stream and a lower rate of it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { createClickMeter } from '../../../scripts/bench/clicks/click.js';
import { type Spliced, splice } from '../../../scripts/bench/clicks/splice.js';
import { windowsFit } from '../../../src/mp3/frames/window-fit.js';
import { createFrameCodec } from '../../../src/transcode/frame-codec.js';
import { decoded } from '../../mp3/decode.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';

let frames: { readonly original: readonly Uint8Array[]; readonly lower: readonly Uint8Array[] };
let sound: { readonly original: Float32Array; readonly lower: Float32Array };
let spliced: Spliced;
let heard: Float32Array;

const soundOf = async (some: readonly Uint8Array[]): Promise<Float32Array> =>
  (await decoded(some)).samples;

beforeAll(async () => {
  const original = await makeToneFrames({ seconds: 3 });
  const codec = await createFrameCodec(64);
  frames = { original, lower: [...original.flatMap((one) => codec.push(one)), ...codec.end()] };
  sound = { original: await soundOf(original), lower: await soundOf(frames.lower) };
  spliced = splice({ ...frames, least: 20, mayFollow: windowsFit });
  heard = await soundOf(spliced.stream);
});

/** The largest click at the changes, dB. */
function largest(what: Float32Array): number {
  const meter = createClickMeter({ ...sound, heard: what });
  const clicks = spliced.changes.map(({ frame }) =>
    meter.clickDb(frame * 1152 - 256, frame * 1152 + 1728),
  );
  return Math.max(...clicks);
}

describe('The measure of clicks', () => {
  test('finds none where frames stand alone and windows fit', () => {
    expect(spliced.changes.length).toBeGreaterThan(3);
    expect(largest(heard)).toBeLessThan(-60);
  });

  // Over a window of 256 samples a click of one sample has about 22 dB less.
  test.each([-20, -30])('finds one of %d dB that is put in, at its level', (db) => {
    const clicked = heard.slice();
    for (const { frame } of spliced.changes) {
      const at = frame * 1152 + 300;
      clicked[at] = (clicked[at] ?? 0) + 10 ** (db / 20);
    }
    expect(largest(clicked)).toBeGreaterThan(db - 30);
    expect(largest(clicked)).toBeLessThan(db - 18);
  });

  test('finds frames that do not stand alone', async () => {
    const { changes, stream } = spliced;
    const raw = [...stream];
    for (const { frame, toOriginal } of changes) {
      raw[frame] = (toOriginal ? frames.original : frames.lower)[frame] as Uint8Array;
    }
    expect(largest(await soundOf(raw))).toBeGreaterThan(-30);
  });

  test('finds a hole of a few samples', () => {
    const [change] = spliced.changes;
    const holed = heard.slice();
    holed.fill(0, (change?.frame ?? 0) * 1152, (change?.frame ?? 0) * 1152 + 64);
    expect(largest(holed)).toBeGreaterThan(-50);
  });
});
