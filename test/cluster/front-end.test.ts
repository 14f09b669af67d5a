import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { clusterStatusSchema } from '../../src/api/cluster-status.js';
import { clusterStatus } from '../../src/cluster/status/cluster-status.js';
import { proofOf } from '../http/proven.js';
import { SESSION_KEY, STATION } from '../session/signed.js';
import { startFake } from './fake-cluster.js';
import { httpUrlOf } from './fake-platform.js';
import { announcementXml, idOf, NIGHT, statusOf } from './support.js';

const PATH = 'radio.example/night';
const NAME = 'scattercast://radio.example/night';
const DAY = idOf('scattercast://radio.example/day');
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A web server with announcements; returns its URL and counts its requests. */
async function webServer(answer: RequestListener) {
  const seen = { count: 0 };
  const server = createServer((request, response) => {
    seen.count++;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const listenPath = (url: string): string => `/listen?announcement=${encodeURIComponent(url)}`;

/** Writes bytes to a port; returns all that comes back until the end. */
async function rawExchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.end(text);
  await once(socket, 'close');
  return answer;
}

describe('GET /listen', () => {
  test('starts an SCX and redirects a player to it in one hop', async () => {
    const { get, platform } = await startFake();
    const web = await webServer((_request, response) => response.end(announcementXml(NIGHT)));
    const response = await get(listenPath(`${web.url}/night.xml`));
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('http://radio.example:8100/night.mp3');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-length')).toBe('0');
    expect(response.headers.get('connection')).toBe('close');
    expect(platform.launches).toEqual([
      expect.objectContaining({
        session: NIGHT,
        title: 'Night music',
        locations: ['radio.example:8101'],
        rendezvous: false,
        advertiseHost: 'radio.example',
        listenHost: '127.0.0.1',
      }),
    ]);
  });

  test('answers HEAD and HTTP/1.0 the same way', async () => {
    const { cluster, get, publish } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const head = await get(`/listen/${PATH}.mp3`, { method: 'HEAD' });
    expect(head.status).toBe(302);
    const raw = await rawExchange(cluster.port, `GET /listen/${PATH}.mp3 HTTP/1.0\r\n\r\n`);
    expect(raw).toMatch(/^HTTP\/1\.1 302 .*\r\n/);
    expect(raw).toContain('\r\nLocation: http://radio.example:8100/night.mp3\r\n');
    expect(raw).not.toMatch(/transfer-encoding/i);
  });

  test.each([
    ...[`/listen/${PATH}.mp3`, '/listen?announcement=x', '/listen.m3u', `/listen/${PATH}.xspf`],
    ...['/status', '/status-json.xsl', '/healthz', `/rendezvous/${PATH}`],
    `/announcements/${PATH}.xml`,
  ])('lets pages of any origin read %s, and do nothing else there', async (path) => {
    const { get } = await startFake();
    const preflight = await get(path, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Icy-MetaData.*Range/);
    expect(preflight.headers.get('access-control-allow-headers')).not.toMatch(/authorization|\*/i);
    for (const answer of [preflight, await get(path)]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/icy-metaint/);
    }
  });

  test.each(['/attach', `/announcements/${PATH}/webhooks`, '/leases', '/drain', '/metrics'])(
    'grants pages of other origins nothing at %s',
    async (path) => {
      const { get } = await startFake();
      const { headers } = await get(path, { method: 'OPTIONS' });
      const granted = [...headers.keys()].filter((name) => name.startsWith('access-control'));
      expect(granted).toEqual([]);
    },
  );

  test('launches one SCX and fetches once for many players at a time', async () => {
    const { get, platform } = await startFake();
    const web = await webServer((_request, response) => response.end(announcementXml(NIGHT)));
    const path = listenPath(`${web.url}/night.xml`);
    const all = await Promise.all(Array.from({ length: 20 }, () => get(path)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([302]));
    expect([platform.launches.length, web.seen.count]).toEqual([1, 1]);
  });

  test('knows a session by its name and key once it was asked for by its announcement', async () => {
    const { get } = await startFake();
    const web = await webServer((_request, response) => response.end(announcementXml(NIGHT)));
    const path = `/listen/${PATH}@${SESSION_KEY.publicKey}.mp3`;
    expect((await get(path)).status).toBe(404);
    await get(listenPath(`${web.url}/night.xml`));
    expect((await get(path)).status).toBe(302);
    const byName = await get(`/listen/${PATH}.mp3`);
    expect([byName.status, await byName.text()]).toEqual([404, expect.stringContaining(path)]);
  });

  test('answers its own announcements from the store, by any of its names', async () => {
    const { cluster, get, publish, at } = await startFake({ allowPrivate: false });
    await publish(PATH, announcementXml(NIGHT));
    for (const base of [cluster.url, at, `http://localhost:${cluster.port}`]) {
      expect((await get(listenPath(`${base}/announcements/${PATH}.xml`))).status).toBe(302);
    }
    const other = await get(listenPath(`${at}/announcements/radio.example/day.xml`));
    expect([other.status, await other.text()]).toEqual([404, expect.stringContaining('published')]);
  });

  test.each([
    ['/listen', 400, 'Write /listen?announcement=URL'],
    ['/listen?announcement=', 400, 'Write /listen'],
    ['/listen?announcement=a&announcement=b', 400, 'Write /listen'],
    [listenPath('nonsense'), 400, 'is not a URL'],
    [listenPath('file:///etc/passwd'), 400, 'must begin with http'],
    [listenPath('http://127.0.0.1:9/x'), 403, '--allow-private'],
    [listenPath('http://169.254.169.254/'), 403, 'not at a public address'],
    ['/listen/radio.example/nobody.mp3', 404, 'not known at this cluster'],
    ['/listen/radio.example/night', 404, 'CREATOR/SESSION.mp3'],
    ['/listen/radio.example/<b>.mp3', 404, 'contains "<"'],
    ['/listen/radio.example/..%2f..%2fsecret.mp3', 404, 'session'],
    ['/listen/radio.example/%ff.mp3', 400, 'not correctly percent-encoded'],
    ['/listen/a/b/c.mp3', 404, 'nothing here'],
  ])('refuses %s with %i and a reason', async (path, status, reason) => {
    const { get, platform } = await startFake({ allowPrivate: false });
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toContain(reason);
    expect(platform.launches).toEqual([]);
  });

  test.each([
    [404, '', 502, 'HTTP status 404'],
    [200, '<html></html>', 502, 'the root element must be <SCATTERCAST>'],
    [200, '<SCATTERCAST', 502, 'announcement is refused'],
    [200, 'x'.repeat(70_000), 502, 'larger than 65536 bytes'],
  ])(
    'says what is wrong when the server of an announcement answers %i %.15s',
    async (status, body, own, why) => {
      const { get } = await startFake();
      const web = await webServer((_request, response) => {
        response.statusCode = status;
        response.end(body);
      });
      const response = await get(listenPath(web.url));
      expect([response.status, await response.text()]).toEqual([own, expect.stringContaining(why)]);
    },
  );

  test('says that the server of an announcement cannot be reached', async () => {
    const { get } = await startFake();
    const response = await get(listenPath('http://127.0.0.1:1/night.xml'));
    expect([response.status, await response.text()]).toEqual([
      502,
      expect.stringContaining('ECONNREFUSED'),
    ]);
  });

  test('answers in JSON if the client asks for it, with the problems one by one', async () => {
    const { get } = await startFake();
    const headers = { accept: 'application/json' };
    const response = await get('/listen/radio.example/a%20b.mp3', { headers });
    expect(await response.json()).toEqual({
      error: expect.stringContaining('Malformed session name: the session part'),
      problems: [expect.stringContaining('contains " "')],
    });
  });

  test('says that the cluster is full, and when to try again', async () => {
    const { get, publish } = await startFake({ maxScxs: 1 });
    await publish(PATH, announcementXml(NIGHT));
    await publish('radio.example/day', announcementXml(DAY));
    expect((await get(`/listen/${PATH}.mp3`)).status).toBe(302);
    const response = await get('/listen/radio.example/day.mp3');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).toContain('as many SCXs as it may');
  });

  test('says soon that SCXs die when they are launched, without a restart loop', async () => {
    const { get, platform } = await startFake();
    platform.behaviour = 'dies';
    const web = await webServer((_request, response) => response.end(announcementXml(NIGHT)));
    const response = await get(listenPath(web.url));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).toContain('It died 3 times in a row');
    expect(platform.launches).toHaveLength(3);
  });

  test('tries other ports when those of an SCX are taken', async () => {
    const { get, platform } = await startFake();
    platform.behaviour = 'portTaken';
    const web = await webServer((_request, response) => {
      setImmediate(() => response.end(announcementXml(NIGHT)));
    });
    const response = get(listenPath(web.url));
    await expect.poll(() => platform.launches.length).toBeGreaterThan(1);
    platform.behaviour = 'renews';
    const last = (await response).headers.get('location');
    expect(last).toBe(httpUrlOf(platform.launches.at(-1)!));
    expect(last).not.toContain(':8100/');
  });
});

