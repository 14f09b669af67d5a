import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { addSourceKey } from '../../../src/cluster/announcements/add-source-key.js';
import { hashSecret } from '../../../src/runtime/secrets.js';
import { parseAnnouncement } from '../../../src/session/parse-announcement.js';
import { fetchProven } from '../../http/proven.js';
import { startFake } from '../fake-cluster.js';
import { createFakePlatform } from '../fake-platform.js';
import { announcementXml, FACTS, NIGHT, statusOf, temporaryFolder, until } from '../support.js';

const PATH = 'radio.example/night';
const XML = announcementXml(NIGHT);
const AT = `/announcements/${PATH}.xml`;
const HOOKS = `/announcements/${PATH}/webhooks`;

interface Told {
  readonly password?: string;
  readonly token?: string;
  readonly sourceKey?: string;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const told = async (response: Response): Promise<Told> => (await response.json()) as Told;

const withToken = (token: string, method: string, body?: string): RequestInit => ({
  method,
  headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
  ...(body === undefined ? {} : { body }),
});

async function publishedKey(get: (path: string) => Promise<Response>): Promise<string | undefined> {
  const parsed = parseAnnouncement(await (await get(AT)).text());
  return parsed.ok ? parsed.value.sourceKey : undefined;
}

/** A data directory with an announcement of an older version. */
function oldDataDir(): string {
  const dataDir = temporaryFolder();
  mkdirSync(`${dataDir}/announcements/radio.example`, { recursive: true });
  writeFileSync(`${dataDir}/announcements/${PATH}.xml`, XML);
  return dataDir;
}

describe('The first announcement of a session', () => {
  test('returns a password, whose hash is in the document, and a token, whose hash is not', async () => {
    const dataDir = temporaryFolder();
    const { get, publish, platform } = await startFake({ dataDir });
    const first = await publish(PATH, XML);
    const { password = '', token = '' } = await told(first);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await publishedKey(get)).toBe(hashSecret(password));
    await expect.poll(() => platform.launches[0]?.sourceKey).toBe(hashSecret(password));
    const files = ['xml', 'json'].map((end) => `${dataDir}/announcements/${PATH}.${end}`);
    const onDisk = files.map((file) => readFileSync(file, 'utf8')).join();
    expect(onDisk).toContain(hashSecret(token));
    expect(onDisk).not.toContain(token);
    expect(onDisk).not.toContain(password);
    expect(statSync(files[1]!).mode & 0o777).toBe(0o600);
    const shown = `${await (await get('/status')).text()}${await (await get(AT)).text()}`;
    expect(shown).not.toContain(hashSecret(token));
  });

  test('keeps a source key that its document has, and draws no password', async () => {
    const { get, publish } = await startFake();
    const key = hashSecret('of another cluster');
    const keyed = addSourceKey(XML, key);
    const xml = keyed.ok ? keyed.value.xml : '';
    expect((await publish(PATH, xml, '?password=new')).status).toBe(422);
    expect(Object.keys(await told(await publish(PATH, xml)))).not.toContain('password');
    expect(await (await get(AT)).text()).toBe(xml);
  });

  test('always has a password', async () => {
    const { publish } = await startFake();
    for (const choice of ['none', 'x']) {
      expect((await publish(PATH, XML, `?password=${choice}`)).status).toBe(400);
    }
    expect(await told(await publish(PATH, XML))).toHaveProperty('password');
    expect(await told(await publish(PATH, XML))).not.toHaveProperty('password');
    expect(await told(await publish(PATH, XML, '?password=new'))).toHaveProperty('password');
  });

  test("needs the operator's token or secret, unless anybody may announce", async () => {
    const dataDir = temporaryFolder();
    const { get, operator, at } = await startFake({ dataDir });
    const put = (headers = {}) => get(AT, { method: 'PUT', body: XML, headers });
    const refusal = await put();
    expect([refusal.status, refusal.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await refusal.text()).toMatch(/as the cluster's user.*--data.*admin-token.*--token/);
    expect((await put({ authorization: 'Bearer guess' })).status).toBe(403);
    expect((await put(operator)).status).toBe(201);
    const secret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
    const day = announcementXml('scattercast://radio.example/day');
    const url = `${at}/announcements/radio.example/day.xml`;
    expect((await fetchProven('guess', url, { method: 'PUT', body: day })).status).toBe(401);
    expect((await fetchProven(secret, url, { method: 'PUT', body: day })).status).toBe(201);

    const open = await startFake({ anyoneMayAnnounce: true });
    expect((await open.get(AT, { method: 'PUT', body: XML })).status).toBe(201);
    expect((await open.get(AT, { method: 'PUT', body: XML })).status).toBe(401);
  });

  test('can be changed and withdrawn by the operator', async () => {
    const { get, publish, operator } = await startFake();
    await publish(PATH, XML);
    expect((await get(AT, { method: 'PUT', body: XML, headers: operator })).status).toBe(200);
    expect((await get(AT, { method: 'DELETE', headers: operator })).status).toBe(204);
  });

  test('of many at a time succeeds for one of them only', async () => {
    const { get } = await startFake({ anyoneMayAnnounce: true });
    const put = () => get(AT, { method: 'PUT', body: XML });
    const all = await Promise.all(Array.from({ length: 8 }, put));
    const statuses = all.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.every((status) => [201, 401, 409].includes(status))).toBe(true);
  });
});

describe('Another announcement of a session', () => {
  test('needs the token, and so does its withdrawal', async () => {
    const { get, publish } = await startFake();
    const { token = '' } = await told(await publish(PATH, XML));
    for (const method of ['PUT', 'DELETE']) {
      const none = await get(AT, { method, ...(method === 'PUT' ? { body: XML } : {}) });
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      const body = method === 'PUT' ? XML : undefined;
      expect((await get(AT, withToken('wrong', method, body))).status).toBe(403);
    }
    expect(await (await get(AT, withToken('x'.repeat(2000), 'DELETE'))).json()).toEqual({
      error: 'Wrong admin token for this session.',
      problems: [],
    });
    expect((await get(AT, withToken(token, 'PUT', XML))).status).toBe(200);
    expect((await get(AT, withToken(token, 'DELETE'))).status).toBe(204);
  });

  test('keeps the password, also after a restart, and draws another one on request', async () => {
    const dataDir = temporaryFolder();
    const first = await startFake({ dataDir });
    const { token = '', sourceKey } = await told(await first.publish(PATH, XML));
    await first.cluster.close();
    const { get } = await startFake({ dataDir });
    expect((await get(AT, { method: 'PUT', body: XML })).status).toBe(401);
    expect(await told(await get(AT, withToken(token, 'PUT', XML)))).toMatchObject({ sourceKey });
    expect(await publishedKey(get)).toBe(sourceKey);
    const renewed = await told(await get(`${AT}?password=new`, withToken(token, 'PUT', XML)));
    expect(renewed.sourceKey).toBe(hashSecret(renewed.password ?? ''));
    expect(renewed).not.toHaveProperty('token');
    expect(await publishedKey(get)).toBe(renewed.sourceKey);
  });

  test('sends the new source key to the running SCX with its next lease renewal', async () => {
    const { publish, platform } = await startFake();
    await publish(PATH, XML);
    await expect.poll(() => platform.launches.length).toBe(1);
    const { sourceKey } = await told(await publish(PATH, XML, '?password=new'));
    const renewed = await platform.renew(platform.launches[0]!.id);
    expect(await renewed.json()).toMatchObject({ access: { sourceKey, announcement: null } });
  });

  test('of a session that is older than tokens draws them, for the operator only', async () => {
    const { get, publish, operator } = await startFake({
      dataDir: oldDataDir(),
      anyoneMayAnnounce: true,
    });
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: XML } : {};
      expect((await get(AT, { method, ...body })).status).toBe(401);
      expect((await get(AT, withToken('guess', method, body.body))).status).toBe(401);
    }
    const response = await publish(PATH, XML);
    expect(response.status).toBe(200);
    const { password = '', token = '' } = await told(response);
    expect(await publishedKey(get)).toBe(hashSecret(password));
    expect((await get(AT, { method: 'DELETE' })).status).toBe(401);
    expect(operator).not.toMatchObject({ authorization: `Bearer ${token}` });
    expect((await get(AT, withToken(token, 'DELETE'))).status).toBe(204);
  });
});

