import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request as startRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { FALLBACK_BYTES_MAX, FALLBACK_KEY_FIELD } from '../../../src/api/publishing.js';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { proofOf } from '../../http/proven.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, statusOf, temporaryFolder } from '../support.js';

const PATH = 'radio.example/night';
const XML = announcementXml(NIGHT);
const SEED = { [FALLBACK_KEY_FIELD]: 'A'.repeat(43) };
const AT = `/announcements/${PATH}/fallback`;

/** Silent frames: 128 kbit/s at 44.1 kHz, 26 ms each. */
function mp3(frames: number): Buffer<ArrayBuffer> {
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0xc4]);
  return Buffer.concat(Array<Buffer>(frames).fill(frame));
}

async function setUp(dataDir = temporaryFolder()) {
  const fake = await startFake({ dataDir });
  const { get, publish, owner, asOwner, platform } = fake;
  if ((await get(`/announcements/${PATH}.xml`)).status === 404) await publish(PATH, XML);
  const put = (
    body: Buffer<ArrayBuffer>,
    query = '',
    headers: Record<string, string> = owner('PUT', `${AT}${query}`, body),
  ) => get(`${AT}${query}`, { method: 'PUT', body, headers: { ...SEED, ...headers } });
  const remove = () => asOwner('DELETE', AT);
  /** The answer to a lease renewal of the SCX. */
  const told = async (id?: string): Promise<{ fallback: unknown }> => {
    await expect.poll(() => platform.launches.length).toBeGreaterThan(0);
    const launch = platform.launches[0];
    const status: ScxStatus = statusOf(id ?? launch?.id ?? '', NIGHT);
    const body = JSON.stringify(status);
    const headers = proofOf(`${launch?.leaseToken}`, 'POST', '/leases', body);
    const response = await get('/leases', { method: 'POST', body, headers });
    return (await response.json()) as { fallback: unknown };
  };
  const files = (): string[] => readdirSync(`${dataDir}/fallbacks`);
  return { ...fake, dataDir, put, remove, told, files };
}

const pathOf = ({ fallback }: { fallback: unknown }): string =>
  (fallback as { path: string } | null)?.path ?? '';

