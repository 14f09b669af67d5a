import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { SESSION_PROOF_FIELD, signRequest } from '../../../src/http/session-proof.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { fetchProven } from '../../http/proven.js';
import { announcementIn, SESSION_KEY, TOKEN } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { createFakePlatform } from '../fake-platform.js';
import { announcementXml, FACTS, NIGHT, statusOf, temporaryFolder, until } from '../support.js';

const PATH = 'radio.example/night';
const AT = `/announcements/${PATH}.xml`;
const HOOKS = `/announcements/${PATH}/webhooks`;
const OTHER = drawSigningKey();

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

describe('A session that is new', () => {
  test("needs the operator's token or secret, unless anybody may announce", async () => {
    const dataDir = temporaryFolder();
    const { get, operator, at } = await startFake({ dataDir });
    const xml = announcementXml(NIGHT);
    const put = (headers = {}) => get(AT, { method: 'PUT', body: xml, headers });
    const refusal = await put();
    expect([refusal.status, refusal.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await refusal.text()).toMatch(/as the cluster's user.*--data.*admin-token.*--operator/);
    expect((await put({ authorization: 'Bearer guess' })).status).toBe(403);
    expect((await put(operator)).status).toBe(201);
    const secret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
    const day = announcementXml('scattercast://radio.example/day');
    const url = `${at}/announcements/radio.example/day.xml`;
    expect((await fetchProven('guess', url, { method: 'PUT', body: day })).status).toBe(401);
    expect((await fetchProven(secret, url, { method: 'PUT', body: day })).status).toBe(201);

    const open = await startFake({ anyoneMayAnnounce: true });
    expect((await open.get(AT, { method: 'PUT', body: xml })).status).toBe(201);
    expect((await open.get(AT, { method: 'PUT', body: xml })).status).toBe(401);
  });

  test.each([
    ['not signed', (xml: string) => xml.replace(/<radio:SIGNATURE>.*SIGNATURE>/, ''), 'not signed'],
    ['altered', (xml: string) => xml.replace('Night music', 'Evil'), 'altered after it was signed'],
    [
      'signed with another key',
      (xml: string) => xml.replace(SESSION_KEY.publicKey, OTHER.publicKey),
      'altered',
    ],
  ])('is refused if it is %s, also from the operator', async (_, change, why) => {
    const { get, operator } = await startFake({ anyoneMayAnnounce: true });
    const body = change(announcementXml(NIGHT));
    const response = await get(AT, { method: 'PUT', body, headers: operator });
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining(why)]);
  });

  test('of an earlier version lies there unused, and may be announced again', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(`${dataDir}/announcements/radio.example`, { recursive: true });
    const unsigned = announcementXml(NIGHT).replace(/<radio:SIGNATURE>.*SIGNATURE>/, '');
    writeFileSync(`${dataDir}/announcements/${PATH}.xml`, unsigned);
    let logged = '';
    const write = (line: string): void => {
      logged += line;
    };
    const { publish, platform } = await startFake({ dataDir, log: pino({}, { write }) });
    expect(logged).toMatch(/announce it again with .*scattercast announce/);
    expect(platform.launches).toEqual([]);
    expect((await publish(PATH, announcementXml(NIGHT))).status).toBe(201);
  });

  test('gives its SCX the source keys, and so does each lease renewal', async () => {
    const { publish, platform } = await startFake();
    const xml = announcementXml(NIGHT);
    const { issuedMs, sources } = announcementIn(xml);
    await publish(PATH, xml);
    await expect.poll(() => platform.launches[0]?.access).toEqual({ issuedMs, sources });
    const next = announcementIn(announcementXml(NIGHT));
    await publish(PATH, announcementXml(NIGHT, 'Night music', { issuedMs: next.issuedMs }));
    const renewed = await platform.renew(platform.launches[0]!.id);
    expect(await renewed.json()).toMatchObject({ access: { issuedMs: next.issuedMs, sources } });
  });
});

