/** What a listener to earlier sound hears: from where, how fast, and where it goes on. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { instantIn } from '../../../src/api/recordings/asked-instant.js';
import { createRecorder } from '../../../src/scx/recording/recorder.js';
import { openRecording } from '../../../src/scx/recording/recording.js';
import { createRewind } from '../../../src/scx/recording/rewind.js';
import type { Tape } from '../../../src/scx/recording/tape.js';
import { afterTest } from '../../after-test.js';
import { quiet, temporaryFolder } from '../../cluster/support.js';
import { createSession, HOUR, OTHER, soundOf } from './support.js';

const FOLDER = 'radio.example/night';
const HOUR_MS = 3_600_000;

function setUp() {
  const root = temporaryFolder();
  const session = createSession();
  const { segments, wallNow } = session;
  const recorder = createRecorder({
    ...{ root, segments, wallNow, log: quiet, bytesMax: 1e9, keepMsMax: 24 * HOUR_MS },
  });
  afterTest(() => recorder.close());
  recorder.set({ folder: FOLDER, keepMs: 24 * HOUR_MS });
  /** Its clock is past, so that nothing that was read before is fresh. */
  let monotonic = 0;
  const now = (): number => {
    monotonic += 1000;
    return monotonic;
  };
  const rewind = createRewind({ segments, burstMs: 0, now, wallNow });
  rewind.setFolder(join(root, FOLDER));
  const play = async (count: number, ...rest: [source?: typeof OTHER, title?: string]) => {
    for (let index = 0; index < count; index++) {
      const before = recorder.counters.bytes;
      session.play(100, ...rest);
      await expect.poll(() => recorder.counters.bytes).not.toBe(before);
    }
  };
  const open = async (query: string): Promise<Tape> => {
    const tape = await rewind.wanted({
      ...{ method: 'GET', protocol: 'HTTP/1.1', headers: new Map(), bytes: 0 },
      target: `/night.mp3?${query}`,
    });
    if (tape === undefined || 'status' in tape) throw new Error(`${tape?.body ?? 'no tape'}`);
    return tape;
  };
  return { ...session, root, recorder, rewind, play, open, playLive: session.play };
}

/** Takes the next sound, at a time that allows any. */
async function takeFrom(tape: Tape): Promise<Uint8Array> {
  const [late, found] = [Number.MAX_SAFE_INTEGER, [] as Uint8Array[]];
  tape.take(0);
  await expect
    .poll(() => {
      const audio = tape.take(late);
      if (audio !== undefined) found.push(audio.bytes);
      return found.length;
    })
    .toBeGreaterThan(0);
  return Buffer.concat(found);
}

/** Whether the sound is that of the frames from one number to another. */
const isSound = (bytes: Uint8Array, first: number, end: number): boolean =>
  soundOf(first, end).equals(bytes);

