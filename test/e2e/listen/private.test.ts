/**
 * A private session, from outside: a station, a listener with a ticket, and strangers who know every
 * address of it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
const NAME = 'scattercast://radio.example/board';
const PATH = 'radio.example/board';
let [here, elsewhere] = [] as Cluster[];
let announcement = '';

const at = (cluster: Cluster | undefined, path: string): string => `${cluster?.url}${path}`;

const statusAt = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
};

/** Runs `ticket`; resolves with the address that it prints, and the ticket's id. */
async function issue(...args: string[]): Promise<{ url: string; id: string }> {
  const { token } = stage.secretsOf(announcement);
  const cluster = ['--cluster', at(here, ''), '--name', NAME];
  const run = stage.run(['ticket', ...cluster, '--json', ...args], {
    env: { SCATTERCAST_TOKEN: token },
  });
  await run.exited;
  return JSON.parse(run.stdout());
}

/** Announces again with these flags, as the station. */
async function announceAgain(...args: string[]): Promise<Running> {
  const { token } = stage.secretsOf(announcement);
  const run = stage.run(['announce', '--cluster', at(here, ''), '--name', NAME, ...args], {
    env: { SCATTERCAST_TOKEN: token },
  });
  await run.exited;
  return run;
}

beforeAll(async () => {
  [here, elsewhere] = await stage.clusters(2);
  announcement = await stage.announce(here as Cluster, NAME, '--private', '--title', 'The board');
  const { password } = stage.secretsOf(announcement);
  const target = ['--cluster', at(here, ''), '--announcement', PATH];
  const env = { SCATTERCAST_PASSWORD: password };
  await stage.run(['broadcast', ...target, '--loop', CLIP], { env }).line(/on the air/);
});

afterAll(() => stage.close());

test('Without a ticket there is a sentence at every address, and no page lists the session', async () => {
  const endings = ['.mp3', '.m3u', '.pls', '.xspf', '.m3u8', '.mp3?proxy=1', '.mp3?ticket=a.b.c.d'];
  const paths = endings.map((ending) => `/listen/${PATH}${ending}`);
  const query = `announcement=${encodeURIComponent(announcement)}`;
  for (const path of [...paths, `/${PATH}`, `/listen?${query}`, `/listen.m3u?${query}`]) {
    expect([path, await statusAt(at(here, path))]).toEqual([path, 401]);
  }
  expect(await (await fetch(at(here, paths[0] ?? ''))).text()).toContain('This session is private');
  const page = { headers: { Accept: 'text/html' } };
  expect((await fetch(at(here, `/${PATH}`), page)).status).toBe(401);
  for (const path of [`/api/sessions/${PATH}`, `/embed/${PATH}`]) {
    expect([path, await statusAt(at(here, path))]).toEqual([path, 404]);
  }
  for (const path of ['/status', '/status-json.xsl', '/status.xsl', '/played', '/statistics']) {
    const text = await (await fetch(at(here, path))).text();
    expect([path, text.includes('board')]).toEqual([path, false]);
  }
});

test('With a ticket one listens, and the SCX itself asks for it, too', async () => {
  const { url } = await issue('--until', '1h');
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const first = await response.body?.getReader().read();
  expect(first?.value?.length).toBeGreaterThan(400);
  const { origin, pathname } = new URL(response.url);
  for (const path of [pathname, pathname.replace('.mp3', '.m3u8'), '/status', '/status-json.xsl']) {
    expect([path, await statusAt(`${origin}${path}`)]).toEqual([path, 401]);
  }
  const playlist = await (await fetch(url.replaceAll('.mp3', '.m3u'))).text();
  expect(playlist).toContain('ticket=');
});

test('With a ticket one listens by HLS, and each address of it needs the ticket', async () => {
  const { url, id } = await issue();
  const textAt = async (address: string | URL) => {
    const response = await fetch(address);
    return { url: response.url, status: response.status, text: await response.text() };
  };
  const lineOf = (text: string): string => text.split('\n').find((line) => /^\w/.test(line)) ?? '';
  const variants = await textAt(url.replace('.mp3', '.m3u8'));
  const list = await textAt(new URL(lineOf(variants.text), variants.url));
  const segment = new URL(lineOf(list.text), list.url);
  const [name = ''] = segment.pathname.split('/').slice(-1);
  const ofFrontEnd = at(here, `/listen/${PATH}/${name}`);
  for (const address of [`${segment}`, `${ofFrontEnd}${segment.search}`]) {
    expect([address, await statusAt(address)]).toEqual([address, 200]);
    const without = address.replace(/[?&]ticket=.*/, '');
    expect([without, await statusAt(without)]).toEqual([without, 401]);
  }
  await announceAgain('--revoke', id);
  await until('the ticket to be void', async () => (await statusAt(`${segment}`)) === 401);
  expect(await statusAt(list.url)).toBe(401);
});

test('A ticket for one address is none for another', async () => {
  const { url } = await issue('--address', '192.0.2.7');
  expect(await statusAt(url)).toBe(401);
});

test('A cluster that is not listed does not carry the session', async () => {
  const { url } = await issue();
  const ticket = new URL(url).searchParams.get('ticket') ?? '';
  const query = new URLSearchParams({ announcement, ticket });
  const response = await fetch(at(elsewhere, `/listen?${query}`), { redirect: 'manual' });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('does not list this cluster');
});

test('A revoked ticket ends its listener, and no other one', async () => {
  const [lost, kept] = [await issue(), await issue()];
  const streams = await Promise.all([fetch(lost.url), fetch(kept.url)]);
  const readers = streams.map(({ body }) => body?.getReader());
  let ended = false;
  const drain = async (): Promise<void> => {
    while (!(await readers[0]?.read())?.done);
  };
  void drain()
    .catch(() => undefined)
    .then(() => {
      ended = true;
    });
  await announceAgain('--revoke', lost.id);
  await until('the end of the stream', () => ended);
  expect(await statusAt(lost.url)).toBe(401);
  for (let chunks = 0; chunks < 3; chunks++) {
    expect((await readers[1]?.read())?.done).toBe(false);
  }
  await readers[1]?.cancel();
});

test('An announcement that is repeated stays private until it is made public', async () => {
  await announceAgain('--title', 'Another title');
  expect(await statusAt(at(here, `/listen/${PATH}.mp3`))).toBe(401);
  await announceAgain('--public');
  await until('the front end to let everybody in', async () => {
    return (await statusAt(at(here, `/listen/${PATH}.mp3`))) === 200;
  });
});
