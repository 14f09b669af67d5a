/**
 * Attacks of the kinds that SHOUTcast, PeerCast and Node have had CVEs for, against a front end and an
 * SCX that serve.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CLIP, until } from '../../e2e/support/processes.js';
import { basic, exchange, head, hold, MOUNT, openScene, type Scene, statusOf } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
}, 90_000);

afterEach(() => scene.expectUnharmed());
afterAll(() => scene.close());

const SCRIPT = '<script>alert(1)</script>';
/** Pages and documents that show titles, or what was asked for. */
const SHOWING = [
  ...['/', '/status.xsl', '/status-json.xsl', '/7.html', '/stats?sid=1', '/stats?sid=1&json=1'],
  ...[
    '/status',
    '/played.html',
    '/played?type=xml',
    '/played?sid=1&type=json',
    '/index.html?sid=1',
    `/listen${MOUNT}.xspf`,
    `/listen${MOUNT}.m3u`,
  ],
  ...[`/${encodeURIComponent(SCRIPT)}`, `/listen?announcement=${encodeURIComponent(SCRIPT)}`],
];

/** What a browser would run: markup in a document that is shown as a page. */
const isShown = (answer: string): boolean => /content-type: [^\r]*(html|xml|svg)/i.test(answer);

const untilClosed = (): boolean => false;

// The history of titles was put into a page as it came, so a title could be a script.
test('CVE-2014-4166: a title or name with markup is text on every page', async () => {
  const { ports, password } = scene;
  const login = basic(`source:${password}`);
  const mount = `${MOUNT}?priority=200`;
  const source = hold(
    ports[0],
    head(
      `SOURCE ${mount} HTTP/1.0`,
      ...[login, 'Content-Type: audio/mpeg', `ice-name: ${SCRIPT}`, `ice-genre: ${SCRIPT}`],
    ),
  );
  await once(source, 'data');
  source.write(readFileSync(CLIP));
  const song = encodeURIComponent(SCRIPT);
  const target = `/admin/metadata?mode=updinfo&mount=${encodeURIComponent(mount)}&song=${song}`;
  expect(statusOf(await exchange(ports[0], head(`GET ${target} HTTP/1.0`, login)))).toBe(200);
  const page = head('GET /status.xsl HTTP/1.0', 'Connection: close');
  await until('the title to be shown', async () =>
    (await exchange(ports[0], page, untilClosed)).includes('script&gt;'),
  );
  const shown: string[] = [];
  for (const path of SHOWING) {
    const request = head(`GET ${path} HTTP/1.0`, 'Connection: close');
    for (const port of ports) shown.push(await exchange(port, request, untilClosed));
  }
  const pages = shown.filter(isShown);
  expect(pages.filter((page) => page.includes(SCRIPT))).toEqual([]);
  expect(pages.filter((page) => page.includes('&lt;script&gt;')).length).toBeGreaterThan(1);
  source.destroy();
}, 90_000);

// A request at the second port wrote the administrator's password to a log that all could read.
test('CVE-2002-1470: no log holds a password, right or wrong, and only the owner reads logs', async () => {
  const { ports, password, token } = scene;
  const wrong = 'wrong-Hunter2';
  for (const secret of [password, token, wrong]) {
    await exchange(ports[0] + 1, `${secret}\r\n\r\n`, (said) => said !== '');
    await exchange(ports[0] + 1, `GET /admin.cgi?pass=${secret} HTTP/1.0\r\n\r\n`, untilClosed);
    const targets = [`/admin.cgi?pass=${secret}&mode=updinfo&song=a`, `/admin.cgi?pass=${secret}`];
    targets.push(`/admin.cgi?mode=viewxml&sid=1&pass=${secret}`, `/stats?sid=1&pass=${secret}`);
    for (const target of targets) await scene.ask(head(`GET ${target} HTTP/1.0`));
    await scene.ask(head('GET /admin/stats HTTP/1.0', basic(`admin:${secret}`)));
    await scene.ask(head('GET /last HTTP/1.0', `Authorization: Bearer ${secret}`));
  }
  await until('the requests to be logged', () => scene.logs().split('/last HTTP').length > 3);
  const logs = scene.logs();
  for (const secret of [password, token, wrong]) expect(logs).not.toContain(secret);
  for (const mode of scene.logModes()) expect(mode & 0o007).toBe(0);
}, 120_000);

// Long fields behind the password, `icy-name` or `icy-url`, overran a buffer.
test('CVE-2003-1174: fields of a SHOUTcast encoder may be long, and are refused beyond a limit', async () => {
  const { ports, password } = scene;
  for (const length of [300, 1024, 4096, 8000, 20_000]) {
    for (const name of ['icy-name', 'icy-url', 'icy-genre', 'x'.repeat(40)]) {
      const fields = `${name}:${'a'.repeat(length)}\r\nicy-br:128\r\n\r\n`;
      const said = await exchange(ports[0] + 1, `${password}\r\n${fields}`, (all) =>
        all.includes('OK'),
      );
      expect(said).toMatch(/^OK2\r\n/);
    }
  }
  const long = await exchange(ports[0] + 1, `${'a'.repeat(5000)}\r\n`, untilClosed);
  expect(long).not.toContain('OK');
}, 120_000);

