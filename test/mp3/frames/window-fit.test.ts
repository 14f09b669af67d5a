import { expect, test } from 'vitest';
import { blockTypes } from '../../../src/mp3/frames/side-info.js';
import { windowsFit } from '../../../src/mp3/frames/window-fit.js';
import { ascii, makeFrame, makeToneFrames } from '../make-mp3.js';

/** Where the description of a granule says which windows it has; MPEG 1, stereo: two granules of two channels. */
const FIRST_BIT = 8 * 4 + 20 + 33;
const SIZE = 59;

/** A frame with these windows: of the first granule's channels, then of the second's. */
function frameOf(types: readonly number[]): Uint8Array {
  const frame = makeFrame();
  for (const [part, type] of types.entries()) {
    const bits = type === 0 ? [0] : [1, type >> 1, type & 1];
    for (const [index, bit] of bits.entries()) {
      const at = FIRST_BIT + part * SIZE + index;
      frame[at >> 3] = (frame[at >> 3] ?? 0) | (bit << (7 - (at & 7)));
    }
  }
  return frame;
}

test('Windows are read of each granule and channel', () => {
  expect(blockTypes(frameOf([0, 1, 2, 3]))).toEqual([0, 1, 2, 3]);
  expect(blockTypes(ascii('no frame'))).toEqual([]);
});

test.each([
  { last: 0, next: 0, fits: true },
  { last: 0, next: 1, fits: true },
  { last: 3, next: 0, fits: true },
  { last: 1, next: 2, fits: true },
  { last: 2, next: 3, fits: true },
  { last: 2, next: 2, fits: true },
  { last: 0, next: 2, fits: false },
  { last: 0, next: 3, fits: false },
  { last: 1, next: 0, fits: false },
  { last: 2, next: 1, fits: false },
])('After window $last window $next fits: $fits, in either channel', ({ last, next, fits }) => {
  expect(windowsFit(frameOf([0, 0, last, 0]), frameOf([next, 0, 0, 0]))).toBe(fits);
  expect(windowsFit(frameOf([0, 0, 0, last]), frameOf([0, next, 0, 0]))).toBe(fits);
});

test.each([
  { sampleRateHz: 44_100, channels: 2 },
  { sampleRateHz: 48_000, channels: 1 },
  { sampleRateHz: 22_050, channels: 2 },
  { sampleRateHz: 11_025, channels: 1 },
] as const)('One encoder makes windows that fit throughout: %j', async (form) => {
  const frames = await makeToneFrames({ ...form, seconds: 4, bitrateKbps: 64 });
  const types = new Set(frames.flatMap(blockTypes));
  expect([...types].sort()).toEqual([0, 1, 2, 3]);
  const unfit = frames.slice(1).filter((frame, index) => !windowsFit(frames[index]!, frame));
  expect(unfit).toEqual([]);
});

test('Nothing fits to another form, or to what is no frame', async () => {
  const [stereo] = await makeToneFrames({});
  const [mono] = await makeToneFrames({ channels: 1 });
  const [slow] = await makeToneFrames({ sampleRateHz: 22_050, bitrateKbps: 64 });
  for (const other of [mono!, slow!, ascii('no frame')]) {
    expect(windowsFit(stereo!, other)).toBe(false);
    expect(windowsFit(other, stereo!)).toBe(false);
  }
});
