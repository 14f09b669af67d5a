import { PassThrough } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Progress } from '../../../src/client/broadcast/broadcast-progress.js';
import { type BroadcastOptions, broadcast } from '../../../src/client/broadcast/broadcaster.js';
import type { Adu } from '../../../src/gossamer/core/node.js';
import { EXIT } from '../../../src/lib/user-error.js';
import { nameInId } from '../../../src/session/session-id.js';
import { id3Text, makeId3, makeId3Frame } from '../../mp3/make-id3.js';
import { joinBytes, makeToneFrames } from '../../mp3/make-mp3.js';
import { keyOfPassword, SESSION_KEY, STATION_KEY } from '../../session/signed.js';
import { play, startPullServer } from '../pull/pull-server.js';
import { KEEP_ALIVE_MS, SESSION, type StandIn, startStandIn } from '../stand-in.js';

const FRAME_MS = (1152 * 1000) / 44_100;

let standIn: StandIn;
let frames: Uint8Array[] = [];

beforeAll(async () => {
  frames = (await makeToneFrames({ seconds: 4 })).slice(1);
});
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn.close());

interface OnAir {
  readonly input: PassThrough;
  readonly progress: () => Progress;
  readonly warnings: readonly string[];
  readonly stop: () => void;
  readonly over: Promise<void>;
}

/** A broadcast of a stream that the test writes. */
function begin(options: Partial<BroadcastOptions> = {}): OnAir {
  const input = new PassThrough({ highWaterMark: 2 ** 22 });
  const stopping = new AbortController();
  const warnings: string[] = [];
  let last: Progress | undefined;
  const over = broadcast({
    clusters: [standIn.url],
    announcement: 'http://radio.example/night.xml',
    program: { kind: 'stream', stream: input },
    priority: 7,
    ...(options.password === undefined ? { sourceKey: STATION_KEY } : {}),
    onProgress: (progress) => {
      last = progress;
    },
    onWarning: (text) => warnings.push(text),
    signal: stopping.signal,
    ...options,
  });
  over.catch(() => undefined);
  const progress = (): Progress => last as Progress;
  return { input, progress, warnings, stop: () => stopping.abort(), over };
}

const audioOf = (adus: readonly Adu[]): Adu[] => adus.filter(({ channel }) => channel === 1);
const titlesOf = (adus: readonly Adu[]): unknown[] =>
  adus
    .filter(({ channel }) => channel === 2)
    .map(({ payload }) => JSON.parse(Buffer.from(payload).toString()));

const tag = (title: string): Uint8Array => makeId3([makeId3Frame('TIT2', id3Text(0, title))]);