describe('A session that is announced', () => {
  test('is changed and withdrawn by requests that its key has signed', async () => {
    const { get, publish, asOwner } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const next = announcementXml(NIGHT, 'Next');
    for (const [method, body] of [
      ['PUT', next],
      ['DELETE', undefined],
    ] as const) {
      const init = { method, ...(body === undefined ? {} : { body }) };
      const none = await get(AT, init);
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await none.text()).toContain('announce --token');
      expect((await asOwner(method, AT, body, OTHER)).status).toBe(403);
    }
    expect((await asOwner('PUT', AT, next)).status).toBe(200);
    expect((await asOwner('DELETE', AT)).status).toBe(204);
  });

  test.each([
    ['another method', { method: 'DELETE' }],
    ['another path', { target: HOOKS }],
    ['another body', { body: 'other' }],
    ['another cluster', { authority: 'b.example:8000' }],
    ['another name of another machine', { authority: 'evil.example:80' }],
  ])('takes no signature that is about %s', async (_, change) => {
    const { get, publish, at } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const body = announcementXml(NIGHT, 'Next');
    const { host } = new URL(at);
    const { authority, ...request } = {
      ...{ authority: host, method: 'PUT', target: AT, body },
      ...change,
    };
    const signature = signRequest(SESSION_KEY, authority, request);
    const headers = { [SESSION_PROOF_FIELD]: signature };
    expect((await get(AT, { method: 'PUT', body, headers })).status).toBe(403);
  });

  test('takes a signed request once, and none that is older than ten minutes', async () => {
    const { get, publish, at } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const { host } = new URL(at);
    const hooks = (now = Date.now) => ({
      [SESSION_PROOF_FIELD]: signRequest(
        SESSION_KEY,
        host,
        { method: 'PUT', target: HOOKS, body: '[]' },
        now,
      ),
    });
    const put = (headers: object) =>
      get(HOOKS, { method: 'PUT', body: '[]', headers: { ...headers } });
    const once = hooks();
    expect((await put(once)).status).toBe(200);
    const again = await put(once);
    expect([again.status, await again.text()]).toEqual([403, expect.stringContaining('once')]);
    for (const [offMs, how] of [
      [-3_600_000, 'behind'],
      [3_600_000, 'ahead of'],
    ] as const) {
      const late = await put(hooks(() => Date.now() + offMs));
      const says = new RegExp(`3(599|600) s ${how} the clock of this cluster, .*: set the clock`);
      expect([late.status, await late.text()]).toEqual([403, expect.stringMatching(says)]);
    }
  });

  test('is not withdrawn by a request that is older than its announcement', async () => {
    const { get, publish, at } = await startFake();
    const withdrawal = signRequest(
      SESSION_KEY,
      new URL(at).host,
      { method: 'DELETE', target: AT },
      () => Date.now() - 60_000,
    );
    await publish(PATH, announcementXml(NIGHT, 'Now', { issuedMs: Date.now() }));
    const headers = { [SESSION_PROOF_FIELD]: withdrawal };
    expect((await get(AT, { method: 'DELETE', headers })).status).toBe(409);
    expect((await get(AT)).status).toBe(200);
  });

  test('is not replaced by an older announcement, nor by one of another key', async () => {
    const { get, publish, operator } = await startFake();
    const [older, newer] = [announcementXml(NIGHT, 'Older'), announcementXml(NIGHT, 'Newer')];
    await publish(PATH, newer);
    const evil = announcementXml(NIGHT, 'Evil', { key: OTHER });
    for (const [body, why] of [
      [older, 'A newer announcement'],
      [evil, 'announced here with another key'],
    ] as const) {
      const response = await get(AT, { method: 'PUT', body, headers: operator });
      expect([response.status, await response.text()]).toEqual([409, expect.stringContaining(why)]);
    }
    expect(await (await get(AT)).text()).toBe(newer);
  });

  test('does not come back when it was withdrawn, also by the operator', async () => {
    const { get, publish, operator } = await startFake({ anyoneMayAnnounce: true });
    const xml = announcementXml(NIGHT);
    await publish(PATH, xml);
    expect((await get(AT, { method: 'DELETE', headers: operator })).status).toBe(204);
    const again = await get(AT, { method: 'PUT', body: xml });
    expect([again.status, await again.text()]).toEqual([
      409,
      expect.stringContaining('was withdrawn'),
    ]);
    expect((await publish(PATH, announcementXml(NIGHT))).status).toBe(201);
  });

  test('of many new ones at a time is the one that came first', async () => {
    const { get } = await startFake({ anyoneMayAnnounce: true });
    const put = () => get(AT, { method: 'PUT', body: announcementXml(NIGHT) });
    const all = await Promise.all(Array.from({ length: 8 }, put));
    const statuses = all.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.every((status) => [201, 401, 409].includes(status))).toBe(true);
  });
});

