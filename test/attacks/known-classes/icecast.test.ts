/** Attacks of the kinds that Icecast has had CVEs for, against a front end and an SCX that serve. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../../e2e/support/processes.js';
import { basic, exchange, head, hold, MOUNT, openScene, type Scene, statusOf } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
}, 90_000);

afterEach(() => scene.expectUnharmed());
afterAll(() => scene.close());

/** Each answer is a refusal that says something, or what was asked for; none is an internal error. */
const expectAnswered = (answers: readonly string[], statuses: readonly number[]): void => {
  for (const answer of answers) expect(statuses).toContain(statusOf(answer));
};

// Headers of listeners were copied into a buffer for URL authentication, and overran it.
test('CVE-2018-18820: headers of a listener may have any length up to the limit', async () => {
  for (const length of [255, 256, 1023, 4095, 4096, 8191, 16_000]) {
    const request = head(
      `GET /listen${MOUNT}.mp3 HTTP/1.0`,
      `User-Agent: ${'%n%s'.repeat(length / 4)}`,
      'Host: a',
    );
    expectAnswered(await scene.ask(request), [200, 302, 404]);
  }
  const many = Array.from({ length: 60 }, (_, index) => `X-${index}: ${'b'.repeat(200)}`);
  expectAnswered(await scene.ask(head(`GET ${MOUNT}.mp3 HTTP/1.0`, ...many)), [200, 302]);
  expectAnswered(await scene.ask(head('GET / HTTP/1.0', `A: ${'b'.repeat(20_000)}`)), [431]);
});

// With stream authentication, a source request without credentials dereferenced a null pointer.
test('CVE-2015-3026: requests with missing, empty or halved credentials get 401', async () => {
  const logins = [[], ['Authorization:'], ['Authorization: Basic'], ['Authorization: Basic Og==']];
  logins.push(['Authorization: Basic =='], ['Authorization: Bearer'], [basic('source')]);
  const targets = [
    `/admin/killsource?mount=${MOUNT}`,
    `/admin/metadata?mode=updinfo&mount=${MOUNT}`,
  ];
  for (const login of logins) {
    const source = [`SOURCE ${MOUNT} HTTP/1.0`, 'Content-Type: audio/mpeg', ...login];
    expectAnswered(await scene.ask(head(...source)), [401]);
    for (const target of targets) {
      const [answer = ''] = await scene.ask(head(`GET ${target} HTTP/1.0`, ...login));
      expectAnswered([answer], [401]);
    }
  }
}, 90_000);

/** The sockets of a process, by inode. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.[1] ?? [];
    } catch {
      return []; // It was closed meanwhile.
    }
  });
}

/** The inodes of established connections at a local port. */
function connectionsAt(port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, address = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return address.endsWith(local) && state === '01' ? [inode] : [];
  });
}

// Scripts that were run on connect inherited the sockets of clients, which read their output.
test('CVE-2014-9018: processes that are started hold no connection of a client', async () => {
  const { cluster, ports } = scene;
  const clients = [
    hold(ports[0], 'GET /half'),
    hold(ports[0], `GET ${MOUNT}.mp3?proxy=1 HTTP/1.0\r\n\r\n`),
  ];
  await until(
    'the connections to be there',
    () => connectionsAt(ports[0]).length >= clients.length,
  );
  const known = (await cluster.scxs()).map(({ pid }) => pid);
  const [frontEnd] = ports;
  await scene.publish('radio.example/other');
  const started = await until('another SCX', async () =>
    (await cluster.scxs()).find(({ pid }) => !known.includes(pid)),
  );
  const taken = connectionsAt(frontEnd);
  expect(socketsOf(cluster.process.pid).filter((inode) => taken.includes(inode))).not.toEqual([]);
  expect(socketsOf(started.pid).filter((inode) => taken.includes(inode))).toEqual([]);
  for (const client of clients) client.destroy();
}, 90_000);

