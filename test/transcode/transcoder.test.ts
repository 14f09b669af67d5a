import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseFrameHeader } from '../../src/mp3/frames/frame-header.js';
import { startThread } from '../../src/runtime/thread.js';
import type { PlayedFrame } from '../../src/scx/sound/chunk.js';
import { createTranscoder, type Transcoder } from '../../src/transcode/transcoder.js';
import { correlation, decoded } from '../mp3/decode.js';
import { makeToneFrames } from '../mp3/make-mp3.js';

const played = (bytes: Uint8Array, sequence: number): PlayedFrame => ({
  ...{ bytes, sequence, title: null, startsStream: false },
  durationMs: parseFrameHeader(bytes, 0)!.durationMs,
});

/** Tones as a source plays them. */
const tones = async (seconds: number): Promise<PlayedFrame[]> =>
  (await makeToneFrames({ seconds })).map(played);

const realThread = (kbps: number): Worker =>
  startThread('transcode/transcode-thread', { workerData: kbps });

/** A thread of this code. */
const threadOf = (code: string) => (): Worker => new Worker(code, { eval: true });

let transcoder: Transcoder<PlayedFrame> | undefined;
afterEach(() => {
  transcoder?.close();
  transcoder = undefined;
});

function open(primers: readonly PlayedFrame[], start: (kbps: number) => Worker = realThread) {
  const made: PlayedFrame[] = [];
  const threads: Worker[] = [];
  const lost: number[] = [];
  const opened = createTranscoder<PlayedFrame>({
    ...{ kbps: 64, primers },
    start: (kbps) => {
      const thread = start(kbps);
      threads.push(thread);
      return thread;
    },
    onFrames: (frames) => void made.push(...frames),
    onLost: (count) => void lost.push(count),
    log: { warn: () => undefined },
  });
  transcoder = opened;
  return { ...opened, made, threads, lost };
}

const sequencesOf = (frames: readonly PlayedFrame[]): number[] => frames.map((f) => f.sequence);

/** The last frames stay in the encoder until more come. */
const HELD_MAX = 4;

/** Waits until all frames are made but those that the encoder holds back. */
const untilMade = (made: readonly unknown[], frames: readonly unknown[]): Promise<void> =>
  vi.waitFor(() => expect(made.length).toBeGreaterThanOrEqual(frames.length - HELD_MAX), 20_000);

describe('A transcoder', () => {
  test('gives each frame its number, title and time, at a lower rate', async () => {
    const frames = (await tones(2)).map((frame) => ({ ...frame, title: `${frame.sequence >> 4}` }));
    const { push, made } = open([]);
    for (let at = 0; at < frames.length; at += 5) push(frames.slice(at, at + 5));
    await untilMade(made, frames);
    for (const [index, { bytes, ...rest }] of made.entries()) {
      const { bytes: _, ...original } = frames[index]!;
      expect(rest).toEqual(original);
      if (index > 0) expect(parseFrameHeader(bytes, 0)?.bitrateKbps).toBe(64);
    }
  });

  test('gives what is left of a stream when another one starts', async () => {
    const [one, other] = [await tones(1), await tones(1)];
    const { push, made } = open([]);
    push([...one, { ...other[0]!, startsStream: true }, ...other.slice(1)]);
    await untilMade(made, [...one, ...other]);
    expect(sequencesOf(made).slice(0, one.length)).toEqual(sequencesOf(one));
    expect(made[one.length]).toMatchObject({ sequence: 0, startsStream: true });
  });

  test('loses no frame and no sound when its thread is killed, twice', async () => {
    const frames = await tones(4);
    const { push, made, threads, lost } = open(frames.slice(0, 10));
    for (const at of [10, 60]) {
      push(frames.slice(at, at + 40));
      await untilMade(made, frames.slice(10, at + 40));
      push(frames.slice(at + 40, at + 50)); // on its way, or in the thread
      const thread = threads.at(-1)!;
      await thread.terminate();
    }
    push(frames.slice(110));
    await untilMade(made, frames.slice(10));
    expect(sequencesOf(made)).toEqual(sequencesOf(frames).slice(10, 10 + made.length));
    expect(threads.length).toBe(3);
    expect(lost).toEqual([0, 0]);
    const heard = await decoded(made.map(({ bytes }) => bytes));
    const expected = await decoded(frames.map(({ bytes }) => bytes));
    expect(heard.errors).toBe(0);
    expect(heard.lengths).toEqual(made.map(() => 1152));
    for (let frame = 1; frame + 10 < made.length; frame += 10) {
      const one = heard.samples.subarray(frame * 1152, (frame + 10) * 1152);
      const other = expected.samples.subarray((frame + 10) * 1152, (frame + 20) * 1152);
      expect(correlation(one, other)).toBeGreaterThan(0.9);
    }
  });

  test('gives frames up of which three threads in a row have died, and goes on behind them', async () => {
    const frames = await tones(1);
    let dying = 3;
    const { push, made, lost } = open([], (kbps) =>
      dying-- > 0 ? threadOf('throw new Error("dies")')() : realThread(kbps),
    );
    push(frames.slice(0, 10));
    await vi.waitFor(() => expect(lost).toEqual([0, 0, 10]), 10_000);
    push(frames.slice(10));
    await untilMade(made, frames.slice(10));
    expect(made[0]).toMatchObject({ sequence: 10, startsStream: true });
  });

  test('tries again where no thread can be started', async () => {
    const frames = await tones(1);
    let refused = 1;
    const { push, made } = open([], (kbps) => {
      if (refused-- > 0) throw new Error('Access to this API has been restricted');
      return realThread(kbps);
    });
    push(frames);
    await untilMade(made, frames);
    expect(made[0]?.sequence).toBe(0);
  });

  test('replaces a thread that is too slow, and gives up what has piled up', async () => {
    const frames = await tones(1);
    const { push, threads, lost } = open([], threadOf('setInterval(() => {}, 1000)'));
    await once(threads[0]!, 'online');
    for (let second = 0; second < 31; second++) push(frames);
    expect(lost.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(700);
    await vi.waitFor(() => expect(threads.length).toBe(2), 10_000);
  });
});