describe('Announcements', () => {
  test('are published, shown, replaced and unpublished', async () => {
    const { cluster, get, publish, unpublish, platform } = await startFake();
    const created = await publish(PATH, announcementXml(NIGHT));
    const answer = {
      url: `${cluster.url}/announcements/${PATH}.xml`,
      session: NAME,
      key: SESSION_KEY.publicKey,
      listen: `${cluster.url}/listen/${PATH}.mp3`,
    };
    expect([created.status, await created.json()]).toEqual([201, answer]);
    const xml = announcementXml(NIGHT, 'Other');
    const replaced = await publish(PATH, xml);
    expect([replaced.status, await replaced.json()]).toEqual([200, answer]);
    const shown = await get(`/announcements/${PATH}.xml`);
    expect(shown.headers.get('content-type')).toMatch(/^application\/xml/);
    expect(shown.headers.get('content-security-policy')).toContain('sandbox');
    expect(await shown.text()).toBe(xml);
    expect((await unpublish(PATH)).status).toBe(204);
    expect((await unpublish(PATH)).status).toBe(404);
    expect((await get(`/announcements/${PATH}.xml`)).status).toBe(404);
    expect(platform.launches).toHaveLength(1);
  });

  test('launch a rendezvous SCX that is kept until they are unpublished', async () => {
    const { publish, unpublish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const { id, rendezvous, access } = platform.launches[0]!;
    expect(rendezvous).toBe(true);
    const station = {
      ...{ title: 'Night music', genre: null, description: null, homepage: null },
      renditions: [],
      channels: [{ id: 1 }],
    };
    const kept = {
      rendezvous: true,
      keep: true,
      station,
      access,
      fallback: null,
      listenerHook: null,
      recording: null,
    };
    expect(await (await platform.renew(id)).json()).toEqual(kept);
    await unpublish(PATH);
    const unkept = { rendezvous: false, keep: false };
    expect(await (await platform.renew(id)).json()).toMatchObject(unkept);
  });

  test.each([
    [PATH, announcementXml(DAY), 422, 'is for scattercast://radio.example/day'],
    [PATH, '<SCATTERCAST/>', 422, 'must have an attribute "name"'],
    [PATH, '', 422, 'not valid'],
    [PATH, 'x'.repeat(70_000), 413, 'too large'],
    ['radio.example/a b', announcementXml(NIGHT), 400, 'Malformed session name:'],
    ['-x-/night', announcementXml(NIGHT), 400, 'not a host name'],
  ])('at %s are refused when they are not valid (%#)', async (path, xml, status, why) => {
    const { publish, platform } = await startFake();
    const response = await publish(path, xml);
    expect([response.status, await response.text()]).toEqual([
      status,
      expect.stringContaining(why),
    ]);
    expect(platform.launches).toEqual([]);
  });

  test('that are not UTF-8, or are compressed, are refused', async () => {
    const { get, operator } = await startFake();
    const put = (body: Uint8Array<ArrayBuffer>, more = {}) =>
      get(`/announcements/${PATH}.xml`, { method: 'PUT', body, headers: { ...operator, ...more } });
    expect((await put(new Uint8Array([0xff, 0xfe]))).status).toBe(400);
    const gzip = { 'content-encoding': 'gzip' };
    expect((await put(new Uint8Array([0x1f, 0x8b]), gzip)).status).toBe(415);
  });
});

describe('POST /leases', () => {
  test('requires the secret', async () => {
    const { get } = await startFake();
    const body = JSON.stringify(statusOf('00000000000000aa', NIGHT));
    for (const authorization of ['', 'Bearer x', 'Basic eDp5']) {
      const headers = { authorization };
      expect((await get('/leases', { method: 'POST', body, headers })).status).toBe(401);
    }
    expect((await get('/leases', { method: 'POST', body })).status).toBe(401);
    const guessed = proofOf('guess', 'POST', '/leases', body);
    expect((await get('/leases', { method: 'POST', body, headers: guessed })).status).toBe(401);
  });

  test('adopts an unknown SCX that exists, and refuses one that does not', async () => {
    const { get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const { leaseToken } = platform.launches[0]!;
    const send = (body: string) => {
      const headers = proofOf(leaseToken, 'POST', '/leases', body);
      return get('/leases', { method: 'POST', body, headers });
    };
    const post = (session: string, id = '00000000000000aa') =>
      send(JSON.stringify(statusOf(id, session)));
    expect((await post(DAY)).status).toBe(200);
    const { sessions } = clusterStatusSchema.parse(await (await get('/status')).json());
    const path = `radio.example/day@${SESSION_KEY.publicKey}`;
    expect(sessions.map((session) => session.path)).toContain(path);
    expect((await get(`/listen/${path}.mp3`)).status).toBe(302);
    expect((await get('/listen/radio.example/day.mp3')).status).toBe(404);
    expect((await post(idOf('scattercast://radio.example/noon'))).status).toBe(410);
    expect((await post(idOf('scattercast://radio.example/ghost'), 'bb'.repeat(8))).status).toBe(
      410,
    );
    expect((await send('{}')).status).toBe(400);
  });
});

describe('GET /rendezvous', () => {
  test('returns the address of the rendezvous SCX, also of a new one after a crash', async () => {
    const { get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const address = async () => (await get(`/rendezvous/${PATH}`)).json();
    expect(await address()).toEqual({ address: 'radio.example:8101' });
    platform.exit(platform.launches[0]!.id, 1);
    await expect.poll(() => platform.launches.length).toBe(2);
    expect(await address()).toEqual({ address: 'radio.example:8101' });
  });

  test('says that there is no SCX of the session', async () => {
    const { get } = await startFake();
    expect((await get(`/rendezvous/${PATH}`)).status).toBe(404);
    expect((await get('/rendezvous/a/b%20c')).status).toBe(404);
  });
});

describe('POST /attach', () => {
  const attach = (get: Awaited<ReturnType<typeof startFake>>['get'], body: unknown) =>
    get('/attach', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });

  test('returns the address of the SCX', async () => {
    const { cluster, get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const announcement = `${cluster.url}/announcements/${PATH}.xml`;
    const response = await attach(get, { announcement, role: 'source' });
    expect(await response.json()).toEqual({
      session: NIGHT,
      sources: [STATION],
      scx: {
        id: platform.launches[0]!.id,
        httpUrl: 'http://radio.example:8100/night.mp3',
        overlayAddress: 'radio.example:8101',
      },
      multicast: null,
      keepAliveMs: 1000,
    });
  });

  test('names every mistake in a request', async () => {
    const { get } = await startFake();
    const response = await attach(get, { announcement: 7, role: 'king', more: 1 });
    const { problems } = (await response.json()) as { problems: string[] };
    expect(response.status).toBe(400);
    expect(problems.join()).toMatch(/announcement:.*role:.*more/);
    expect((await get('/attach', { method: 'POST', body: '{}' })).status).toBe(415);
  });

  test('refuses an announcement at a private address', async () => {
    const { get } = await startFake({ allowPrivate: false });
    const response = await attach(get, { announcement: 'http://10.0.0.1/x', role: 'listener' });
    expect(response.status).toBe(403);
  });
});

describe('GET /status', () => {
  test('shows the cluster, its sessions and their SCXs', async () => {
    const { cluster, get, publish, platform } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    await expect.poll(() => platform.launches.length).toBe(1);
    const { id } = platform.launches[0]!;
    const listeners = { listeners: 3, listenersTotal: 9 };
    const disturbances = {
      ...{ failovers: { closed: 2, silent: 1 }, stallMs: 340 },
      ...{ repaired: { failover: 12 }, lost: { unkept: 0 } },
    };
    const playing = { playing: '00000000000000bb', title: 'A - B' };
    await platform.renew(id, { ...listeners, ...playing, disturbances });
    const status = clusterStatusSchema.parse(await (await get('/status')).json());
    expect(status.cluster).toMatchObject({ url: cluster.url, scxs: 1, scxsMax: 4, listeners: 3 });
    expect(status.sessions).toEqual([
      {
        session: NAME,
        key: SESSION_KEY.publicKey,
        path: PATH,
        title: 'Night music',
        genre: null,
        description: null,
        homepage: null,
        listenUrl: `${cluster.url}/listen/${PATH}.mp3`,
        announcementUrl: `${cluster.url}/announcements/${PATH}.xml`,
        ...{ kept: true, listed: false, private: false },
        onAir: true,
        listeners: 3,
        listenersPeak: 3,
        listenersTotal: 9,
        listenersMax: 100,
        sources: 0,
        disturbances,
        scxs: [expect.objectContaining({ id, title: 'A - B' })],
      },
    ]);
  });

  test('adds up the disturbances of the SCXs of a session, cause by cause', () => {
    const disturbed = (id: string, failovers: Record<string, number>) =>
      statusOf(id, NIGHT, { disturbances: { failovers, stallMs: 5, repaired: {}, lost: {} } });
    const { sessions } = clusterStatus({
      ...{
        url: 'http://h:8000',
        version: '1',
        startedAt: '',
        key: SESSION_KEY.publicKey,
        scxsMax: 4,
        machines: undefined,
        scxCount: 2,
      },
      scxs: [disturbed('a'.repeat(16), { closed: 1, left: 2 }), disturbed('b', { closed: 3 })],
      spares: [],
      ...{
        published: [],
        running: [],
        recall: () => undefined,
        listenersOf: () => ({ peak: 0, total: 0 }),
      },
    });
    expect(sessions[0]?.disturbances).toEqual({
      ...{ failovers: { closed: 4, left: 2 }, stallMs: 10, repaired: {}, lost: {} },
    });
  });

  test('is joined by metrics and health', async () => {
    const { get, platform } = await startFake();
    platform.waiting = [1, 2, 3].map((pid) => ({ pid, isReady: pid < 3 }));
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('scattercast_scxs_max 4');
    expect(metrics).toContain('scattercast_scxs 0');
    expect(metrics).toContain('scattercast_scx_spares 2');
    const { cluster } = clusterStatusSchema.parse(await (await get('/status')).json());
    expect(cluster).toMatchObject({ scxs: 0, spares: [{ pid: 1, ready: true }, {}, {}] });
    expect(await (await get('/healthz')).text()).toBe('ok\n');
  });
});

describe('The front end', () => {
  test('serves its page with a policy that runs only its own files', async () => {
    const { get } = await startFake();
    const page = await get('/');
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await page.text();
    for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await get(path!)).status, path).toBe(200);
    }
    expect(html).not.toMatch(/ on[a-z]+=|<style|javascript:/);
  });

  test.each([
    ['POST', '/listen', 'GET, HEAD, OPTIONS'],
    ['GET', '/attach', 'POST, OPTIONS'],
    ['POST', '/announcements/a/b.xml', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['DELETE', '/', 'GET, HEAD, OPTIONS'],
  ])('answers %s %s with 405 and what is allowed', async (method, path, allow) => {
    const { get } = await startFake();
    const response = await get(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect((await get(path, { method: 'OPTIONS' })).status).toBe(204);
  });

  test('survives incomplete requests, 10,000 headers and garbage', async () => {
    const { cluster, get } = await startFake();
    const headers = Array.from({ length: 10_000 }, (_, n) => `x-${n}: y\r\n`).join('');
    const many = await rawExchange(cluster.port, `GET / HTTP/1.1\r\nhost: a\r\n${headers}\r\n`);
    expect(many).toMatch(/^(HTTP\/1\.1 431 |$)/);
    await rawExchange(
      cluster.port,
      'PUT /announcements/radio.example/night.xml HTTP/1.1\r\nhost: a',
    );
    await rawExchange(
      cluster.port,
      'PUT /announcements/a.example/b.xml HTTP/1.1\r\nhost: a\r\ncontent-length: 900\r\n\r\n<SCA',
    );
    await rawExchange(cluster.port, '\u0000\u0001\u0002garbage\r\n\r\n');
    expect((await get('/healthz')).status).toBe(200);
  });

  test('copies nothing of a request into a page or a header', async () => {
    const { get } = await startFake();
    const response = await get('/listen?announcement=%0d%0aX-Evil:1%3Cscript%3E');
    expect(response.headers.get('x-evil')).toBeNull();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
  });
});
