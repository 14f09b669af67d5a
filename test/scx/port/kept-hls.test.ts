/** Earlier sound by HLS: what a player hears that follows the playlists, and what strangers can ask for. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RequestHead } from '../../../src/http/server/request-head.js';
import type { Answer } from '../../../src/http/server/response.js';
import { createPollingListeners } from '../../../src/scx/listeners/polling-listeners.js';
import { createTicketGate } from '../../../src/scx/listeners/ticket-gate.js';
import { createHlsAnswers } from '../../../src/scx/port/hls-answers.js';
import { createRecorder } from '../../../src/scx/recording/recorder.js';
import { createRewind } from '../../../src/scx/recording/rewind.js';
import { withoutTag } from '../../../src/scx/sound/segment.js';
import { afterTest } from '../../after-test.js';
import { quiet, temporaryFolder } from '../../cluster/support.js';
import { createSession, HOUR, OTHER, soundOf } from '../recording/support.js';
import { NIGHT, NO_RENDITIONS, newIdentities } from '../support.js';

const FOLDER = 'radio.example/night';
const DAY_MS = 86_400_000;
const SEGMENT_MS = 2612;

const headOf = (target: string): RequestHead => ({
  ...{ method: 'GET', target, protocol: 'HTTP/1.1', headers: new Map(), bytes: 0 },
});

/** A session that is recorded, and the answers of two SCXs that have the recording. */
function setUp(startMs = HOUR) {
  const root = temporaryFolder();
  const session = createSession(startMs);
  const { segments, wallNow } = session;
  const recorder = createRecorder({
    ...{ root, segments, wallNow, log: quiet, bytesMax: 1e9, keepMsMax: DAY_MS },
  });
  afterTest(() => recorder.close());
  recorder.set({ folder: FOLDER, keepMs: DAY_MS });
  let monotonic = 0;
  const now = (): number => {
    monotonic += 1000;
    return monotonic;
  };
  const openScx = (isRecorded = true) => {
    const rewind = createRewind({ segments, burstMs: 0, now, wallNow });
    if (isRecorded) rewind.setFolder(join(root, FOLDER));
    const polling = createPollingListeners({ identities: newIdentities(), hasRoom: () => true });
    const hls = createHlsAnswers({
      ...{ name: NIGHT, tickets: createTicketGate(NIGHT, undefined), now, wallNow },
      playout: {
        ...{ segments, polling, rewind, playing: () => undefined, bitrateKbps: () => 128 },
        renditions: NO_RENDITIONS,
      },
      ...{ isHooked: () => false, isLeaving: () => false },
    });
    const get = async (target: string): Promise<Answer> => {
      const answer = await hls({ head: headOf(target), address: '192.0.2.1' });
      if (answer === undefined) throw new Error(`${target} is none of HLS`);
      return answer;
    };
    return { get, polling };
  };
  const play = async (count: number, ...rest: [source?: typeof OTHER, title?: string]) => {
    for (let index = 0; index < count; index++) {
      const before = recorder.counters.bytes;
      session.play(100, ...rest);
      await expect.poll(() => recorder.counters.bytes).not.toBe(before);
    }
  };
  return { ...session, root, recorder, openScx, play };
}

type Scx = ReturnType<ReturnType<typeof setUp>['openScx']>;

const textOf = async (scx: Scx, target: string): Promise<string> =>
  `${(await scx.get(target)).body}`;

const listOf = async (scx: Scx, query: string): Promise<string> =>
  `/${/^night\.m3u8\?.*$/m.exec(await textOf(scx, `/night.m3u8?${query}`))?.[0]}`;

/** The segments of a playlist, by their numbers. */
function listed(text: string): readonly (readonly [number: number, address: string])[] {
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text)?.[1]);
  const addresses = text.match(/^night\/.*$/gm) ?? [];
  return addresses.map((address, index) => [first + index, `/${address}`]);
}

/** A player that fetches each segment that it has not had, as its playlist tells it. */
function createPlayer(list: string) {
  const heard: Buffer[] = [];
  const starts: number[] = [];
  let last = -1;
  let counted = '';
  return {
    heard: () => Buffer.concat(heard),
    starts,
    /** Asks for the list once; returns how many segments are new. */
    async poll(scx: Scx): Promise<number> {
      const text = await textOf(scx, list);
      const [first] = listed(text);
      if (last >= 0) expect(first?.[0]).toBeLessThanOrEqual(last + 1);
      const fresh = listed(text).filter(([number]) => number > last);
      for (const [number, address] of fresh) {
        const { status, body } = await scx.get(address);
        expect([status, last < 0 ? number : last + 1]).toEqual([200, number]);
        heard.push(Buffer.from(withoutTag(body as Uint8Array)));
        last = number;
      }
      counted = text;
      return fresh.length;
    },
    text: () => counted,
  };
}

