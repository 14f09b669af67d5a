/**
 * Holes of a recording are filled from clusters that have the sound, which are front ends with real sockets here.
 * What attackers send in their place is not put in.
 */
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseIndex, recordingFolder } from '../../../src/api/recordings/recording-files.js';
import { SIGNATURE_FIELD } from '../../../src/http/signed-answer.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { createAskStretches, type OtherCluster } from '../../../src/scx/recording/ask-stretches.js';
import { createRecorder } from '../../../src/scx/recording/recorder.js';
import { createRewind } from '../../../src/scx/recording/rewind.js';
import { createSessionRecording } from '../../../src/scx/recording/session-recording.js';
import { afterTest } from '../../after-test.js';
import { startFake } from '../../cluster/fake-cluster.js';
import { announcementXml, NIGHT, quiet, temporaryFolder } from '../../cluster/support.js';
import { identity } from '../../session/signed.js';
import { createSession, HOUR, OTHER, soundOf } from './support.js';

const PATH = 'radio.example/night';
const SESSION = identity(`scattercast://${PATH}`);
const FOLDER = recordingFolder(SESSION, false);
const DAY_MS = 86_400_000;
/** A segment at 44.1 kHz. */
const FRAMES = 100;
const SEGMENT_MS = (FRAMES * 1152) / 44.1;
const LIMITS = { bytesMax: 1e9, keepMsMax: DAY_MS };

type Play = ReturnType<typeof createSession>['play'];

/** Has all these segments recorded, one after the other. */
async function recordAll(root: string, session: ReturnType<typeof createSession>, count: number) {
  const { segments, wallNow, play } = session;
  const recorder = createRecorder({ ...{ root, segments, wallNow, log: quiet }, ...LIMITS });
  recorder.set({ folder: FOLDER, keepMs: DAY_MS });
  await playRecorded(play, recorder.counters, count);
  await recorder.close();
}

async function playRecorded(play: Play, counters: { readonly bytes: number }, count: number) {
  for (let index = 0; index < count; index++) {
    const before = counters.bytes;
    play(FRAMES);
    await expect.poll(() => counters.bytes).not.toBe(before);
  }
}

/** A front end that has such a recording, and tells it under its key. */
async function openOther(recorded: string) {
  const key = drawSigningKey();
  const dataDir = temporaryFolder();
  writeFileSync(`${dataDir}/cluster-key`, `${key.seed()}\n`, { mode: 0o600 });
  const root = temporaryFolder();
  const fake = await startFake({ dataDir, scx: { recording: { root, ...LIMITS } } });
  await fake.publish(PATH, announcementXml(NIGHT, 'Night', { more: '<r:KEEP>86400</r:KEEP>' }));
  // At its start it removes what is not published there.
  cpSync(recorded, root, { recursive: true });
  return { ...fake, root, key: key.publicKey, url: fake.at };
}

/** A cluster that has recorded twenty segments. */
async function openWhole() {
  const root = temporaryFolder();
  await recordAll(root, createSession(), 20);
  return openOther(root);
}

/** A recording whose SCX was dead for some segments, and is there again. */
async function openWithHole(others: readonly OtherCluster[], died = 5, back = 9) {
  const root = temporaryFolder();
  if (died > 0) await recordAll(root, createSession(), died);
  const session = createSession(HOUR + back * SEGMENT_MS, back * FRAMES);
  const { segments, wallNow, play } = session;
  let monotonic = 0;
  const now = (): number => {
    monotonic += 10_000;
    return monotonic;
  };
  const rewind = createRewind({ segments, burstMs: 0, now, wallNow });
  const recording = createSessionRecording({
    launch: {
      ...{ recording: { root, ...LIMITS }, access: { sources: [], issuedMs: 0 } },
      allowPrivate: true,
    },
    ...{ name: SESSION, segments, rewind, log: quiet, wallNow },
    ...{ fillEveryMs: 5, fillWaits: { firstMs: 20, lastMs: 50 } },
  });
  afterTest(() => recording.stop());
  recording.onTerms({
    keepMs: DAY_MS,
    records: true,
    others: others.map(({ url, key }) => ({ url, key })),
  });
  const counters = recording.recorder?.counters ?? { bytes: 0 };
  await playRecorded(play, counters, 20 - back);
  const folder = join(root, FOLDER);
  const stretches = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.index'))
      .sort()
      .flatMap((name) => parseIndex(readFileSync(join(folder, name), 'utf8')));
  return { root, folder, recording, rewind, session, stretches };
}

const firstsOf = (stretches: readonly { readonly first: number }[]): number[] =>
  stretches.map(({ first }) => first / FRAMES);
const UP_TO = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

