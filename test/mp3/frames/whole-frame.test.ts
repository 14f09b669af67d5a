import { beforeAll, describe, expect, it } from 'vitest';
import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { mainDataBegin } from '../../../src/mp3/frames/side-info.js';
import { createReservoir, wholeFrame } from '../../../src/mp3/frames/whole-frame.js';
import { decoded } from '../decode.js';
import { ascii, makeFrame, makeToneFrames, noiseBytes, type ToneOptions } from '../make-mp3.js';

/** The reservoir behind these frames. */
function reservoirOf(frames: readonly Uint8Array[]): Uint8Array {
  const reservoir = createReservoir();
  for (const frame of frames) reservoir.add(frame);
  return reservoir.bytes;
}

/** Half a window of the transform, and the window of the filter bank, samples. */
const OVERLAP = 576 + 512;

/** The frame at `cut`, made whole. */
const wholeAt = (frames: readonly Uint8Array[], cut: number): Uint8Array =>
  wholeFrame(frames[cut]!, reservoirOf(frames.slice(0, cut)))!;

describe('A whole frame', () => {
  let frames: Uint8Array[] = [];
  beforeAll(async () => {
    frames = await makeToneFrames({ seconds: 3 });
  });

  it.each<ToneOptions>([
    { bitrateKbps: 128 },
    { bitrateKbps: 64, channels: 1 },
    { bitrateKbps: 32, sampleRateHz: 22_050 },
    { bitrateKbps: 128, sampleRateHz: 48_000 },
  ])('lets a decoder go on exactly, wherever a stream is cut: %j', async (options) => {
    const tone = await makeToneFrames({ seconds: 3, ...options });
    const expected = (await decoded(tone)).samples;
    const samples = parseFrameHeader(tone[0]!, 0)!.samples;
    for (let cut = 20; cut < 50; cut += 3) {
      const heard = await decoded([wholeAt(tone, cut), ...tone.slice(cut + 1)]);
      expect(heard.errors).toBe(0);
      expect(heard.lengths).toEqual(tone.slice(cut).map(() => samples));
      // What comes first overlaps with what was before it, which a decoder that begins does not have.
      const after = expected.subarray(cut * samples + OVERLAP);
      const difference = heard.samples
        .subarray(OVERLAP)
        .reduce((most, value, index) => Math.max(most, Math.abs(value - (after[index] ?? 0))), 0);
      expect(difference).toBeLessThan(1e-6);
    }
  });

  it('joins other sound of the same encoder settings without a decoding error', async () => {
    const other = await makeToneFrames({ seconds: 3, bitrateKbps: 64, toneHz: 900 });
    const joined = [...other.slice(0, 40), wholeAt(frames, 40), ...frames.slice(41)];
    const heard = await decoded(joined);
    expect(heard.errors).toBe(0);
    const expected = (await decoded(frames)).samples.subarray(41 * 1152);
    expect(heard.samples.subarray(41 * 1152)).toEqual(expected);
  });

  it('is the frame itself if that needs no earlier bytes', () => {
    expect(wholeFrame(frames[0]!, new Uint8Array())).toBe(frames[0]);
  });

  it('is not made without the bytes that it needs, and not of other bytes', () => {
    const cut = frames.findIndex((frame) => mainDataBegin(frame)! > 1);
    expect(wholeFrame(frames[cut]!, new Uint8Array(1))).toBeUndefined();
    expect(wholeFrame(ascii('no frame'), new Uint8Array(511))).toBeUndefined();
  });

  it('is not made where no bit rate has room for it', () => {
    const full = makeFrame({ bitrate: 14 });
    full.fill(0xff, 4, 36);
    expect(wholeFrame(full, new Uint8Array(511))).toBeUndefined();
  });

  it('is a frame with a right header whatever the bytes of the frame are', () => {
    for (let seed = 1; seed < 200; seed++) {
      const frame = makeFrame({ bitrate: 5, unprotected: seed % 2, mode: seed % 4 });
      frame.set(noiseBytes(frame.length - 4, seed), 4);
      const whole = wholeFrame(frame, noiseBytes(511, seed))!;
      expect(parseFrameHeader(whole, 0)?.frameBytes).toBe(whole.length);
      expect(mainDataBegin(whole)).toBe(0);
    }
  });
});
