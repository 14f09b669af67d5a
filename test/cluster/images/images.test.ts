/** The pictures of sessions: uploading, showing, and fetching them from the cluster that has them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { afterTest } from '../../after-test.js';
import { JPEG, PNG, pngOf } from '../../image/pictures.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, temporaryFolder } from '../support.js';

const PATH = 'radio.example/night';
const BROWSER = { 'Sec-Fetch-Dest': 'document' };
const hashOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url');
const HASH = hashOf(PNG);

const withImage = (hash = HASH): string =>
  announcementXml(NIGHT, 'Night', { more: `<r:IMAGE>sha256:${hash}</r:IMAGE>` });

async function setUp(dataDir = temporaryFolder()) {
  const fake = await startFake({ dataDir });
  const put = (body: Buffer<ArrayBuffer>) =>
    fake.get(`/announcements/${PATH}/image`, { method: 'PUT', body });
  const files = (): string[] => readdirSync(`${dataDir}/images`);
  return { ...fake, put, files, dataDir };
}

describe('A picture', () => {
  test('is stored once an announcement names it, and never changes', async () => {
    const { publish, put, get, files } = await setUp();
    expect((await put(PNG)).status).toBe(404);
    await publish(PATH, announcementXml(NIGHT));
    expect((await put(PNG)).status).toBe(404);
    await publish(PATH, withImage());
    expect((await get(`/images/${HASH}`)).status).toBe(404);
    expect((await put(PNG)).status).toBe(204);
    const response = await get(`/images/${HASH}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      etag: `"${HASH}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      'content-length': `${PNG.length}`,
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
    expect(files()).toEqual([Buffer.from(HASH, 'base64url').toString('hex')]);
  });

  test('is refused if it is another one than announced, or none', async () => {
    const { publish, put, files } = await setUp();
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    for (const bytes of [svg, pngOf(4096, 4096), Buffer.alloc(0)]) {
      await publish(PATH, withImage(hashOf(bytes)));
      expect((await put(bytes)).status).toBe(422);
    }
    await publish(PATH, withImage());
    const other = await put(JPEG);
    expect(other.status).toBe(422);
    expect(await other.text()).toContain('another picture than announced');
    expect((await put(Buffer.alloc(600 * 1024))).status).toBe(413);
    expect(files()).toEqual([]);
  });

  test('has no other address than its hash', async () => {
    const { publish, put, get } = await setUp();
    await publish(PATH, withImage());
    await put(PNG);
    const paths = ['..%2fadmin-token', `${HASH}%00`, HASH.slice(1), `${HASH}.svg`];
    for (const path of paths)
      expect([path, (await get(`/images/${path}`)).status]).toEqual([path, 404]);
    expect((await get(`/images/${HASH}`, { method: 'DELETE' })).status).toBe(405);
  });

  test('is there after a restart, and not if its file was damaged', async () => {
    const dataDir = temporaryFolder();
    const first = await setUp(dataDir);
    await first.publish(PATH, withImage());
    await first.put(PNG);
    await first.cluster.close();
    writeFileSync(`${dataDir}/images/half.tmp`, 'left behind');
    const second = await setUp(dataDir);
    expect((await second.get(`/images/${HASH}`)).status).toBe(200);
    expect(second.files()).toHaveLength(1);
    await second.cluster.close();
    writeFileSync(`${dataDir}/images/${second.files()[0]}`, JPEG);
    const third = await setUp(dataDir);
    expect((await third.get(`/images/${HASH}`)).status).toBe(404);
    expect(third.files()).toEqual([]);
  });

  test('is on the pages, in what is told of the session, and in the feeds', async () => {
    const { publish, platform, get, cluster } = await setUp();
    await publish(PATH, withImage());
    await expect.poll(() => platform.launches.length).toBe(1);
    await platform.renew(`${platform.launches[0]?.id}`, { playing: 'a'.repeat(16) });
    const textAt = async (path: string, headers = {}) => (await get(path, { headers })).text();
    const url = `${cluster.url}/images/${HASH}`;
    const page = await textAt(`/${PATH}`, BROWSER);
    expect(page).toContain(`<meta property="og:image" content="${url}" />`);
    expect(page).toContain(`src="../images/${HASH}"`);
    expect(await textAt(`/embed/${PATH}`)).toContain(`src="../../images/${HASH}"`);
    expect(await textAt('/feed.atom')).toContain(`<media:thumbnail url="${url}"/>`);
    expect(JSON.parse(await textAt('/feed.json'))).toMatchObject({ items: [{ image: url }] });
    const told = { sessions: [{ image: HASH }] };
    expect(JSON.parse(await textAt('/status'))).toMatchObject(told);
    expect(JSON.parse(await textAt('/directory'))).toMatchObject(told);
    expect(JSON.parse(await textAt(`/api/sessions/${PATH}`))).toMatchObject({
      ...{ image: `images/${HASH}`, urls: { image: url } },
    });
  });
});

/** A server that announces the session, and answers for the picture what a test wants. */
async function announceElsewhere(answer: Buffer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url}`);
    response.end(request.url?.endsWith('.xml') ? withImage() : answer);
  });
  await new Promise<void>((fulfil) => server.listen(0, '127.0.0.1', fulfil));
  afterTest(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { announcement: `${url}/announcements/${PATH}.xml`, asked };
}

/** Makes a cluster know what is announced elsewhere. */
const learn = ({ get }: Awaited<ReturnType<typeof setUp>>, announcement: string) =>
  get('/attach', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ announcement, role: 'listener' }),
  });

describe('A cluster that learned the session from elsewhere', () => {
  test('fetches the picture once, whoever asks for it', async () => {
    const { announcement, asked } = await announceElsewhere(PNG);
    const fake = await setUp();
    expect((await fake.get(`/images/${HASH}`)).status).toBe(404);
    void learn(fake, announcement).catch(() => undefined);
    await expect.poll(() => asked.length).toBe(1);
    await expect.poll(async () => (await fake.get(`/images/${HASH}`)).status).toBe(200);
    await Promise.all([1, 2, 3].map(() => fake.get(`/images/${HASH}`)));
    expect(asked.filter((path) => path.startsWith('/images/'))).toEqual([`/images/${HASH}?here=1`]);
  });

  test('shows nothing that does not have the hash, and asks a liar only now and then', async () => {
    const { announcement, asked } = await announceElsewhere(JPEG);
    const fake = await setUp();
    void learn(fake, announcement).catch(() => undefined);
    const pictures = () => asked.filter((path) => path.startsWith('/images/')).length;
    await expect.poll(async () => (await fake.get(`/images/${HASH}`)).status && pictures()).toBe(1);
    for (let times = 0; times < 5; times++) {
      expect((await fake.get(`/images/${HASH}`)).status).toBe(404);
    }
    expect(pictures()).toBe(1);
    expect(fake.files()).toEqual([]);
  });

  test('asks nobody when another cluster asks, so that two of them never wait for each other', async () => {
    const { announcement, asked } = await announceElsewhere(PNG);
    const fake = await setUp();
    void learn(fake, announcement).catch(() => undefined);
    await expect.poll(() => asked.length).toBe(1);
    expect((await fake.get(`/images/${HASH}?here=1`)).status).toBe(404);
    expect(asked).toHaveLength(1);
  });

  test('keeps a bounded number of pictures of other sessions', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(`${dataDir}/images`);
    for (let index = 0; index < 200; index++) {
      const bytes = pngOf(1 + index, 1);
      writeFileSync(`${dataDir}/images/${createHash('sha256').update(bytes).digest('hex')}`, bytes);
    }
    expect((await setUp(dataDir)).files()).toHaveLength(128);
  });
});
