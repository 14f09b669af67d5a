import { describe, expect, test } from 'vitest';
import { createMp3Encoder } from 'wasm-media-encoders';
import { isSilentFrame } from '../../../src/mp3/frames/silent-frame.js';
import { makeFrame, makeToneFrames, splitFrames } from '../make-mp3.js';

type Rate = 22_050 | 44_100;

/** Two seconds of samples that are all zero. */
async function silence(sampleRate: Rate, channels: 1 | 2): Promise<Uint8Array[]> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate, channels, bitrate: 64, outputSampleRate: sampleRate });
  const channel = new Float32Array(2 * sampleRate);
  const body = new Uint8Array(encoder.encode(Array.from({ length: channels }, () => channel)));
  return splitFrames(body);
}

const FORMATS: [Rate, 1 | 2][] = [
  [44_100, 2],
  [44_100, 1],
  [22_050, 2],
  [22_050, 1],
];

describe('Digital silence', () => {
  test.each(FORMATS)('is recognised at %i Hz, %i channels', async (rate, channels) => {
    const frames = await silence(rate, channels);
    expect(frames.length).toBeGreaterThan(50);
    expect(frames.filter((frame) => !isSilentFrame(frame))).toEqual([]);
  });

  test.each(FORMATS)('is no music at %i Hz, %i channels', async (sampleRateHz, channels) => {
    const frames = await makeToneFrames({ sampleRateHz, channels, bitrateKbps: 64 });
    expect(frames.slice(3, -3).filter(isSilentFrame)).toEqual([]);
  });

  test('is no frame with sound in a single granule of a single channel', () => {
    const silent = makeFrame({});
    silent.fill(0, 4);
    expect(isSilentFrame(silent)).toBe(true);
    // MPEG 1, stereo: 20 bits, then 59 for each granule and channel; big_values behind 12 of them.
    for (const part of [0, 1, 2, 3]) {
      for (const [bit, isSilent] of [
        [11, true],
        [12, false],
        [20, false],
        [21, true],
      ] as const) {
        const frame = new Uint8Array(silent);
        const at = 4 * 8 + 20 + part * 59 + bit;
        frame[at >> 3] = 0x80 >> (at & 7);
        expect(isSilentFrame(frame), `part ${part}, bit ${bit}`).toBe(isSilent);
      }
    }
  });

  test('is nothing that is no frame', () => {
    expect(isSilentFrame(new Uint8Array(0))).toBe(false);
    expect(isSilentFrame(new Uint8Array(400))).toBe(false);
  });
});
