import CodecParser, { type CodecFrame } from 'codec-parser';
import { describe, expect, it } from 'vitest';
import { parseFrameHeader, sameFamily } from '../../../src/mp3/frames/frame-header.js';
import { makeHeader, makeToneFrames, makeToneMp3 } from '../make-mp3.js';

describe('Frame header', () => {
  it('reads all fields of the four bytes', () => {
    const bytes = makeHeader({ unprotected: 0, padding: 1, mode: 1 });
    expect(parseFrameHeader(bytes, 0)).toEqual({
      mpegVersion: 1,
      bitrateKbps: 128,
      sampleRateHz: 44100,
      padded: true,
      channelMode: 'joint',
      hasCrc: true,
      frameBytes: 418,
      samples: 1152,
      durationMs: 1_152_000 / 44100,
    });
  });

  it.each([
    { version: 3, sampleRate: 0, rateHz: 44100, samples: 1152, frameBytes: 417 },
    { version: 3, sampleRate: 1, rateHz: 48000, samples: 1152, frameBytes: 384 },
    { version: 3, sampleRate: 2, rateHz: 32000, samples: 1152, frameBytes: 576 },
    { version: 2, sampleRate: 0, rateHz: 22050, samples: 576, frameBytes: 261 },
    { version: 2, sampleRate: 1, rateHz: 24000, samples: 576, frameBytes: 240 },
    { version: 2, sampleRate: 2, rateHz: 16000, samples: 576, frameBytes: 360 },
    { version: 0, sampleRate: 0, rateHz: 11025, samples: 576, frameBytes: 522 },
    { version: 0, sampleRate: 1, rateHz: 12000, samples: 576, frameBytes: 480 },
    { version: 0, sampleRate: 2, rateHz: 8000, samples: 576, frameBytes: 720 },
  ])('gives version $version at $rateHz Hz the right length', (expected) => {
    const { version, sampleRate, rateHz, samples, frameBytes } = expected;
    expect(parseFrameHeader(makeHeader({ version, sampleRate }), 0)).toMatchObject({
      sampleRateHz: rateHz,
      samples,
      frameBytes,
    });
  });

  it.each([
    ['another layer', { layer: 2 }],
    ['a reserved layer', { layer: 0 }],
    ['a reserved version', { version: 1 }],
    ['free format', { bitrate: 0 }],
    ['a reserved bit rate', { bitrate: 15 }],
    ['a reserved sample rate', { sampleRate: 3 }],
    ['a reserved emphasis', { emphasis: 2 }],
  ])('refuses %s', (_what, bits) => {
    expect(parseFrameHeader(makeHeader(bits), 0)).toBeUndefined();
  });

  it('refuses bytes without a sync word, and a header that is cut off', () => {
    expect(parseFrameHeader(Uint8Array.of(0xff, 0xc0, 0x90, 0), 0)).toBeUndefined();
    expect(parseFrameHeader(makeHeader().subarray(0, 3), 0)).toBeUndefined();
    expect(parseFrameHeader(makeHeader(), 4)).toBeUndefined();
  });

  it('recognises frames of one recording by version and sample rate', () => {
    const header = (bits: object) => parseFrameHeader(makeHeader(bits), 0)!;
    expect(sameFamily(header({}), header({ bitrate: 5, mode: 3, padding: 1 }))).toBe(true);
    expect(sameFamily(header({}), header({ sampleRate: 1 }))).toBe(false);
    expect(sameFamily(header({}), header({ version: 2 }))).toBe(false);
  });

  it.each([
    { bitrateKbps: 128, sampleRateHz: 44100, channels: 2 as const },
    { bitrateKbps: 320, sampleRateHz: 48000, channels: 2 as const },
    { bitrateKbps: 64, sampleRateHz: 32000, channels: 1 as const },
    { bitrateKbps: 32, sampleRateHz: 22050, channels: 2 as const },
    { bitrateKbps: 16, sampleRateHz: 11025, channels: 1 as const },
  ])('agrees with codec-parser at $bitrateKbps kbit/s, $sampleRateHz Hz', async (options) => {
    const file = await makeToneMp3(options);
    const oracle = new CodecParser<CodecFrame>('audio/mpeg').parseAll(file);
    const ours = await makeToneFrames(options);
    expect(ours.map((bytes) => parseFrameHeader(bytes, 0)?.durationMs)).toEqual(
      oracle.map((frame) => frame.duration),
    );
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect(ours.map(hex)).toEqual(oracle.map((frame) => hex(frame.data)));
    expect(ours.length).toBeGreaterThan(10);
  });
});
