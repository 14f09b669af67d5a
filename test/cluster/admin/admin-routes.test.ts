/** The administration of a front end, whose SCXs are stand-ins that tell what a test wants. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { parseSessionName } from '../../../src/session/session-name.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, temporaryFolder, until } from '../support.js';

const DAY = 'scattercast://radio.example/day';
const SOURCE = 'a'.repeat(16);
const MOUNT = '/radio.example/night.mp3';
const basic = (password: string, user = 'admin'): string => `Basic ${btoa(`${user}:${password}`)}`;

const LISTENERS = {
  listeners: [
    { id: 7, address: '198.51.100.7', agent: 'A', connectedS: 3 },
    { id: 8, address: '2001:db8:1:2::8', agent: '', connectedS: 4 },
  ],
};
const SOURCES = {
  sources: [{ id: SOURCE, address: '192.0.2.5', agent: 'butt' }],
  ...{ attached: 2, bytesRead: 10, bytesSent: 20, slowListeners: 1 },
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An SCX that answers as a real one does. */
const honest: Handler = ({ method, url }, response) => {
  const answers: Readonly<Record<string, object | undefined>> = {
    'GET /admin/listeners': LISTENERS,
    'GET /admin/sources': SOURCES,
    'DELETE /admin/sources': { ended: 1 },
  };
  const known = method === 'DELETE' && url === '/admin/listeners/7';
  const answer = answers[`${method} ${url}`];
  response.statusCode = known ? 204 : answer === undefined ? 404 : 200;
  response.end(answer === undefined ? '' : JSON.stringify(answer));
};

const servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A cluster with the sessions night, which is on the air, and day, which is not. */
async function start(handle: Handler = honest) {
  const dataDir = temporaryFolder();
  const night = parseSessionName(NIGHT);
  if (!night.ok) throw new Error('no name');
  const started = await startFake({ dataDir, mounts: new Map([['/live', night.value]]) });
  const publish = async (path: string, session: string) => {
    const response = await started.publish(path, announcementXml(session));
    return (await response.json()) as { token: string; password: string };
  };
  const own = await publish('radio.example/night', NIGHT);
  const other = await publish('radio.example/day', DAY);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    handle(request, response);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const { launches, renew } = started.platform;
  await until(() => launches.length === 2);
  const launched = launches.find(({ session }) => session === NIGHT);
  const source = { id: SOURCE, scx: `${launched?.id}`, priority: 128, costMs: 0, path: [] };
  const status: Partial<ScxStatus> = {
    httpUrl: `http://radio.example:${port}/night.mp3`,
    ...{ playing: SOURCE, title: 'A < B', listeners: 2, listenersTotal: 5 },
    sources: [{ ...source, audience: 30, flows: [] }],
  };
  await renew(`${launched?.id}`, status);
  const operator = readFileSync(`${dataDir}/admin-token`, 'utf8');
  const ask = async (path: string, password = operator, init: RequestInit = {}) => {
    const headers = { authorization: basic(password), ...init.headers };
    const response = await started.get(path, { ...init, headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return { ...started, own, other, asked, operator, ask };
}

describe('An administrator', () => {
  test('of the cluster sees what is on the air, with the listeners of all clusters', async () => {
    const { ask } = await start();
    const { body } = await ask('/admin/stats');
    expect(body.match(/<source mount="[^"]*">/g)).toEqual(['<source mount="/live.mp3">']);
    expect(body).toContain('/live.mp3</listenurl>');
    expect(body).toContain('<listener_peak>30</listener_peak><listeners>30</listeners>');
    expect(body).toContain('<source_ip>192.0.2.5</source_ip>');
    expect(body).toContain('<title>A &lt; B</title>');
    expect(body).toContain('<total_bytes_read>10</total_bytes_read>');
    expect(body).toContain('<source_total_connections>2</source_total_connections>');
  });

  test.each([MOUNT, '/radio.example/night', '/live', '/live.mp3', '/radio.example/night%3Fa'])(
    'finds a session at %s',
    async (mount) => {
      const { ask } = await start();
      const { status, body } = await ask(`/admin/listclients?mount=${mount}`);
      expect(status).toBe(200);
      expect(body).toContain(
        '<Listeners>2</Listeners><listener><IP>198.51.100.7</IP><UserAgent>A</UserAgent>' +
          '<Connected>3</Connected><ID>7</ID></listener>' +
          '<listener><IP>2001:db8:1:2::8</IP><Connected>4</Connected><ID>8</ID></listener>',
      );
    },
  );

  test('of a session sees that session only, and no address', async () => {
    const { ask, own, other } = await start();
    const { body } = await ask(`/admin/listclients?mount=${MOUNT}`, own.token);
    expect(body).toContain('<IP>198.51.100.0</IP>');
    expect(body).toContain('<IP>2001:db8:1::</IP>');
    expect((await ask('/admin/stats', own.token)).body).toContain('/live.mp3');
    expect((await ask('/admin/stats', other.token)).body).not.toContain('live');
    for (const command of ['listclients', 'killsource', 'killclient', 'stats']) {
      const answer = await ask(`/admin/${command}?mount=${MOUNT}&id=7`, other.token);
      expect(answer.status).toBe(400);
    }
  });

  test('ends a listener, or the source', async () => {
    const { ask, own, asked } = await start();
    const kill = (id: string) => ask(`/admin/killclient?mount=${MOUNT}&id=${id}`, own.token);
    expect((await kill('7')).body).toContain('<message>Client 7 removed</message>');
    expect((await kill('9')).body).toContain('<message>Client 9 not found</message>');
    for (const id of ['', '-7', '7x', '%3Cx%3E', '1e3', '9'.repeat(40)]) {
      expect((await kill(id)).status).toBe(400);
    }
    const { body } = await ask(`/admin/killsource?mount=${MOUNT}`, own.token);
    expect(body).toContain('<message>Source Removed</message><return>1</return>');
    expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(3);
  });

  test('is told when no source is attached here', async () => {
    const { ask } = await start((_request, response) => response.end('{"ended":0}'));
    const { status, body } = await ask(`/admin/killsource?mount=${MOUNT}`);
    expect(status).toBe(200);
    expect(body).toContain('<return>0</return>');
  });

  test("of the cluster may send titles; its SCX sees the cluster's secret only", async () => {
    const { ask, asked, operator } = await start();
    await ask(`/admin/metadata?mode=updinfo&mount=${MOUNT}&song=A`);
    await ask('/admin/stats');
    expect(asked.length).toBeGreaterThan(1);
    for (const line of asked) expect(line).toMatch(/ Bearer [\w-]{43}$/);
    expect(asked.join()).not.toContain(operator);
  });
});

describe('The administration', () => {
  test('is closed to other secrets, and to the right one with another name', async () => {
    const { get, own, operator, asked } = await start();
    const secret = `Bearer ${operator}`;
    const wrong = [basic('x'), basic(own.password), basic(operator, 'source'), basic(''), secret];
    for (const authorization of wrong) {
      const response = await get('/admin/stats', { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      expect(await response.text()).not.toContain('live');
    }
    expect(asked).toEqual([]);
  });

  test('answers a client that guesses later each time, and counts the guesses', async () => {
    const { get } = await start();
    const waits = vi.spyOn(globalThis, 'setTimeout');
    const headers = { authorization: basic('guess') };
    for (let times = 0; times < 4; times++) await get('/admin/stats', { headers });
    expect(waits.mock.calls.filter(([, ms]) => ms === 500)).toHaveLength(1);
    vi.restoreAllMocks();
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(/_http_requests_total\{route="\/admin\/stats",status="401"\} 4/);
  });

  test('lets nobody guess by asking without credentials', async () => {
    const { get } = await start();
    const waits = vi.spyOn(globalThis, 'setTimeout');
    for (let times = 0; times < 6; times++) expect((await get('/admin/stats')).status).toBe(401);
    expect(waits.mock.calls.filter(([, ms]) => ms === 500)).toEqual([]);
    vi.restoreAllMocks();
  });

  test.each(['cross-site', 'same-site'])(
    'does nothing for a page of another site that a browser shows (%s)',
    async (site) => {
      const { ask, asked, operator } = await start();
      const headers = { 'Sec-Fetch-Site': site };
      for (const command of ['stats', 'killsource', 'killclient', 'listclients']) {
        const path = `/admin/${command}?mount=${MOUNT}&id=7`;
        expect((await ask(path, operator, { headers })).status).toBe(403);
      }
      expect(asked).toEqual([]);
    },
  );

  test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('ends nothing on %s', async (method) => {
    const { ask, asked, operator } = await start();
    await ask(`/admin/killsource?mount=${MOUNT}`, operator, { method }).catch(() => undefined);
    expect(asked).toEqual([]);
  });

  test.each<[string, Handler]>([
    ['says nothing that is JSON', (_request, response) => response.end('<x>')],
    ['says something else', (_request, response) => response.end('{"listeners":[{"id":-1}]}')],
    ['does not know the request', (_request, response) => response.writeHead(404).end()],
    ['breaks off', (_request, response) => void response.destroy()],
    [
      'sends without an end',
      (_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, 32))) {}
        };
        response.on('drain', more);
        more();
      },
    ],
  ])('answers although an SCX %s', async (_what, handle) => {
    const { ask } = await start(handle);
    const { status, body } = await ask('/admin/stats');
    expect(status).toBe(200);
    expect(body).toContain('/live.mp3');
    expect((await ask(`/admin/listclients?mount=${MOUNT}`)).body).toContain('<Listeners>0<');
  });

  test('opens with the password that the operator has written into the file', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(`${dataDir}/admin-token`, 'a long passphrase\n'.replaceAll(' ', '-'));
    const { get } = await startFake({ dataDir });
    const headers = { authorization: basic('a-long-passphrase') };
    expect((await get('/admin/listmounts', { headers })).status).toBe(200);
  });

  test.each(['', 'short', 'x'.repeat(200), 'with a space in it'])(
    'does not open at all with %j in the file',
    async (text) => {
      const dataDir = temporaryFolder();
      writeFileSync(`${dataDir}/admin-token`, text);
      await expect(startFake({ dataDir })).rejects.toThrow('16 to 128 printable characters');
    },
  );
});
