import { describe, expect, test } from 'vitest';
import { parseFrameHeader } from '../../src/mp3/frames/frame-header.js';
import { leadIn } from '../../src/mp3/frames/lead-in.js';
import { mainDataBegin } from '../../src/mp3/frames/side-info.js';
import type { RenditionKbps } from '../../src/session/renditions.js';
import { createFrameCodec } from '../../src/transcode/frame-codec.js';
import { bestLag, correlation, decoded } from '../mp3/decode.js';
import { makeToneFrames, noiseBytes } from '../mp3/make-mp3.js';

const formOf = (frame: Uint8Array) => {
  const { sampleRateHz, samples, bitrateKbps, channelMode } = parseFrameHeader(frame, 0)!;
  return { sampleRateHz, samples, bitrateKbps, isMono: channelMode === 'mono' };
};

/** The rendition of whole streams. */
async function renditionOf(kbps: RenditionKbps, frames: readonly Uint8Array[]) {
  const codec = await createFrameCodec(kbps);
  return [...frames.flatMap((frame) => codec.push(frame)), ...codec.end()];
}

/** Half a second of sound in the middle. */
const middle = ({ samples }: { readonly samples: Float32Array }, rateHz: number): Float32Array =>
  samples.subarray(rateHz / 2, rateHz);

interface Case {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** Bit rates, kbit/s: of the sound, that is asked for, and that is made. */
  readonly from: number;
  readonly kbps: RenditionKbps;
  readonly made: number;
  readonly isMono: boolean;
  /** The correlation of what is heard. */
  readonly alike?: number;
}

describe('A frame codec', () => {
  // Below 48 kbit/s both channels have the mean of two that differ.
  test.each<Case>([
    { sampleRateHz: 44_100, channels: 2, from: 128, kbps: 64, made: 64, isMono: false },
    { sampleRateHz: 48_000, channels: 2, from: 192, kbps: 96, made: 96, isMono: false },
    { sampleRateHz: 44_100, channels: 2, from: 128, kbps: 32, made: 32, isMono: false, alike: 0.6 },
    { sampleRateHz: 32_000, channels: 1, from: 128, kbps: 48, made: 48, isMono: true },
    { sampleRateHz: 22_050, channels: 1, from: 64, kbps: 32, made: 32, isMono: true },
    { sampleRateHz: 22_050, channels: 2, from: 160, kbps: 256, made: 160, isMono: false },
    { sampleRateHz: 8_000, channels: 1, from: 64, kbps: 64, made: 64, isMono: true },
  ])(
    'makes frames of $made kbit/s that sound when those of $from do: $sampleRateHz Hz, $channels channels',
    async ({ sampleRateHz, channels, from: bitrateKbps, kbps, made, isMono, alike = 0.93 }) => {
      const options = { seconds: 1.2, toneHz: 300, sampleRateHz, channels, bitrateKbps };
      const frames = await makeToneFrames(options);
      const rendition = await renditionOf(kbps, frames);
      expect(rendition).toHaveLength(frames.length);
      const { samples } = parseFrameHeader(frames[0]!, 0)!;
      // The first frame may have a higher rate, as it stands alone.
      for (const frame of rendition.slice(1)) {
        expect(formOf(frame)).toEqual({ sampleRateHz, samples, bitrateKbps: made, isMono });
      }
      const [before, after] = [await decoded(frames), await decoded(rendition)];
      expect(after.lengths).toEqual(before.lengths);
      const [one, other] = [middle(before, sampleRateHz), middle(after, sampleRateHz)];
      expect(bestLag(one, other, 20)).toBe(0);
      expect(correlation(one, other)).toBeGreaterThan(alike);
    },
  );

  test('begins with a frame that needs no earlier one, after frames that only prepare', async () => {
    const frames = await makeToneFrames({ seconds: 3 });
    const codec = await createFrameCodec(64);
    codec.prime(leadIn(frames.slice(40, 50)));
    const rendition = [...frames.slice(50).flatMap((frame) => codec.push(frame)), ...codec.end()];
    expect(rendition).toHaveLength(frames.length - 50);
    expect(mainDataBegin(rendition[0]!)).toBe(0);
    expect(leadIn(rendition)).toEqual(rendition);
    const whole = await decoded(frames);
    const heard = await decoded(rendition);
    expect(heard.errors).toBe(0);
    const start = 50 * 1152;
    const alike = correlation(
      whole.samples.subarray(start + 1152, start + 40 * 1152),
      heard.samples.subarray(1152),
    );
    expect(alike).toBeGreaterThan(0.93);
  });

  test('makes one frame of each where the form of the sound changes, and of broken frames', async () => {
    const stereo = await makeToneFrames({ seconds: 1 });
    const mono = await makeToneFrames({
      seconds: 1,
      channels: 1,
      sampleRateHz: 22_050,
      bitrateKbps: 64,
    });
    const broken = stereo.slice(10, 20).map((frame, index) => {
      const wrong = noiseBytes(frame.length, index + 1);
      wrong.set(frame.subarray(0, 4));
      return wrong;
    });
    const frames = [...stereo, ...mono, ...broken, ...stereo];
    const rendition = await renditionOf(64, frames);
    expect(rendition.map((frame) => formOf(frame).sampleRateHz)).toEqual(
      frames.map((frame) => formOf(frame).sampleRateHz),
    );
  });
});