describe('A fallback', () => {
  test('is stored, and its SCX learns of it with the lease', async () => {
    const { put, told, files } = await setUp();
    expect(await told()).toMatchObject({ fallback: null });
    expect((await put(mp3(100), '?title=Night%20loop')).status).toBe(204);
    const answer = await told();
    expect(answer).toMatchObject({ fallback: { title: 'Night loop', seed: 'A'.repeat(43) } });
    expect(existsSync(pathOf(answer))).toBe(true);
    expect(files()).toHaveLength(1);
  });

  test('has a printable title of bounded length', async () => {
    const { put, told } = await setUp();
    await put(mp3(100), `?title=${encodeURIComponent(`a\u001b[2J\n${'b'.repeat(2000)}`)}`);
    const { title } = (await told()).fallback as { title: string };
    expect(title).toMatch(/^a ?\[2J b+$/);
    expect(title.length).toBeLessThanOrEqual(256);
    await put(mp3(100));
    expect(await told()).toMatchObject({ fallback: { title: 'Fallback' } });
  });

  test('is replaced by a file of another name, and removed with the upload after that', async () => {
    const { put, told, files } = await setUp();
    const paths: string[] = [];
    for (const frames of [100, 200, 300]) {
      await put(mp3(frames));
      paths.push(pathOf(await told()));
    }
    expect(new Set(paths).size).toBe(3);
    expect(paths.map((path) => existsSync(path))).toEqual([false, true, true]);
    expect(files()).toHaveLength(2);
  });

  test('ends when it is removed, and when the announcement is withdrawn', async () => {
    const { put, remove, told, files, unpublish } = await setUp();
    await put(mp3(100));
    expect((await remove()).status).toBe(204);
    expect(await told()).toMatchObject({ fallback: null });
    expect(files()).toEqual([]);
    await put(mp3(100));
    await unpublish(PATH);
    expect(files()).toEqual([]);
  });

  test('stays when the session is announced again', async () => {
    const { put, told, publish } = await setUp();
    await put(mp3(100));
    const before = await told();
    expect((await publish(PATH, announcementXml(NIGHT, 'Another title'))).status).toBe(200);
    expect(pathOf(await told())).toBe(pathOf(before));
  });

  test('is kept over a restart, which removes files that no owner names', async () => {
    const dataDir = temporaryFolder();
    const first = await setUp(dataDir);
    await first.put(mp3(100));
    const path = pathOf(await first.told());
    await first.cluster.close();
    for (const name of ['left-over.mp3.tmp', `${'0'.repeat(36)}.mp3`]) {
      writeFileSync(`${dataDir}/fallbacks/${name}`, 'x');
    }
    const second = await setUp(dataDir);
    expect(pathOf(await second.told())).toBe(path);
    expect(second.files()).toHaveLength(1);
  });

  test('is played by the rendezvous SCX only', async () => {
    const { put, told } = await setUp();
    await put(mp3(100));
    expect(await told('e'.repeat(16))).toMatchObject({ keep: false, fallback: null });
    expect(pathOf(await told())).not.toBe('');
  });
});

describe('An upload is refused', () => {
  test('without a signature, with a wrong one, and for a session that is not published', async () => {
    const { put, get, owner, files } = await setUp();
    expect((await put(mp3(100), '', {})).status).toBe(401);
    const wrong = owner('PUT', AT, mp3(100), drawSigningKey());
    expect((await put(mp3(100), '', wrong)).status).toBe(403);
    const elsewhere = '/announcements/radio.example/nothing/fallback';
    expect((await get(elsewhere, { method: 'PUT', body: mp3(100) })).status).toBe(404);
    expect((await get(AT, { method: 'DELETE' })).status).toBe(401);
    expect((await get(AT)).status).toBe(405);
    expect(files()).toEqual([]);
  });

  test('when it is not the file that was signed, or comes without the seed of its key', async () => {
    const { put, get, owner, told, files } = await setUp();
    expect((await put(mp3(100), '', owner('PUT', AT, mp3(101)))).status).toBe(403);
    expect(await told()).toMatchObject({ fallback: null });
    const headers = owner('PUT', AT, mp3(100));
    expect((await get(AT, { method: 'PUT', body: mp3(100), headers })).status).toBe(400);
    await put(mp3(100));
    expect(files()).toHaveLength(1);
  });

  test.each([
    ['OggS', 'Ogg'],
    ['fLaC', 'FLAC'],
    ['<!DOCTYPE html>', 'a web page'],
    ['', 'something else'],
    ['no music', 'something else'],
  ])('when it is not MP3: "%s" is %s', async (text, what) => {
    const { put, files } = await setUp();
    const response = await put(Buffer.concat([Buffer.from(text), Buffer.alloc(3000)]));
    expect(response.status).toBe(415);
    expect(await response.text()).toBe(`A fallback file must be MP3; this is ${what}.\n`);
    expect(files()).toEqual([]);
  });

  test('before its end when a large file is not MP3', async () => {
    const { put } = await setUp();
    expect((await put(Buffer.alloc(8 * 2 ** 20))).status).toBe(415);
  });

  test('when it is shorter than a second', async () => {
    const { put, files } = await setUp();
    expect((await put(mp3(30))).status).toBe(422);
    expect(files()).toEqual([]);
  });

  test('when it is too large, with or without a Content-Length', async () => {
    const { put, files, get, owner } = await setUp();
    const part = mp3(2500);
    const parts = Math.ceil(FALLBACK_BYTES_MAX / part.length) + 1;
    const whole = Buffer.alloc(parts * part.length, part);
    expect((await put(whole)).status).toBe(413);
    const chunks = async function* () {
      for (let index = 0; index < parts; index++) yield part;
    };
    const init = {
      method: 'PUT',
      body: chunks(),
      headers: { ...SEED, ...owner('PUT', AT) },
      duplex: 'half',
    };
    expect((await get(AT, init as unknown as RequestInit)).status).toBe(413);
    expect(files()).toEqual([]);
  });

  test('without a trace when it breaks off, and the former file stays', async () => {
    const { put, told, files, at, owner } = await setUp();
    await put(mp3(100));
    const before = pathOf(await told());
    const headers = { ...SEED, ...owner('PUT', AT), 'content-length': '100000' };
    const broken = startRequest(`${at}${AT}`, { method: 'PUT', headers });
    broken.on('error', () => undefined).write(mp3(100));
    await expect.poll(() => files().length).toBe(2);
    broken.destroy();
    await expect.poll(() => files().length).toBe(1);
    expect(pathOf(await told())).toBe(before);
    expect(existsSync(before)).toBe(true);
  });
});