describe('Earlier sound by HLS', () => {
  test('begins where it is asked for, as fast as it plays, and goes on live, at any SCX', async () => {
    const { openScx, play, wait } = setUp(HOUR + 3_600_000 - 30_000);
    const [one, other] = [openScx(), openScx()];
    await play(30); // over the end of an hour
    const player = createPlayer(await listOf(one, `at=${(HOUR + 3_600_000 - 10_000) / 1000}`));
    expect(await player.poll(one)).toBe(3);
    expect(await player.poll(one)).toBe(0);
    for (let step = 0; step < 18; step++) {
      await play(1);
      expect(await player.poll(step % 2 === 0 ? other : one)).toBe(1);
    }
    const [first] = listed(player.text());
    expect(first?.[0]).toBeGreaterThan(10);
    expect(player.heard().equals(soundOf(700, 700 + 21 * 100))).toBe(true);
    for (let rest = 0; rest < 30; rest++) {
      wait(SEGMENT_MS); // off the air: it comes to the end
      await player.poll(other);
    }
    expect(player.heard().equals(soundOf(700, 4800))).toBe(true);
    await play(2);
    expect(await player.poll(one)).toBe(2);
    expect(one.polling.count).toBe(1);
  });

  test('has the same bytes as when it was live, with titles, times and breaks', async () => {
    const { openScx, play, segments } = setUp();
    const scx = openScx();
    await play(3, undefined, 'Misty');
    const live = segments.find(segments.listed()[1]?.name ?? '');
    await play(20, OTHER, 'Moonlight');
    expect(segments.absence(live?.name ?? '')).toBe('unknown');
    const text = await textOf(scx, await listOf(scx, 'ago=1h'));
    expect(text).toMatch(/^#EXT-X-PROGRAM-DATE-TIME:2026-11-30T16:00:0\d\.\d{3}Z$/m);
    expect(text).toMatch(/^#EXTINF:2\.61224,Misty$/m);
    const [, second] = listed(text);
    const { body, fields } = await scx.get(second?.[1] ?? '');
    expect(Buffer.from(body as Uint8Array).equals(live?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(fields).toMatchObject({ 'Cache-Control': expect.stringContaining('immutable') });
  });

  test('skips holes, says that sound begins anew, and needs no hour that is gone', async () => {
    const { openScx, play, wait, root } = setUp();
    const scx = openScx();
    await play(4);
    wait(2 * 3_600_000);
    await play(8, OTHER);
    const player = createPlayer(await listOf(scx, 'ago=3h'));
    await player.poll(scx);
    wait(3 * SEGMENT_MS);
    await player.poll(scx);
    expect(player.text().match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(1);
    rmSync(join(root, FOLDER, '2026-11-30T16Z.index'));
    wait(2 * SEGMENT_MS);
    expect(await player.poll(scx)).toBe(2);
    expect(player.heard().equals(soundOf(0, 800))).toBe(true);
  });

  test('stays as it was for its listener when a hole before it is filled', async () => {
    const { openScx, play, root, wait, recorder } = setUp();
    const scx = openScx();
    await play(2);
    wait(60_000);
    await play(8, OTHER);
    const player = createPlayer(await listOf(scx, `at=${HOUR / 1000 + 66}`));
    await player.poll(scx);
    const filled = Array.from({ length: 9 }, (_, index) => ({
      stretch: {
        ...{ at: HOUR + 10_000 + index * SEGMENT_MS, durationMs: SEGMENT_MS, offset: 0, bytes: 10 },
        ...{ source: 'c'.repeat(16), first: index * 100, count: 100, title: null },
        ...{ number: 0, breaks: 0, playedMs: 0 },
      },
      sound: new Uint8Array(10),
    }));
    expect(await recorder.insert(filled, false)).toBe(true);
    const before = player.text();
    await player.poll(scx);
    expect(player.text()).toBe(before);
    const oldest = await textOf(scx, await listOf(scx, 'ago=1h'));
    expect(listed(oldest).map(([number]) => number)).toEqual([0, 1, 2]);
    expect(readdirSync(join(root, FOLDER)).sort()).toEqual([
      ...['2026-11-30T16Z.index', '2026-11-30T16Z.mp3'],
    ]);
  });

  test('that is still to come is what is live', async () => {
    const { openScx, play } = setUp();
    await play(4);
    expect(await listOf(openScx(), 'ago=0s')).toMatch(/\?id=[0-9a-f]{32}$/);
  });

  test('is refused with a sentence where nothing is kept, or the time is malformed', async () => {
    const { openScx, play } = setUp();
    await play(4);
    const [scx, other] = [openScx(), openScx(false)];
    expect(await other.get('/night.m3u8?ago=1h')).toMatchObject({ status: 404 });
    expect(await scx.get('/night.m3u8?ago=soon')).toMatchObject({ status: 400 });
    const id = `id=${'a'.repeat(32)}`;
    const from = `${HOUR}.0.${HOUR}`;
    expect(await other.get(`/night.m3u8?${id}&from=${from}`)).toMatchObject({ status: 404 });
    for (const bad of [
      'x',
      '1.2',
      `${HOUR}.0.${HOUR + DAY_MS}`,
      `${HOUR}.0.${HOUR - 2 * DAY_MS}`,
    ]) {
      expect(await scx.get(`/night.m3u8?${id}&from=${bad}`)).toMatchObject({ status: 410 });
    }
    for (const kept of [HOUR, HOUR + 1, '999999999999999', 'x']) {
      const { status } = await scx.get(`/night/${'b'.repeat(16)}-0-100.mp3?kept=${kept}`);
      expect([404, 410]).toContain(status);
    }
  });

  test('is read for a bounded number of requests at a time', async () => {
    const { openScx, play } = setUp();
    await play(4);
    const scx = openScx();
    const list = await listOf(scx, 'ago=1h');
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => (await scx.get(list)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect((await scx.get(list)).status).toBe(200);
  });
});
