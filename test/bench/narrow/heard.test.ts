/** Frames of known numbers, some of them made anew at lower bit rates, as a listener may get them. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Arrival,
  type HeardFrame,
  heardFrames,
  noticed,
  originalAgainMs,
  parseArrivals,
} from '../../../scripts/bench/narrow/heard.js';
import {
  createToneCode,
  FRAME_MS,
  framesIn,
  type ToneCode,
} from '../../../scripts/bench/players/tone-code.js';
import { silenced } from '../../../src/mp3/frames/lead-in.js';
import { createReservoir, wholeFrame } from '../../../src/mp3/frames/whole-frame.js';
import type { RenditionKbps } from '../../../src/session/renditions.js';
import { createFrameCodec } from '../../../src/transcode/frame-codec.js';

let code: ToneCode;
let original: Uint8Array[];
let renditions: Record<64 | 32, Uint8Array[]>;

async function renditionOf(kbps: RenditionKbps): Promise<Uint8Array[]> {
  const codec = await createFrameCodec(kbps);
  return [...original.flatMap((frame) => codec.push(frame)), ...codec.end()];
}

beforeAll(async () => {
  code = await createToneCode(12);
  original = framesIn(code.file);
  renditions = { 64: await renditionOf(64), 32: await renditionOf(32) };
});

/** A passage, whose first frame stands alone. */
function passage(frames: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const reservoir = createReservoir();
  for (const frame of frames.slice(0, from)) reservoir.add(frame);
  const [first, ...others] = frames.slice(from, to) as [Uint8Array, ...Uint8Array[]];
  return [wholeFrame(first, reservoir.bytes) ?? first, ...others];
}

/** They come one by one, each when it is due. */
const inTime = (frames: readonly Uint8Array[]): Arrival[] =>
  frames.map((bytes, index) => ({ at: index * FRAME_MS, bytes }));

async function noticedOf(frames: readonly Uint8Array[]) {
  const arrivals = inTime(frames);
  const heard = await heardFrames(arrivals, code);
  return noticed({ frames: heard, arrivals }, 0, frames.length * FRAME_MS);
}

describe('What is noticed of frames', () => {
  test('is nothing but the passages where the bit rate changes and every frame comes once', async () => {
    const frames = [
      ...passage(original, 0, 100),
      ...passage(renditions[64], 100, 200),
      ...passage(renditions[32], 200, 300),
      ...passage(original, 300, 400),
    ];
    const { passages, ...counts } = await noticedOf(frames);
    expect(passages).toEqual([128, 64, 32, 128]);
    // The framer waits for the header behind the last frame.
    expect(counts).toMatchObject({ missing: 0, doubled: 0, wrong: 0, silentMs: 0, closed: 0 });
    expect(counts.frames).toBeGreaterThan(398);
  });

  test('is each frame that is missing, doubled or silent, also of renditions', async () => {
    const low = renditions[32];
    const frames = [
      ...passage(original, 0, 60),
      ...passage(original, 61, 100),
      ...passage(low, 100, 150),
      ...passage(low, 153, 200),
      ...passage(low, 199, 250),
      ...passage(renditions[64], 250, 300),
      silenced(renditions[64][300]!),
      ...renditions[64].slice(301, 400),
    ];
    expect(await noticedOf(frames)).toMatchObject({ missing: 1 + 3, doubled: 1, wrong: 1 });
  });

  test('is the time without anything to play, and the wait for the original', () => {
    const frame = (at: number, isOriginal = true): HeardFrame => ({
      ...{ at, isOriginal, kbps: 128, step: 1, isWrong: false },
    });
    const frames = [frame(0), frame(10), frame(100), frame(300, false), frame(310), frame(320)];
    const all = noticed({ frames, arrivals: [] }, 0, 400);
    // Played until 48, and from 100 to 124; then from 300 to 372.
    expect(all.silentMs).toBeCloseTo(52 + 176 + 28);
    expect(all.longestSilenceMs).toBeCloseTo(176);
    expect(noticed({ frames, arrivals: [] }, 200, 400).silentMs).toBeCloseTo(100 + 28);
    expect(originalAgainMs(frames, 100)).toBe(210);
    expect(originalAgainMs(frames.slice(0, 4), 100)).toBeUndefined();
  });

  test('is read from lines, of which the last may not be complete', () => {
    const printed = `5 ${Buffer.from('ab').toString('base64')}\n6 closed\n7 YW`;
    expect(parseArrivals(printed)).toEqual([
      { at: 5, bytes: Buffer.from('ab') },
      { at: 6, bytes: undefined },
    ]);
  });
});