describe('A tape', () => {
  test('begins with what was played at the instant, and is silent where no decoder could begin', async () => {
    const { play, open } = setUp();
    await play(10);
    const at = new Date(HOUR + 10_000).toISOString();
    const tape = await open(`at=${encodeURIComponent(at)}`);
    const first = await takeFrom(tape);
    expect(first.length).toBe(soundOf(300, 400).length);
    expect(Buffer.from(first).subarray(-10_000).equals(soundOf(300, 400).subarray(-10_000))).toBe(
      true,
    );
    expect(isSound(await takeFrom(tape), 400, 500)).toBe(true);
    const ago = await open('ago=4');
    expect((await takeFrom(ago)).length).toBe(soundOf(800, 900).length);
    expect(isSound(await takeFrom(ago), 900, 1000)).toBe(true);
  });

  test('is as fast as it plays, with some seconds ahead', async () => {
    const { play, open } = setUp();
    await play(20);
    const tape = await open('ago=1h');
    let count = 0;
    const countAt = (now: number): number => {
      count += Number(tape.take(now) !== undefined);
      return count;
    };
    // Six seconds are less than three stretches; what has begun is sent whole.
    await expect.poll(() => countAt(0)).toBe(3);
    await expect.poll(() => countAt(10_000)).toBe(7);
    await expect.poll(() => Number(tape.take(20_000) !== undefined)).toBe(1); // it was ready
  });

  test('goes on live at its end, with nothing missing and nothing twice', async () => {
    const { play, open } = setUp();
    await play(3);
    const tape = await open('ago=1h');
    await takeFrom(tape);
    const heard = [await takeFrom(tape), await takeFrom(tape)];
    expect(tape.take(Number.MAX_SAFE_INTEGER)).toBeUndefined();
    await play(1);
    heard.push(await takeFrom(tape));
    await play(1, OTHER, 'Another');
    heard.push(await takeFrom(tape));
    expect(isSound(Buffer.concat(heard), 100, 500)).toBe(true);
  });

  test('begins with the newest sound where what is asked for is to come, and is not late for ever', async () => {
    const { play, open } = setUp();
    await play(10);
    const tape = await open('ago=0s');
    tape.take(0);
    await expect.poll(() => tape.state().position).toBeNull();
    const atOnce: Uint8Array[] = [];
    for (let audio = tape.take(0); audio !== undefined; audio = tape.take(0)) {
      atOnce.push(audio.bytes);
    }
    expect(isSound(Buffer.concat(atOnce), 700, 1000)).toBe(true);
  });

  test('goes on live when the recording has stopped meanwhile', async () => {
    const { play, open, recorder, playLive } = setUp();
    await play(2);
    await recorder.close();
    const tape = await open('ago=1h');
    await takeFrom(tape);
    playLive(3000);
    expect(isSound(await takeFrom(tape), 100, 200)).toBe(true);
    const next = await takeFrom(tape);
    // Half a minute is kept in memory: what was between is not there any more.
    expect(isSound(next, 1900, 2000)).toBe(true);
    expect(isSound(await takeFrom(tape), 2000, 2100)).toBe(true);
  });

  test('leaves out hours that are gone, and holes', async () => {
    const { root, play, open, wait } = setUp();
    await play(2);
    wait(HOUR_MS);
    await play(1);
    wait(HOUR_MS);
    await play(1);
    const tape = await open('ago=9h');
    await takeFrom(tape);
    for (const file of ['16Z.mp3', '16Z.index', '17Z.mp3', '17Z.index']) {
      rmSync(join(root, FOLDER, `2026-11-30T${file}`));
    }
    const next = await takeFrom(tape);
    const wasReady = isSound(next, 100, 200); // it may have been read before
    expect(isSound(wasReady ? await takeFrom(tape) : next, 300, 400)).toBe(true);
  });

  test('is continued by another process where it was', async () => {
    const { play, open, rewind } = setUp();
    await play(4);
    const tape = await open('ago=1h');
    await takeFrom(tape);
    const state = structuredClone(tape.state());
    expect(isSound(await takeFrom(rewind.resume(state)), 100, 200)).toBe(true);
  });

  test('goes on with what the successor of its process records, where its listener could not be handed over', async () => {
    const { root, play, open, recorder } = setUp();
    await play(3);
    const tape = await open('ago=1h');
    await takeFrom(tape);
    await recorder.close();
    const { segments, wallNow, play: playNext } = createSession(HOUR + 10_000, 300);
    const successor = createRecorder({
      ...{ root, segments, wallNow, log: quiet, bytesMax: 1e9, keepMsMax: 24 * HOUR_MS },
    });
    afterTest(() => successor.close());
    successor.set({ folder: FOLDER, keepMs: 24 * HOUR_MS });
    for (let index = 0; index < 3; index++) {
      const before = successor.counters.bytes;
      playNext(100);
      await expect.poll(() => successor.counters.bytes).not.toBe(before);
    }
    const heard: Uint8Array[] = [];
    await expect
      .poll(() => {
        const audio = tape.take(Number.MAX_SAFE_INTEGER);
        if (audio !== undefined) heard.push(audio.bytes);
        return heard.length;
      })
      .toBe(5);
    expect(isSound(Buffer.concat(heard), 100, 600)).toBe(true);
  });

  test('has the titles that were announced', async () => {
    const { play, open } = setUp();
    await play(1, OTHER, 'First');
    const tape = await open('ago=1h');
    tape.take(0);
    await expect.poll(() => tape.take(1)?.titles).toEqual([{ at: 0, title: 'First' }]);
  });
});