// A line end in a requested path began a line of its own in the error log.
test('CVE-2011-4612: what a client sends cannot forge lines of a log or move a terminal', async () => {
  const forged = '%0d%0aforged line%1b[2J';
  const escaped = '\\x0aforged \x1b[2J\x07'.replace('\\x0a', '');
  await scene.ask(
    head(`GET /${forged.replaceAll(' ', '%20')}.mp3 HTTP/1.0`, 'User-Agent: a\\nforged'),
  );
  await scene.ask(head(`GET /a?b=${forged.replaceAll(' ', '+')} HTTP/1.0`, 'Referer: "\\forged'));
  await scene.ask(head(`SOURCE /${forged.replaceAll(' ', '%20')} HTTP/1.0`, 'Ice-Name: forged'));
  expectAnswered(await scene.ask(head('GET / HTTP/1.0', `User-Agent: ${escaped}`)), [400]);
  await until('the requests to be logged', () => scene.logs().includes('forged'));
  const lines = scene.logs().split('\n');
  expect(lines.filter((line) => /^\s*forged/.test(line))).toEqual([]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are searched for
  expect(lines.filter((line) => /[\x00-\x08\x0b-\x1f\x7f]/.test(line))).toEqual([]);
});

// A dot behind the name of a page showed its source instead of what it renders.
test('CVE-2005-0837: a name of a page with something behind it is another name', async () => {
  const names = [
    '/status.xsl',
    '/status-json.xsl',
    '/index.html',
    '/directory.js',
    '/admin/stats.xsl',
  ];
  for (const name of names) {
    for (const more of ['.', '%2e', '%00', '::$DATA', '~', '.bak', '%20']) {
      const answers = await scene.ask(head(`GET ${name}${more} HTTP/1.0`));
      expectAnswered(answers, [400, 401, 403, 404]);
    }
  }
});

// A long text in base64 overran the buffer that it was decoded into.
test('CVE-2004-2027: a login may be as long as a head, and is wrong', async () => {
  const logins = [400, 1024, 4096, 8400].flatMap((length) => [
    basic(`source:${'a'.repeat(length)}`),
    basic(`${'b'.repeat(length)}:c`),
  ]);
  // At once: wrong passwords are answered later and later.
  const answers = logins.map(async (login) => {
    const request = head(`SOURCE ${MOUNT} HTTP/1.0`, 'Content-Type: audio/mpeg', login);
    expectAnswered(await scene.ask(request), [401]);
  });
  await Promise.all(answers);
  const [answer = ''] = await scene.ask(head('GET /admin/stats HTTP/1.0', basic('a'.repeat(9000))));
  expectAnswered([answer], [401]);
});

// The 32nd header was written behind the end of a table.
test('CVE-2004-1561: one header more than the table holds is refused', async () => {
  for (const count of [31, 32, 33, 63, 64]) {
    const headers = Array.from({ length: count }, (_, index) => `H${index}: a`);
    expectAnswered(await scene.ask(head('GET /healthz HTTP/1.0', ...headers)), [200, 404]);
  }
  const headers = Array.from({ length: 65 }, (_, index) => `H${index}: a`);
  expectAnswered(await scene.ask(head('GET /healthz HTTP/1.0', ...headers)), [431]);
});

// A long path in a player's request overran a buffer.
test('CVE-2002-0177: a path may be as long as a line, and a longer one is refused', async () => {
  for (const length of [255, 1023, 4096, 8192, 12_000]) {
    expectAnswered(await scene.ask(head(`GET /${'a'.repeat(length)} HTTP/1.0`)), [404]);
    expectAnswered(await scene.ask(head(`GET /${'a/'.repeat(length / 2)} HTTP/1.0`)), [404]);
  }
  for (const length of [12_300, 16_384, 200_000]) {
    expectAnswered(await scene.ask(head(`GET /${'a'.repeat(length)} HTTP/1.0`)), [414]);
  }
  // As many heads that were slow to read as ended an SCX once.
  const slow = head('GET /healthz HTTP/1.0', `A: b${' '.repeat(16_000)}c`);
  const all = Array.from({ length: 150 }, () => exchange(scene.ports[1], slow));
  expectAnswered(await Promise.all(all), [200]);
});

const UPWARDS = [
  ...[
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
  ],
  ...['/..\\..\\..\\etc\\passwd', '/....//....//....//etc/passwd', '/.%00./.%00./etc/passwd'],
  ...['//etc/passwd', '/listen/../../../../etc/passwd', '/announcements/..%2f..%2f/etc/passwd.xml'],
  ...['/demo/../../package.json', '/%252e%252e/etc/passwd', 'http://a/../../../etc/passwd'],
];

// `..` in a path, plain or escaped, led out of the directory of pages.
test('CVE-2001-0784: no path leads out of the pages, nor to a file of the cluster', async () => {
  for (const path of UPWARDS) {
    for (const answer of await scene.ask(head(`GET ${path} HTTP/1.0`))) {
      expect([301, 302, 400, 403, 404, 422]).toContain(statusOf(answer));
      expect(answer).not.toMatch(/root:|"devDependencies"/);
    }
  }
  const [written = ''] = await scene.ask(
    head('PUT /announcements/..%2f..%2fevil/x.xml HTTP/1.0', 'Content-Length: 1', '', '<'),
  );
  expectAnswered([written], [400, 401, 403, 404, 422]);
});