test('A fetched announcement gives the SCX its source key and its URL', async () => {
  const key = hashSecret('elsewhere');
  const keyed = addSourceKey(XML, key);
  const server = createServer((_request, response) =>
    response.end(keyed.ok ? keyed.value.xml : ''),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/night.xml`;
  const { get, platform } = await startFake();
  await get(`/listen?announcement=${encodeURIComponent(url)}`);
  expect(platform.launches).toMatchObject([{ sourceKey: key, announcement: url }]);
  const renewed = await platform.renew(platform.launches[0]!.id);
  expect(await renewed.json()).toMatchObject({ access: { sourceKey: key, announcement: url } });
});

describe('Webhooks', () => {
  /** A receiver of events; what it got. */
  async function receiver() {
    const got: { event: string; source: string; signature: unknown }[] = [];
    const take = async (request: IncomingMessage): Promise<void> => {
      let body = '';
      for await (const part of request) body += part;
      const { event, source } = JSON.parse(body);
      got.push({ event, source, signature: request.headers['x-scattercast-signature'] });
    };
    const server = createServer((request, response) => {
      void take(request).then(() => response.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return { got, url };
  }

  test('need the token, and their URLs are checked', async () => {
    const { get, publish } = await startFake({ allowPrivate: false });
    const put = (body: string, token = '') => get(HOOKS, withToken(token, 'PUT', body));
    expect((await put('[]')).status).toBe(404);
    const { token = '' } = await told(await publish(PATH, XML));
    expect((await get(HOOKS, { method: 'PUT', body: '[]' })).status).toBe(401);
    expect((await put('["https://radio.example/"]', 'wrong')).status).toBe(403);
    const five = JSON.stringify(Array.from({ length: 5 }, (_, n) => `https://radio.example/${n}`));
    const bad = ['', '{}', '[1]', '["x"]', '["ftp://radio.example/"]', five];
    const unsafe = ['["http://127.0.0.1/"]', '["http://169.254.169.254/"]', '["http://a:b@c.d/"]'];
    for (const body of [...bad, ...unsafe]) expect((await put(body, token)).status).toBe(422);
    expect(await (await put('["https://radio.example/"]', token)).json()).toHaveProperty('secret');
    expect(await (await put('["https://other.example/"]', token)).json()).toEqual({});
  });

  test('receive signed events of the sources, and no public page shows them', async () => {
    const { url, got } = await receiver();
    const { get, publish, platform } = await startFake();
    const { token = '' } = await told(await publish(PATH, XML));
    const body = JSON.stringify([`${url}secret-path`]);
    const { secret = '' } = (await (await get(HOOKS, withToken(token, 'PUT', body))).json()) as {
      secret?: string;
    };
    await expect.poll(() => platform.launches.length).toBe(1);
    const { id } = platform.launches[0]!;
    const source = {
      id: 'aa'.repeat(8),
      scx: id,
      priority: 9,
      costMs: null,
      path: [],
      audience: 0,
    };
    await platform.renew(id);
    await platform.renew(id, { sources: [{ ...source, flows: [] }] });
    await until(() => got.length === 1);
    expect(got).toEqual([
      {
        event: 'source.up',
        source: source.id,
        signature: expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
      },
    ]);
    const shown = await Promise.all(
      [AT, '/status', '/metrics'].map(async (p) => (await get(p)).text()),
    );
    expect(shown.join()).not.toContain('secret-path');
    expect(shown.join()).not.toContain(secret);
    expect(shown[2]).toContain('scattercast_webhook_events_total{outcome="delivered"} 1');
  });

  test('receive nothing while none is set', async () => {
    const { url, got } = await receiver();
    const { get, publish, platform } = await startFake();
    const { token = '' } = await told(await publish(PATH, XML));
    await expect.poll(() => platform.launches.length).toBe(1);
    const { id } = platform.launches[0]!;
    const about = { scx: id, priority: 9, costMs: null, path: [], audience: 0, flows: [] };
    const [first, second, third] = ['aa', 'bb', 'cc'].map((digits) => ({
      ...about,
      id: digits.repeat(8),
    }));
    const set = (urls: string[]) => get(HOOKS, withToken(token, 'PUT', JSON.stringify(urls)));
    await set([url]);
    await platform.renew(id);
    await platform.renew(id, { sources: [first!] });
    await set([]);
    await platform.renew(id, { sources: [first!, second!] });
    await set([url]);
    await platform.renew(id, { sources: [first!, second!] });
    await platform.renew(id, { sources: [first!, second!, third!] });
    await until(() => got.some(({ source }) => source === third!.id));
    expect(got.map(({ source }) => source)).toEqual([first!.id, third!.id]);
  });

  test('receive no event of a source that was up before a restart', async () => {
    const { url, got } = await receiver();
    const dataDir = temporaryFolder();
    const first = await startFake({ dataDir });
    const { token = '' } = await told(await first.publish(PATH, XML));
    await first.get(HOOKS, withToken(token, 'PUT', JSON.stringify([url])));
    await first.cluster.close();
    const id = 'cc'.repeat(8);
    const ports = { http: 8100, overlay: 8101 };
    const found = { id, session: NIGHT, pid: process.pid, facts: FACTS, ports };
    const { at } = await startFake({ dataDir }, createFakePlatform([found]));
    const secret = readFileSync(`${dataDir}/secret`, 'utf8');
    const renew = (sources: ScxStatus['sources']) => {
      const body = JSON.stringify(statusOf(id, NIGHT, { sources }));
      return fetchProven(secret, `${at}/leases`, { method: 'POST', body });
    };
    const about = { scx: id, priority: 9, costMs: null, path: [], audience: 0, flows: [] };
    const [old, other] = ['aa', 'bb'].map((digits) => ({ id: digits.repeat(8), ...about }));
    expect((await renew([old!])).status).toBe(200);
    await renew([old!, other!]);
    await until(() => got.length > 0);
    expect(got.map(({ event, source }) => [event, source])).toEqual([['source.up', other!.id]]);
  });
});

test('No log contains a secret', async () => {
  let logged = '';
  const write = (line: string): void => {
    logged += line;
  };
  const log = pino({ level: 'trace' }, { write });
  const { get, publish, cluster } = await startFake({ log });
  const { password = '', token = '' } = await told(await publish(PATH, XML));
  await get(AT, withToken(`${token}-wrong`, 'PUT', XML));
  await get(HOOKS, withToken(token, 'PUT', '["http://127.0.0.1:1/secret-path"]'));
  await get(AT, withToken(token, 'DELETE'));
  await cluster.close();
  expect(logged).toContain('answered');
  for (const secret of [password, token, 'secret-path']) expect(logged).not.toContain(secret);
});