describe('A request for earlier sound', () => {
  const NOW = Date.UTC(2026, 10, 30, 16);
  const instant = (query: string) => instantIn(`/night.mp3?${query}`, NOW);

  test.each([
    ['ago=90', NOW - 90_000],
    ['ago=10m', NOW - 600_000],
    ['ago=2h&ticket=x', NOW - 7_200_000],
    ['at=2026-11-30T15:30', NOW - 1_800_000],
    ['at=2026-11-30T15:30:00Z', NOW - 1_800_000],
    ['at=2026-11-30T16:30:00%2B01:00', NOW - 1_800_000],
    ['at=2026-11-30T16:30:00+01:00', NOW - 1_800_000],
    [`at=${NOW / 1000}`, NOW],
    ['ago=9999999h', NOW - 9_999_999 * 3_600_000],
  ])('with %s means an instant', (query, expected) => {
    expect(instant(query)).toBe(expected);
  });

  test.each([
    ...['ago=', 'ago=-5m', 'ago=1e9', 'ago=10d', 'ago=99999999h', 'ago=NaN', 'ago=%00'],
    ...[
      'at=',
      'at=yesterday',
      'at=2026-13-45T99:99',
      'at=../../etc/passwd',
      `at=${'1'.repeat(999)}`,
    ],
  ])('with %s is malformed', (query) => {
    expect(instant(query)).toBeNull();
  });

  test('without either is for what is live', () => {
    expect(instant('ticket=ago=10m')).toBeUndefined();
  });

  test('where nothing is kept is told so', () => {
    const { segments, wallNow } = createSession();
    const rewind = createRewind({ segments, burstMs: 0, now: () => 0, wallNow });
    const about = { method: 'GET', protocol: '', headers: new Map(), bytes: 0 };
    const head = { ...about, target: '/night.mp3?ago=5m' };
    expect(rewind.wanted(head)).toMatchObject({ status: 404 });
  });

  test('before all that is kept begins with the oldest, and in an hour of holes with the next', async () => {
    const { play, wait, open } = setUp();
    await play(1);
    wait(3 * HOUR_MS);
    await play(2);
    const oldest = await open('at=1000000000');
    expect((await takeFrom(oldest)).length).toBe(soundOf(0, 100).length);
    expect(isSound(await takeFrom(oldest), 100, 200)).toBe(true);
    const inHole = await open(`at=${(HOUR + HOUR_MS) / 1000}`);
    expect((await takeFrom(inHole)).length).toBe(soundOf(100, 200).length);
  });
});

describe('What is recorded', () => {
  test('may be damaged: lines that say too much are left out', async () => {
    const folder = temporaryFolder();
    const lines = [
      ...['null', '[]', '{', '[1,2,3,4,5,6,7,8]', '[1e400,26,0,10,"aaaaaaaaaaaaaaaa",0,1,null]'],
      ...[
        '[1,26,0,99999999999,"aaaaaaaaaaaaaaaa",0,1,null]',
        '[1,26,0,10,"../../../etc/pwd",0,1,null]',
      ],
      `[${HOUR + 5},26,0,10,"aaaaaaaaaaaaaaaa",0,1,"ok"]`,
      `[${HOUR + 6},26,10,10,"aaaaaaaaaaaaaaaa",1,1,"behind the end of the file"]`,
    ];
    writeFileSync(join(folder, '2026-11-30T16Z.index'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, '2026-11-30T16Z.mp3'), Buffer.alloc(10));
    const recording = openRecording(folder, () => 0);
    const position = await recording.seek(0);
    const piece = position && (await recording.read(position));
    expect(piece?.stretch).toMatchObject({ at: HOUR + 5, title: 'ok' });
    expect(piece && (await recording.read(piece.next))).toBeUndefined();
  });
});
