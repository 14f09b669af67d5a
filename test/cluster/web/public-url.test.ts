import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT } from '../support.js';

const PATH = 'radio.example/night';
const OWN = Symbol('our own URL from the configuration');

type Headers = Record<string, string>;

/** Asks with headers that `fetch` does not let one set. */
async function ask(port: number, path: string, headers: Headers, body?: string) {
  const method = body === undefined ? 'GET' : 'PUT';
  const asking = request({ host: '127.0.0.1', port, path, method, headers }).end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { headers: answer.headers, body: await text(answer) };
}

const https = { 'X-Forwarded-Proto': 'https' };

const CASES: [string, Headers, string | typeof OWN][] = [
  ['a name', { Host: 'radio.example', ...https }, 'https://radio.example'],
  ['the default port', { Host: 'radio.example:443', ...https }, 'https://radio.example'],
  ['upper case', { Host: 'Radio.Example', ...https }, 'https://radio.example'],
  ['upper case and the port', { Host: 'RADIO.example:443', ...https }, 'https://radio.example'],
  ['another port', { Host: 'radio.example:8443', ...https }, 'https://radio.example:8443'],
  ['an IPv6 address', { Host: '[2001:DB8::1]:443', ...https }, 'https://[2001:db8::1]'],
  [
    'X-Forwarded-Host',
    { Host: '127.0.0.1:8000', 'X-Forwarded-Host': 'Radio.Example:443', ...https },
    'https://radio.example',
  ],
  [
    'a chain of proxies',
    { Host: 'inner', 'X-Forwarded-Host': 'radio.example, inner', ...https },
    'https://radio.example',
  ],
  [
    'X-Forwarded-Host by http',
    { Host: '127.0.0.1:8000', 'X-Forwarded-Host': 'radio.example' },
    'http://radio.example',
  ],
  [
    'a path prefix',
    { Host: 'radio.example', 'X-Forwarded-Prefix': '/radio/', ...https },
    'https://radio.example/radio',
  ],
  [
    'a prefix that is none',
    { Host: 'radio.example', 'X-Forwarded-Prefix': '/"><b>', ...https },
    'https://radio.example',
  ],
  ['the name that the proxy has for us', { Host: '127.0.0.1:8000', ...https }, OWN],
  ['the same by http', { Host: 'upstream' }, OWN],
  ['any name by http', { Host: 'evil.example' }, OWN],
  ['a user name', { Host: 'user@evil.example', ...https }, OWN],
  ['a path', { Host: 'evil.example/x', ...https }, OWN],
  ['nonsense', { Host: 'a b', ...https }, OWN],
  ['an empty name', { Host: '', ...https }, OWN],
];

describe('A client that came by', () => {
  test.each(CASES)('%s is told that origin in every address', async (_what, headers, told) => {
    const { cluster, publish, operator } = await startFake();
    await publish(PATH, announcementXml(NIGHT));
    const expected = told === OWN ? cluster.url : told;
    const at = (path: string) => ask(cluster.port, path, headers);
    const listen = `${expected}/listen/${PATH}.mp3`;
    const announcement = `${expected}/announcements/${PATH}.xml`;
    for (const kind of ['m3u', 'pls', 'xspf']) {
      const playlist = (await at(`/listen/${PATH}.${kind}`)).body;
      expect(playlist.match(/https?:\/\/[^\s<]+\.mp3/)?.[0]).toBe(listen);
    }
    const status = JSON.parse((await at('/status')).body);
    expect(status.cluster.url).toBe(expected);
    expect(status.sessions[0]).toMatchObject({ listenUrl: listen, announcementUrl: announcement });
    const path = `/announcements/${PATH}.xml`;
    const put = { ...headers, ...operator };
    const published = await ask(cluster.port, path, put, announcementXml(NIGHT));
    expect(JSON.parse(published.body)).toMatchObject({ url: announcement, listen });
  });

  test('the name that a proxy gives it is believed from trusted proxies only', async () => {
    const { cluster, publish } = await startFake({ trustedProxies: ['192.0.2.1'] });
    await publish(PATH, announcementXml(NIGHT));
    for (const [, headers] of CASES) {
      const { body } = await ask(cluster.port, `/listen/${PATH}.m3u`, headers);
      expect(body).toContain(`\n${cluster.url}/listen/${PATH}.mp3\n`);
    }
  });

  test.each(['radio.example', 'Radio.Example:443', 'RADIO.EXAMPLE'])(
    '%s behind https finds what is published here under that name, without a fetch',
    async (host) => {
      const { cluster, publish } = await startFake({ allowPrivate: false });
      await publish(PATH, announcementXml(NIGHT));
      const url = encodeURIComponent(`https://radio.example/announcements/${PATH}.xml`);
      const headers = { Host: host, ...https };
      const { body } = await ask(cluster.port, `/listen.m3u?announcement=${url}`, headers);
      expect(body).toContain(`\nhttps://radio.example/listen/${PATH}.mp3\n`);
    },
  );
});

describe('A redirect', () => {
  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );

  test.skipIf(!hasIpv6)('leads to the IPv6 address by which the player came', async () => {
    const { cluster, publish } = await startFake({ host: '192.0.2.1', listenHost: '::' });
    await publish(PATH, announcementXml(NIGHT));
    const { port } = cluster;
    const at = async (path: string) => fetch(`http://[::1]:${port}${path}`, { redirect: 'manual' });
    const location = (await at(`/listen/${PATH}.mp3`)).headers.get('location');
    expect(location).toMatch(/^http:\/\/\[::1\]:81\d\d\/night\.mp3$/);
    const m3u = await (await at(`/listen/${PATH}.m3u`)).text();
    expect(m3u).toContain(`\nhttp://[::1]:${port}/listen/${PATH}.mp3\n`);
    const ours = (await ask(port, `/listen/${PATH}.mp3`, { Host: '127.0.0.1' })).headers.location;
    expect(ours).toMatch(/^http:\/\/192\.0\.2\.1:81\d\d\/night\.mp3$/);
    const forged = { Host: '[2001:db8::1]' };
    expect((await ask(port, `/listen/${PATH}.mp3`, forged)).headers.location).toBe(ours);
  });
});