// Names and values in the query of a URL were copied into a buffer on the stack.
test('CVE-2006-1148: a query may be as long as a line, and names what it means or nothing', async () => {
  const queries = [`?${'a'.repeat(10_000)}`, `?announcement=${'a'.repeat(10_000)}`];
  queries.push(`?${'a'.repeat(5000)}=${'b'.repeat(5000)}`, `?${'a=b&'.repeat(2500)}`);
  queries.push(
    `?${'a[b]'.repeat(2000)}=1`,
    `?${'a%5b%5d=&'.repeat(1000)}`,
    '?%=%&%%=%zz',
    '?__proto__[a]=1',
  );
  for (const query of queries) {
    const [answer = ''] = await scene.ask(head(`GET /listen${query} HTTP/1.0`));
    // Without an announcement it is the stream that is on the air here.
    const isNamed = query.includes('announcement=');
    expect(isNamed ? [400, 404, 422, 502] : [302, 400, 404]).toContain(statusOf(answer));
    for (const streamed of await scene.ask(head(`GET ${MOUNT}.mp3${query} HTTP/1.0`))) {
      expect([200, 302, 400]).toContain(statusOf(streamed));
    }
  }
});

// A long SOURCE request overran a buffer on the heap.
test('CVE-2007-6454: SOURCE with a long mount or long headers is refused', async () => {
  for (const length of [1024, 4096, 12_000]) {
    for (const mount of [`/${'a'.repeat(length)}`, `${MOUNT}/${'/a'.repeat(length / 2)}`]) {
      const answers = await scene.ask(head(`SOURCE ${mount} HTTP/1.0`));
      for (const answer of answers) expect([401, 404]).toContain(statusOf(answer));
    }
    const request = head(`SOURCE ${MOUNT} ICE/1.0`, `ice-name: ${'a'.repeat(length)}`);
    for (const answer of await scene.ask(request)) expect(statusOf(answer)).toBe(401);
  }
  for (const answer of await scene.ask(head(`SOURCE /${'a'.repeat(40_000)} HTTP/1.0`))) {
    expect(statusOf(answer)).toBe(414);
  }
});

// A long user name or password was copied into a buffer of 64 bytes.
test('CVE-2008-2040: user name and password may have any length, and are wrong', async () => {
  const title = `GET /admin/metadata?mount=${MOUNT}&mode=updinfo&song=a HTTP/1.0`;
  const requests = [63, 64, 65, 1024, 1025, 8000].flatMap((length) => [
    head(`DELETE /announcements${MOUNT}.xml HTTP/1.0`, basic(`${'u'.repeat(length)}:p`)),
    head(title, basic(`u:${'p'.repeat(length)}`)),
  ]);
  // At once: wrong passwords are answered later and later.
  const answers = requests.map((request) => exchange(scene.ports[0], request));
  for (const answer of await Promise.all(answers)) expect(statusOf(answer)).toBe(401);
});

// The password travelled in a query, where logs, histories and Referer headers keep it.
test('CVE-2007-3087: no answer puts a secret into a URL, and no secret in a query opens anything', async () => {
  const { cluster, ports, token, password } = scene;
  const url = `${cluster.url}/announcements${MOUNT}.xml`;
  for (const query of [`?token=${token}`, `?access_token=${token}`, `?pass=${token}`]) {
    expect((await fetch(`${url}${query}`, { method: 'DELETE' })).status).toBe(401);
  }
  for (const secret of [token, password]) {
    const paths = [
      `${MOUNT}.mp3`,
      `/listen${MOUNT}.mp3`,
      `/listen${MOUNT}.m3u`,
      `/listen${MOUNT}.pls`,
    ];
    for (const path of [...paths, '/', '/status', '/status.xsl']) {
      const request = head(
        `GET ${path}?pass=${secret}&token=${secret} HTTP/1.0`,
        basic(`a:${secret}`),
      );
      const answer = await exchange(ports[0], request);
      expect(statusOf(answer)).not.toBe(0);
      expect(answer).not.toContain(secret);
    }
  }
  const page = await (await fetch(cluster.url)).text();
  expect(page).not.toMatch(/type="?password/i);
});

// Heads that came a few bytes at a time, each within the time limit, held all connections.
test('CVE-2018-12122: connections whose head never ends are closed, however it drips', async () => {
  const { cluster, ports } = scene;
  const drips = ports.flatMap((port) =>
    Array.from({ length: 200 }, () => hold(port, 'GET / HTTP/1.1\r\nA: ')),
  );
  const dripping = setInterval(
    () => drips.forEach((socket) => void (socket.writable && socket.write('a\r\nb: '))),
    500,
  );
  const closed = Promise.all(drips.map((socket) => socket.closed || once(socket, 'close')));
  const meanwhile = await fetch(`${cluster.url}/listen${MOUNT}.mp3`);
  expect(meanwhile.status).toBe(200);
  await meanwhile.body?.cancel();
  await closed;
  clearInterval(dripping);
}, 90_000);