describe('A hole of a recording', () => {
  test('is filled from a cluster that has the sound, and heard and downloaded as if it had not been', async () => {
    const other = await openWhole();
    const { root, stretches, rewind } = await openWithHole([other]);
    await expect.poll(() => firstsOf(stretches())).toEqual(UP_TO(20));
    await expect.poll(() => stretches().map(({ number }) => number)).toEqual(UP_TO(20));
    expect(stretches().at(-1)).toMatchObject({ breaks: 0 });
    const tape = await rewind.wanted({
      ...{ method: 'GET', protocol: 'HTTP/1.1', headers: new Map(), bytes: 0 },
      target: `/night.mp3?at=${HOUR / 1000 + 11}`,
    });
    if (tape === undefined || 'status' in tape) throw new Error('no tape');
    const heard: Uint8Array[] = [];
    await expect
      .poll(() => {
        const audio = tape.take(heard.length === 0 ? 0 : 1e9);
        if (audio !== undefined) heard.push(audio.bytes);
        return heard.length;
      })
      .toBe(16);
    const sound = Buffer.concat(heard);
    expect(sound.length).toBe(soundOf(400, 2000).length);
    expect(sound.subarray(20_000).equals(soundOf(400, 2000).subarray(20_000))).toBe(true);
    const own = await openOther(root);
    const hour = await own.get(`/recordings/${PATH}/2026-11-30T16Z.mp3`);
    expect(Buffer.from(await hour.arrayBuffer()).equals(soundOf(0, 2000))).toBe(true);
    const range = { headers: { range: `bytes=200000-400000` } };
    const part = await own.get(`/recordings/${PATH}/2026-11-30T16Z.mp3`, range);
    expect(part.status).toBe(206);
    expect(
      Buffer.from(await part.arrayBuffer()).equals(soundOf(0, 2000).subarray(200_000, 400_001)),
    ).toBe(true);
  });

  test('before all that is kept is filled as well, as far back as the session is kept', async () => {
    const { stretches } = await openWithHole([await openWhole()], 0, 12);
    await expect.poll(() => firstsOf(stretches())).toEqual(UP_TO(20));
    await expect.poll(() => stretches().map(({ number }) => number)).toEqual(UP_TO(20));
  });

  test('is filled by the next cluster where one has none of it, or is gone', async () => {
    const empty = temporaryFolder();
    await recordAll(empty, createSession(HOUR + DAY_MS), 1);
    const gone = { url: 'http://127.0.0.1:9', key: drawSigningKey().publicKey };
    const others = [gone, await openOther(empty), await openWhole()];
    const { stretches } = await openWithHole(others);
    await expect.poll(() => firstsOf(stretches())).toEqual(UP_TO(20));
  });

  test('that others have as well is skipped, and asked for again only a few times', async () => {
    const root = temporaryFolder();
    await recordAll(root, createSession(), 3);
    const other = await openOther(root);
    let asked = 0;
    const counting = await passOn(other.at, (body) => {
      asked++;
      return body;
    });
    const { stretches } = await openWithHole([{ url: counting, key: other.key }], 2, 9);
    await expect.poll(() => firstsOf(stretches())).toContain(2);
    await expect.poll(() => asked).toBeGreaterThanOrEqual(8);
    expect(firstsOf(stretches())).toEqual([0, 1, 2, ...UP_TO(20).slice(9)]);
  });

  test('that nobody can fill, as nobody broadcast, hinders nothing', async () => {
    const { stretches, session, recording } = await openWithHole([await openWhole()]);
    await expect.poll(() => firstsOf(stretches())).toEqual(UP_TO(20));
    session.wait(60_000);
    session.play(FRAMES, OTHER);
    await expect.poll(() => stretches().length).toBe(21);
    expect(recording.recorder?.status()?.state).toBe('recording');
  });
});

test('Sessions from elsewhere lie in a place of their own, and their holes stay', async () => {
  const other = await openWhole();
  const [root, foreign] = [temporaryFolder(), temporaryFolder()];
  const session = createSession(HOUR + 9 * SEGMENT_MS, 9 * FRAMES);
  const { segments, wallNow, play } = session;
  const folders: (string | undefined)[] = [];
  const recording = createSessionRecording({
    launch: {
      recording: { root, ...LIMITS, foreign: { root: foreign, bytesMax: 1e9 } },
      ...{ access: { sources: [], issuedMs: 0 }, allowPrivate: true },
    },
    ...{ name: SESSION, segments, rewind: { setFolder: (one) => void folders.push(one) } },
    ...{ log: quiet, wallNow, fillEveryMs: 5, fillWaits: { firstMs: 1, lastMs: 1 } },
  });
  afterTest(() => recording.stop());
  const others = [{ url: other.url, key: other.key }];
  recording.onTerms({ keepMs: DAY_MS, records: true, isForeign: true, others });
  await playRecorded(play, recording.recorder?.counters ?? { bytes: 0 }, 3);
  expect(folders.at(-1)).toBe(join(foreign, FOLDER));
  expect(readdirSync(root)).toEqual([]);
  const index = readFileSync(join(foreign, FOLDER, '2026-11-30T16Z.index'), 'utf8');
  expect(firstsOf(parseIndex(index))[0]).toBe(9);
  expect(recording.recorder?.counters.filledBytes).toBe(0);
});

