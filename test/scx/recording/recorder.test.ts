import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseIndex } from '../../../src/api/recordings/recording-files.js';
import { createRecorder, type RecorderOptions } from '../../../src/scx/recording/recorder.js';
import { afterTest } from '../../after-test.js';
import { quiet, temporaryFolder } from '../../cluster/support.js';
import { createSession, HOUR, OTHER, soundOf } from './support.js';

const FOLDER = 'radio.example/night';
const DAY_MS = 86_400_000;

function setUp(root = temporaryFolder(), session = createSession()) {
  const open = (over: Partial<RecorderOptions> = {}, keepMs = DAY_MS) => {
    const recorder = createRecorder({
      ...{ root, segments: session.segments, wallNow: session.wallNow, log: quiet },
      ...{ bytesMax: 1e9, keepMsMax: DAY_MS, retryMs: 0, ...over },
    });
    recorder.set({ folder: FOLDER, keepMs });
    afterTest(() => recorder.close());
    return recorder;
  };
  const files = (): string[] => readdirSync(join(root, FOLDER)).sort();
  const read = (file: string): Buffer => readFileSync(join(root, FOLDER, file));
  const stretches = (hour = '2026-11-30T16Z') => parseIndex(read(`${hour}.index`).toString());
  /** Plays ten segments, one after the other. */
  const play = async (recorder: ReturnType<typeof open>, segments = 10, source?: typeof OTHER) => {
    for (let count = 0; count < segments; count++) {
      const before = recorder.counters.bytes + recorder.counters.failures;
      session.play(100, source);
      await expect
        .poll(() => recorder.counters.bytes + recorder.counters.failures)
        .not.toBe(before);
    }
  };
  return { root, session, open, files, read, stretches, play };
}

describe('A recorder', () => {
  test('writes the frames as they were played, and when', async () => {
    const { open, play, files, read, stretches } = setUp();
    const recorder = open();
    await play(recorder, 10);
    await recorder.close();
    expect(files()).toEqual(['2026-11-30T16Z.index', '2026-11-30T16Z.mp3']);
    expect(read('2026-11-30T16Z.mp3').equals(soundOf(0, 1000))).toBe(true);
    const all = stretches();
    expect(all.map(({ first }) => first)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    const lateMs = all.map(({ at, durationMs }, index) => Math.abs(at - HOUR - index * durationMs));
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(1);
  });

  test('begins another file with each hour, and removes those that are too old', async () => {
    const { open, play, files, session } = setUp();
    const recorder = open({}, 2 * 3_600_000);
    for (let hours = 0; hours < 5; hours++) {
      await play(recorder, 1);
      session.wait(3_600_000);
    }
    await play(recorder, 1);
    await recorder.close();
    const hours = [...new Set(files().map((file) => file.slice(11, 14)))];
    expect(hours).toEqual(['19Z', '20Z', '21Z']);
  });

  test('goes on after a restart, without a frame twice, behind what a crash has left', async () => {
    const { root, session, open, play, read, stretches } = setUp();
    const first = open();
    await play(first, 3);
    await first.close();
    appendFileSync(join(root, FOLDER, '2026-11-30T16Z.mp3'), 'half a stretch');
    appendFileSync(join(root, FOLDER, '2026-11-30T16Z.index'), '[17,26,4');
    session.play(100);
    const second = open();
    await expect.poll(() => second.counters.bytes).toBeGreaterThan(0);
    await play(second, 1);
    await second.close();
    expect(read('2026-11-30T16Z.mp3').equals(soundOf(0, 500))).toBe(true);
    expect(stretches().map(({ first: at }) => at)).toEqual([0, 100, 200, 300, 400]);
  });

  test('stops when its limit of bytes is reached, which is that of all sessions', async () => {
    const { root, open, play } = setUp();
    mkdirSync(join(root, 'other.example/day'), { recursive: true });
    const others = ['2026-11-30T14Z', '2026-11-30T16Z'].map((hour) =>
      join(root, 'other.example/day', hour),
    );
    for (const other of others) {
      writeFileSync(`${other}.mp3`, Buffer.alloc(50_000));
      writeFileSync(`${other}.index`, '');
    }
    const recorder = open({ bytesMax: 60_000 });
    await play(recorder, 1);
    expect(recorder.status()).toMatchObject({ state: 'recording' });
    expect(readdirSync(join(root, 'other.example/day'))).toEqual([
      '2026-11-30T16Z.index',
      '2026-11-30T16Z.mp3',
    ]);
    await recorder.close();
    const full = open({ bytesMax: 20_000 });
    await expect.poll(() => full.status()?.state).toBe('stopped');
    expect(full.status()?.reason).toBe('the limit of bytes for recordings is reached');
  });

  test('stops when it cannot write, says why, and goes on when it can', async () => {
    const { root, open, play, stretches } = setUp();
    writeFileSync(join(root, 'radio.example'), 'a file in the way');
    const recorder = open();
    await play(recorder, 1);
    await expect.poll(() => recorder.status()?.reason).toMatch(/^(ENOTDIR|EEXIST)$/);
    rmSync(join(root, 'radio.example'));
    await play(recorder, 1);
    await expect.poll(() => recorder.status()?.state).toBe('recording');
    expect(stretches().map(({ first }) => first)).toEqual([0, 100]);
  });

  test('removes what was recorded when nothing is to be kept any more', async () => {
    const { open, play, files } = setUp();
    const recorder = open();
    await play(recorder, 2);
    recorder.set({ folder: FOLDER, keepMs: 0 });
    await expect.poll(files).toEqual([]);
    expect(recorder.status()).toBeUndefined();
  });

  test('keeps what follows another source, and a hole', async () => {
    const { session, open, play, stretches } = setUp();
    const recorder = open();
    await play(recorder, 2);
    session.skip(1000);
    await play(recorder, 1);
    await play(recorder, 1, OTHER);
    await recorder.close();
    expect(stretches().map(({ source, first }) => [source[0], first])).toEqual([
      ['a', 0],
      ['a', 100],
      ['a', 1200],
      ['b', 1300],
    ]);
  });
});