test('A fetched announcement gives the SCX its source keys and its URL', async () => {
  const xml = announcementXml(NIGHT);
  const server = createServer((_request, response) => response.end(xml)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/night.xml`;
  const { get, platform } = await startFake();
  await get(`/listen?announcement=${encodeURIComponent(url)}`);
  const { issuedMs, sources } = announcementIn(xml);
  const access = { issuedMs, sources };
  expect(platform.launches).toMatchObject([{ session: NIGHT, access, announcement: url }]);
  const renewed = await platform.renew(platform.launches[0]!.id);
  expect(await renewed.json()).toMatchObject({ access });
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

  test('need a signature, and their URLs are checked', async () => {
    const { get, publish, asOwner } = await startFake({ allowPrivate: false });
    const put = (body: string, key = SESSION_KEY) => asOwner('PUT', HOOKS, body, key);
    expect((await put('[]')).status).toBe(404);
    await publish(PATH, announcementXml(NIGHT));
    expect((await get(HOOKS, { method: 'PUT', body: '[]' })).status).toBe(401);
    expect((await put('["https://radio.example/"]', OTHER)).status).toBe(403);
    const five = JSON.stringify(Array.from({ length: 5 }, (_, n) => `https://radio.example/${n}`));
    const bad = ['', '{}', '[1]', '["x"]', '["ftp://radio.example/"]', five];
    const unsafe = ['["http://127.0.0.1/"]', '["http://169.254.169.254/"]', '["http://a:b@c.d/"]'];
    for (const body of [...bad, ...unsafe]) expect((await put(body)).status).toBe(422);
    expect(await (await put('["https://radio.example/"]')).json()).toHaveProperty('secret');
    expect(await (await put('["https://other.example/"]')).json()).toEqual({});
  });

  test('receive signed events of the sources, and no public page shows them', async () => {
    const { url, got } = await receiver();
    const { get, publish, asOwner, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const body = JSON.stringify([`${url}secret-path`]);
    const { secret = '' } = (await (await asOwner('PUT', HOOKS, body)).json()) as {
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
    const { publish, asOwner, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const { id } = platform.launches[0]!;
    const about = { scx: id, priority: 9, costMs: null, path: [], audience: 0, flows: [] };
    const [first, second, third] = ['aa', 'bb', 'cc'].map((digits) => ({
      ...about,
      id: digits.repeat(8),
    }));
    const set = (urls: string[]) => asOwner('PUT', HOOKS, JSON.stringify(urls));
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
    await first.publish(PATH, announcementXml(NIGHT));
    await first.asOwner('PUT', HOOKS, JSON.stringify([url]));
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
  const { publish, asOwner, cluster } = await startFake({ log });
  await publish(PATH, announcementXml(NIGHT));
  await asOwner('PUT', HOOKS, '["http://127.0.0.1:1/secret-path"]');
  await asOwner('DELETE', AT);
  await cluster.close();
  expect(logged).toContain('answered');
  for (const secret of [TOKEN, 'secret-path']) expect(logged).not.toContain(secret);
});