/** A server of an attacker. */
async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Changes = [change: (body: Buffer) => Buffer, target?: (url: string) => string];

/** Passes requests on to a front end, and its answers back, but for what is changed. */
const passOn = (at: string, ...[change, target = (url) => url]: Changes): Promise<string> =>
  serve((request, response) => {
    fetch(`${at}${target(`${request.url}`)}`)
      .then(async (answer) => {
        response.setHeader(SIGNATURE_FIELD, answer.headers.get(SIGNATURE_FIELD) ?? '');
        response.end(change(Buffer.from(await answer.arrayBuffer())));
      })
      .catch(() => response.destroy());
  });

describe('What another cluster tells is refused', () => {
  const RANGE = { from: HOUR, to: HOUR + 60_000, withSound: true };
  const ask = createAskStretches(SESSION, true);

  test('unless the key that is trusted has signed exactly that', async () => {
    const other = await openWhole();
    const { key } = other;
    expect((await ask(other, RANGE))?.told).toHaveLength(20);
    expect(await ask({ url: other.url, key: drawSigningKey().publicKey }, RANGE)).toBeUndefined();
    /** Passes everything on, but for what the attacker changes. */
    const between = (
      change: (body: Buffer, url: string) => Buffer,
      target = (url: string) => url,
    ) =>
      serve((request, response) => {
        void fetch(`${other.at}${target(`${request.url}`)}`).then(async (answer) => {
          response.setHeader(SIGNATURE_FIELD, answer.headers.get(SIGNATURE_FIELD) ?? '');
          response.end(change(Buffer.from(await answer.arrayBuffer()), `${request.url}`));
        });
      });
    const honest = await between((body) => body);
    expect((await ask({ url: honest, key }, RANGE))?.told).toHaveLength(20);
    const changed = await between((body) => {
      body[body.length - 100] = (body[body.length - 100] ?? 0) ^ 1;
      return body;
    });
    expect(await ask({ url: changed, key }, RANGE)).toBeUndefined();
    const earlier = await between(
      (body) => body,
      (url) => url.replace(`from=${HOUR}`, `from=${HOUR + 10_000}`),
    );
    expect(await ask({ url: earlier, key }, RANGE)).toBeUndefined();
    const silent = await serve((_request, response) => response.end('\n'));
    expect(await ask({ url: silent, key }, RANGE)).toBeUndefined();
  });

  test('if it never ends, or comes too slowly, or leads elsewhere', async () => {
    const { key, at } = await openWhole();
    let sent = 0;
    const endless = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536, '\n');
      const more = (): void => {
        sent += chunk.length;
        if (!response.destroyed) response.write(chunk, more);
      };
      more();
    });
    expect(await ask({ url: endless, key }, RANGE)).toBeUndefined();
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    const slow = await serve((_request, response) => void response.write('['));
    const impatient = createAskStretches(SESSION, true, 200);
    expect(await impatient({ url: slow, key }, RANGE)).toBeUndefined();
    const leading = await serve((request, response) =>
      response.writeHead(302, { location: `${at}${request.url}` }).end(),
    );
    expect(await ask({ url: leading, key }, RANGE)).toBeUndefined();
  });

  test('if it is not the sound that it says', async () => {
    const root = temporaryFolder();
    await recordAll(root, createSession(), 3);
    const other = await openOther(root);
    const file = join(other.root, FOLDER, '2026-11-30T16Z.mp3');
    writeFileSync(file, Buffer.alloc(readFileSync(file).length, 'no sound'));
    expect(await ask(other, RANGE)).toBeUndefined();
  });
});

describe('The front end', () => {
  test('tells stretches to those who ask properly', async () => {
    const { get } = await openWhole();
    const path = `/recordings/${PATH}/stretches`;
    for (const bad of ['', '?from=1', '?from=x&to=2', `?from=1&to=2&challenge=${'a'.repeat(65)}`]) {
      expect([bad, (await get(`${path}${bad}`)).status]).toEqual([bad, 400]);
    }
    const answer = await get(`${path}?from=${HOUR}&to=${HOUR + 5000}`);
    expect(parseIndex(await answer.text())).toHaveLength(2);
    expect((await get('/recordings/radio.example/day/stretches?from=1&to=2')).status).toBe(404);
  });
});