describe('A broadcaster', () => {
  test.each([
    [SESSION, true],
    ['scattercast://radio.example/other', false],
  ])('of a stream of %s is refused: %s', async (session, isRefused) => {
    const frames = joinBytes((await makeToneFrames()).slice(0, 40));
    const head = `HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nX-Scattercast-Session: ${session}`;
    const server = await startPullServer(play(head, frames));
    const { over, stop } = begin({ program: { kind: 'pull', url: server.url } });
    if (isRefused) {
      await expect(over).rejects.toMatchObject({
        exitCode: EXIT.usage,
        message: expect.stringMatching(/^--from is a stream of the session itself/),
      });
    } else {
      await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 10);
      stop();
      await over;
    }
    await server.close();
  });

  test('signs with its password, which it does not send, and ends at once when refused for good', async () => {
    standIn.manners = [{ refuse: 'the source password is wrong', isFinal: true }];
    const { input, over } = begin({ password: 'wrong' });
    input.write(joinBytes(frames.slice(0, 40)));
    await expect(over).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: expect.stringContaining('the source password is wrong'),
    });
    const { publicKey } = await keyOfPassword('wrong');
    expect(standIn.visits.map(({ hello }) => hello.proof.key)).toEqual([publicKey]);
  });

  test('ends when it is refused for good after it has been on the air', async () => {
    standIn.manners = [{}, { refuse: 'the source password is wrong', isFinal: true }];
    const { input, over } = begin({ password: 'old' });
    input.write(joinBytes(frames.slice(0, 40)));
    await standIn.until(() => audioOf(standIn.visits[0]?.adus ?? []).length > 0);
    standIn.visits[0]?.cut();
    await expect(over).rejects.toMatchObject({ exitCode: EXIT.refused });
    expect(standIn.visits).toHaveLength(2);
  });

  test('sends each frame as one ADU, numbered from 0, and says AM_LEAVING at the end', async () => {
    const { input, over } = begin();
    input.end(joinBytes(frames.slice(0, 20)));
    await over;
    await standIn.until(() => standIn.visits[0]?.ended === true);
    const [visit] = standIn.visits;
    const audio = audioOf(visit!.adus);
    expect(audio.map(({ payload }) => Buffer.from(payload))).toEqual(
      frames.slice(0, 20).map((frame) => Buffer.from(frame)),
    );
    expect(audio.map(({ sequence }) => sequence)).toEqual(audio.map((_, index) => index));
    expect(visit!.messages.at(-1)).toBe('amLeaving');
    expect(visit!.hello).toMatchObject({ session: SESSION, source: { priority: 7, epoch: 1 } });
    for (const adu of visit!.adus) {
      expect(adu).toMatchObject({ source: visit!.hello.source.id });
    }
    expect(standIn.requests[0]).toEqual({
      line: 'POST /attach',
      body: '{"announcement":"http://radio.example/night.xml","role":"source"}',
    });
  });

  test('sends titles on channel 2 with the number of the audio from which they hold', async () => {
    const { input, over } = begin();
    input.end(joinBytes([tag('A'), ...frames.slice(0, 5), tag('B'), ...frames.slice(5, 9)]));
    await over;
    await standIn.until(() => standIn.visits[0]?.ended === true);
    const [visit] = standIn.visits;
    expect(titlesOf(visit!.adus)).toEqual([
      { title: 'A', from: 0 },
      { title: 'B', from: 5 },
    ]);
    expect(visit!.adus.filter((adu) => adu.channel === 2).map((adu) => adu.sequence)).toEqual([
      0, 1,
    ]);
  });

  test('sends in real time: a frame waits until its clock says that it is due', async () => {
    const waits: { ms: number; end: () => void }[] = [];
    const time = { nowMs: 1000 };
    const clock = {
      now: () => time.nowMs,
      pause: (ms: number) => new Promise<void>((end) => waits.push({ ms, end })),
    };
    const { input, progress, over } = begin({ clock });
    input.end(joinBytes(frames.slice(0, 40)));
    // 200 ms ahead, and four frames that are due within a tenth of a second are sent together.
    for (let sent = 8; sent < 40; sent += 4) {
      await standIn.until(() => waits.length > 0);
      const { ms, end } = waits.pop()!;
      expect(progress().sentMs).toBeCloseTo(sent * FRAME_MS, 6);
      time.nowMs += ms;
      expect(time.nowMs - 1000).toBeCloseTo(sent * FRAME_MS - 200, 6);
      end();
    }
    await over;
    expect(progress().sentMs).toBeCloseTo(40 * FRAME_MS, 6);
  });

  test('reports its progress: title, position, bit rate, listeners', async () => {
    standIn.manners = [{ listeners: 12 }];
    const { input, progress, stop, over } = begin();
    input.write(joinBytes([tag('A'), ...frames.slice(0, 10)]));
    await standIn.until(() => audioOf(standIn.visits[0]?.adus ?? []).length >= 9);
    await standIn.until(() => (standIn.visits[0]?.messages.length ?? 0) >= 2);
    const seen = progress();
    expect(seen).toMatchObject({ state: 'onAir', title: 'A', bitrateKbps: 128, listeners: 12 });
    expect(seen.positionMs).toBeGreaterThan(200);
    stop();
    await over;
  });

  test('ends when it is stopped although its input goes on', async () => {
    const { input, stop, over } = begin();
    input.write(joinBytes(frames.slice(0, 10)));
    await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 2);
    stop();
    await over;
    await standIn.until(() => standIn.visits[0]?.ended === true);
    expect(standIn.visits[0]?.messages.at(-1)).toBe('amLeaving');
  });

  test('attaches again when its SCX is gone, and no frame is missing', async () => {
    const { input, warnings, over } = begin();
    input.end(joinBytes([tag('A'), ...frames.slice(0, 60)]));
    await standIn.until(() => audioOf(standIn.visits[0]?.adus ?? []).length >= 20);
    standIn.visits[0]!.cut();
    await over;
    await standIn.until(() => standIn.visits[1]?.ended === true);
    const [one, two] = standIn.visits;
    expect(two!.hello.source).toEqual({ ...one!.hello.source, epoch: 2 });
    const heard = new Set([...audioOf(one!.adus), ...audioOf(two!.adus)].map((a) => a.sequence));
    expect([...heard].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    const again = audioOf(two!.adus).map(({ sequence }) => sequence);
    expect(again[0]).toBe(0);
    expect(again).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(titlesOf(two!.adus)).toEqual([{ title: 'A', from: 0 }]);
    expect(warnings[0]).toMatch(/the connection to the SCX is lost .*attaching again/);
  });

  test('attaches again at once when its SCX announces that it leaves', async () => {
    const { input, stop, over } = begin();
    input.write(joinBytes(frames));
    await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 2);
    standIn.visits[0]!.say({ kind: 'leaving' });
    await standIn.until(() => (standIn.visits[1]?.adus.length ?? 0) > 2);
    stop();
    await over;
  });

  test('attaches again when its SCX has fallen silent', async () => {
    standIn.manners = [{ answers: 2 }, {}];
    const { input, warnings, stop, over } = begin();
    input.write(joinBytes(frames));
    await standIn.until(() => standIn.visits.length === 2);
    expect(warnings[0]).toContain('silent');
    stop();
    await over;
  });

  test('does not take its SCX for silent after it was held up itself', async () => {
    const { input, warnings, stop, over } = begin();
    input.write(joinBytes(frames));
    const saidBy = () => standIn.visits[0]?.messages.length ?? 0;
    await standIn.until(() => saidBy() >= 2);
    const heldUntil = performance.now() + 5 * KEEP_ALIVE_MS;
    while (performance.now() < heldUntil);
    const before = saidBy();
    await standIn.until(() => saidBy() >= before + 4 || standIn.visits.length > 1);
    expect(standIn.visits).toHaveLength(1);
    expect(warnings).toEqual([]);
    stop();
    await over;
  });

  test('keeps trying while the cluster refuses', async () => {
    const { input, warnings, stop, over } = begin();
    input.write(joinBytes(frames));
    await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 2);
    const no = { status: 503, body: '{"error":"The cluster is full."}' };
    standIn.answers.set('POST /attach', no);
    standIn.visits[0]!.cut();
    await standIn.until(() => standIn.requests.length === 3);
    standIn.answers.clear();
    await standIn.until(() => standIn.visits.length === 2);
    expect(warnings).toContain('the cluster says: The cluster is full; trying again');
    stop();
    await over;
  });

  test('attaches at the next cluster when its own fails, and no frame is missing', async () => {
    const other = await startStandIn();
    const { input, progress, warnings, over } = begin({ clusters: [standIn.url, other.url] });
    input.end(joinBytes([tag('A'), ...frames.slice(0, 120)]));
    await standIn.until(() => audioOf(standIn.visits[0]?.adus ?? []).length >= 20);
    await standIn.close();
    await over;
    await other.until(() => other.visits[0]?.ended === true);
    const [one, two] = [standIn.visits[0]!, other.visits[0]!];
    expect(two.hello.source).toEqual({ ...one.hello.source, epoch: 2 });
    const heard = new Set([...audioOf(one.adus), ...audioOf(two.adus)].map((a) => a.sequence));
    expect([...heard].sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i));
    expect(warnings).toEqual([
      expect.stringMatching(/^the connection to the SCX is lost .*attaching again$/),
      expect.stringMatching(/^no cluster answers at .*; trying again$/),
      `trying the cluster at ${other.url}`,
    ]);
    expect(progress().state).toBe('leaving');
    await other.close();
    standIn = await startStandIn();
  });

  test('tries all clusters of its list in turn until one accepts it', async () => {
    const other = await startStandIn();
    const { input, warnings, stop, over } = begin({ clusters: [standIn.url, other.url] });
    input.write(joinBytes(frames));
    await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 2);
    const no = { status: 503, body: '{"error":"The cluster is full."}' };
    for (const each of [standIn, other]) each.answers.set('POST /attach', no);
    standIn.visits[0]!.cut();
    await other.until(() => other.requests.length === 2);
    standIn.answers.clear();
    await standIn.until(() => (standIn.visits[1]?.adus.length ?? 0) > 2);
    expect(warnings.filter((text) => text.startsWith('trying the cluster'))).toEqual([
      `trying the cluster at ${other.url}`,
      `trying the cluster at ${standIn.url}`,
    ]);
    expect(standIn.visits[1]?.hello.source.epoch).toBe(2);
    stop();
    await over;
    await other.close();
  });

  test('asks each cluster for the announcement URL of a named session', async () => {
    const other = await startStandIn();
    for (const each of [standIn, other]) {
      const session = {
        ...{ session: nameInId(SESSION), key: SESSION_KEY.publicKey, path: 'radio.example/night' },
        ...{ title: null, listenUrl: each.url },
        ...{ announcementUrl: `${each.url}/a.xml`, kept: true, onAir: false, listeners: 0 },
        ...{ sources: 0, scxs: [] },
      };
      const body = JSON.stringify({
        cluster: {
          url: 'http://c.example:8000',
          version: '1.0.0',
          startedAt: '2026-01-01T00:00:00Z',
        },
        sessions: [session],
      });
      each.answers.set('GET /status', { status: 200, body });
    }
    const clusters = [standIn.url, other.url];
    const { input, over } = begin({ clusters, announcement: 'radio.example/night' });
    input.end(joinBytes(frames.slice(0, 100)));
    await standIn.until(() => (standIn.visits[0]?.adus.length ?? 0) > 2);
    await standIn.close();
    await over;
    for (const each of [standIn, other]) {
      const { body } = each.requests.find(({ line }) => line === 'POST /attach')!;
      expect(JSON.parse(body).announcement).toBe(`${each.url}/a.xml`);
    }
    await other.close();
    standIn = await startStandIn();
  });

  test('begins at the first cluster that accepts it', async () => {
    const clusters = ['http://127.0.0.1:9', standIn.url];
    const { input, warnings, over } = begin({ clusters });
    input.end(joinBytes(frames.slice(0, 5)));
    await over;
    expect(warnings).toEqual([
      expect.stringMatching(/^no cluster answers at http:\/\/127\.0\.0\.1:9/),
      `trying the cluster at ${standIn.url}`,
    ]);
  });

  test('does not begin when no cluster accepts it', async () => {
    const { input, over } = begin({ clusters: ['http://127.0.0.1:9', 'http://127.0.0.1:10'] });
    input.end(joinBytes(frames.slice(0, 5)));
    await expect(over).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  });

  test('does not begin when the SCX refuses', async () => {
    standIn.manners = [{ refuse: 'too many sources' }];
    const { input, over } = begin();
    input.write(joinBytes(frames));
    await expect(over).rejects.toMatchObject({
      exitCode: EXIT.refused,
      message: expect.stringMatching(/^the SCX at 127.0.0.1:\d+ refuses: too many sources$/),
    });
  });

  test('does not attach before the first frame of its input', async () => {
    const { input, over } = begin();
    input.end('this is no music');
    await expect(over).rejects.toMatchObject({ exitCode: EXIT.file });
    expect(standIn.requests).toEqual([]);
  });
});
