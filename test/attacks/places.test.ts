/**
 * Attackers that want every SCX that a cluster may run, or all of its fetches: strangers ask for ever
 * new sessions. The clients' addresses are those that a trusted proxy on this machine names, and the
 * servers of announcements are loopback addresses.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { afterTest } from '../after-test.js';
import { startFake } from '../cluster/fake-cluster.js';
import { announcementXml, idOf, NIGHT, until } from '../cluster/support.js';

const MAX = 12;

/** A server of any number of announcements, at every loopback address; `isSlow`: it never answers. */
async function announcements({ isSlow = false } = {}) {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (!isSlow) response.end(announcementXml(`scattercast://evil.example${url}`));
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, at: (host: number, name: string) => `http://127.0.0.${host}:${port}/${name}` };
}

async function setUp(options: Parameters<typeof announcements>[0] = {}) {
  const fake = await startFake({ maxScxs: MAX });
  const { at, asked } = await announcements(options);
  /** A listener at an address asks for a session; resolves to the status and the sentence. */
  const listen = async (client: string, url: string) => {
    const path = `/listen?announcement=${encodeURIComponent(url)}`;
    const response = await fake.get(path, { headers: { 'x-forwarded-for': client } });
    return { status: response.status, text: await response.text() };
  };
  const running = () => fake.platform.launches.length;
  return { ...fake, at, asked, listen, running };
}

const count = (answers: readonly { readonly status: number }[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

describe('A stranger', () => {
  test('with twelve announcements of one server does not take every place', async () => {
    const { at, listen, running } = await setUp();
    const asks = Array.from({ length: MAX }, (_, n) => listen(`198.51.100.${n}`, at(1, `s${n}`)));
    const answers = await Promise.all(asks);
    expect([count(answers, 302), count(answers, 503)]).toEqual([2, 10]);
    expect(answers.find(({ status }) => status === 503)?.text).toContain("announcement's server");
    expect(running()).toBe(2);
    expect((await listen('203.0.113.9', at(2, 'other'))).status).toBe(302);
  });

  test('with many servers has one share for its address, or for its IPv6 network', async () => {
    const { at, listen } = await setUp();
    for (const [kind, client] of [
      ['four', () => '198.51.100.7'],
      ['six', (n: number) => `2001:db8::${n + 1}`],
    ] as const) {
      const asks = Array.from({ length: 8 }, (_, n) => listen(client(n), at(n + 1, `${kind}${n}`)));
      const answers = await Promise.all(asks);
      expect([count(answers, 302), count(answers, 503)]).toEqual([2, 6]);
      expect(answers.find(({ status }) => status === 503)?.text).toContain('your address');
    }
    expect((await listen('203.0.113.9', at(99, 'other'))).status).toBe(302);
  });
});

test('Strangers of many addresses and servers leave what the sessions published here need', async () => {
  const { at, listen, running, publish, platform, get } = await setUp();
  const asks = Array.from({ length: 20 }, (_, n) => listen(`198.51.100.${n}`, at(n + 1, `s${n}`)));
  expect(count(await Promise.all(asks), 302)).toBe(9);
  for (const path of ['radio.example/a', 'radio.example/b', 'radio.example/c']) {
    expect((await publish(path, announcementXml(`scattercast://${path}`))).status).toBe(201);
  }
  await until(() => running() === MAX);
  expect((await get('/listen/radio.example/c.mp3')).status).toBe(302);
  // One that died gets its place back, although strangers still ask.
  platform.exit(platform.launches.at(-1)?.id ?? '', 1);
  const more = await Promise.all([...asks, listen('203.0.113.1', at(77, 'more'))]);
  expect(more.at(-1)?.status).toBe(503);
  await until(() => running() === MAX + 1);
  expect(platform.launches.at(-1)?.session).toBe(idOf('scattercast://radio.example/c'));
});

test('A stranger whose announcements never arrive does not block the fetches of others', async () => {
  const slow = await announcements({ isSlow: true });
  const { at, listen, publish } = await setUp();
  const stuck = Array.from({ length: 40 }, (_, n) =>
    listen(`198.51.100.${n}`, slow.at(1, `s${n}`)),
  );
  await until(() => slow.asked.length === 8);
  const refused = await Promise.race(stuck);
  expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('fetched')]);
  expect((await listen('198.51.100.1', at(2, 'other'))).status).toBe(302);
  expect((await publish('radio.example/night', announcementXml(NIGHT))).status).toBe(201);
  expect(slow.asked).toHaveLength(8);
});
