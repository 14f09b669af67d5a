/**
 * The tools of stations ask for statistics and listeners as they ask Icecast: each request goes to a
 * real Icecast and to a cluster, both of which have one source and two listeners, and the answers are
 * compared.
 */
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ffmpeg } from '../support/encoders.js';
import { type Icecast, PASSWORD, startIcecast } from '../support/icecast.js';
import { has } from '../support/players.js';
import { type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const installed = has('icecast2') && has('ffmpeg') && has('curl');
const NIGHT = 'scattercast://radio.example/night';
const MOUNT = '/radio.example/night.mp3';
const [DAY, DAY_MOUNT] = ['scattercast://radio.example/day', '/radio.example/day.mp3'];
const TITLE = 'A & B <c> "d"';
const AGENT = 'Pl<ay>er & "x"';

const stage = createStage();
const running: Running[] = [];
let icecast: Icecast;
let cluster: Cluster;
let token = '';
let operator = '';

const basic = (password: string, user = 'admin'): string => `Basic ${btoa(`${user}:${password}`)}`;

/** A server, and the credentials of its administrator. */
interface Server {
  readonly url: string;
  readonly admin: string;
}

const theirs = (): Server => ({ url: icecast.url(''), admin: basic(PASSWORD) });
const ours = (): Server => ({ url: cluster.url, admin: basic(operator) });

async function ask({ url, admin }: Server, path: string, authorization = admin) {
  const headers = authorization === '' ? {} : { authorization };
  const response = await fetch(`${url}${path}`, { headers });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    type: response.headers.get('content-type'),
    body: await response.text(),
  };
}

/** The elements of a document with their depths and attributes' names, without the texts. */
function shapeOf(xml: string): string[] {
  const shape: string[] = [];
  let depth = 0;
  for (const [, closing, name, attributes = ''] of xml.matchAll(/<(\/?)([\w-]+)([^>?]*)>/g)) {
    if (closing === '/') depth--;
    else shape.push(`${'  '.repeat(depth++)}${name}${attributes.replace(/"[^"]*"/g, '""')}`);
  }
  return shape;
}

const valuesOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value = '']) => value);

const player = (url: string, agent: string): void => {
  running.push(start('curl', ['-sL', '-A', agent, '-o', '/dev/null', url]));
};

const idsOf = async (server: Server, mount = MOUNT): Promise<string[]> =>
  valuesOf((await ask(server, `/admin/listclients?mount=${mount}`)).body, 'ID');

const hasMount = async (server: Server, mount: string): Promise<boolean> =>
  (await ask(server, '/admin/listmounts')).body.includes(`<source mount="${mount}">`);

async function prepareOurs(): Promise<void> {
  cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, NIGHT, '--title', 'Night');
  const { password, adminPassword: admin } = stage.secretsOf(announcement);
  token = admin;
  operator = readFileSync(`${cluster.dataDir}/admin-token`, 'utf8').trim();
  running.push(ffmpeg({ port: cluster.port, mount: MOUNT, password }));
  const song = new URLSearchParams({ mount: MOUNT, mode: 'updinfo', song: TITLE });
  await until('the title', async () => {
    await ask(ours(), `/admin/metadata?${song}`);
    return (await cluster.status()).sessions[0]?.scxs[0]?.title === TITLE;
  });
}

async function prepareTheirs(): Promise<void> {
  icecast = await startIcecast();
  running.push(await icecast.feed(MOUNT));
  await icecast.setTitle(MOUNT, TITLE);
}

beforeAll(async () => {
  if (!installed) return;
  await Promise.all([prepareOurs(), prepareTheirs()]);
  for (const server of [ours(), theirs()]) {
    for (const agent of [AGENT, 'Player/1.0']) player(`${server.url}${MOUNT}`, agent);
    await until('two listeners', async () => {
      const { body } = await ask(server, '/admin/stats');
      const counts = valuesOf(body, 'listeners');
      return counts.join() === '2,2' && (await idsOf(server)).length === 2;
    });
  }
}, 90_000);

afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await stage.close();
  if (installed) await icecast.close();
});

describe.skipIf(!installed)("A cluster's administration, beside that of Icecast,", () => {
  test.each([
    '/admin/stats',
    '/admin/stats.xml',
    `/admin/stats?mount=${MOUNT}`,
    '/admin/listmounts',
    `/admin/listclients?mount=${MOUNT}`,
    `/admin/killclient?mount=${MOUNT}&id=7`,
    `/admin/moveclients?mount=${MOUNT}`,
  ])('answers %s with the same elements, in the same places', async (path) => {
    const [one, other] = [await ask(ours(), path), await ask(theirs(), path)];
    expect(one.status).toBe(other.status);
    expect(one.type).toBe(other.type);
    // Icecast has these of encoders that tell them; here they are read from the audio.
    const own = ['audio_info', 'bitrate', 'channels', 'samplerate'];
    const shape = shapeOf(one.body).filter((line) => !own.includes(line.trim()));
    expect(shape).toEqual(shapeOf(other.body));
  });

  test('tells the same of the same', async () => {
    const same = ['title', 'server_type', 'source_ip', 'user_agent', 'listeners', 'sources'];
    const [one, other] = [await ask(ours(), '/admin/stats'), await ask(theirs(), '/admin/stats')];
    for (const name of same) expect(valuesOf(one.body, name)).toEqual(valuesOf(other.body, name));
    const path = `/admin/listclients?mount=${MOUNT}`;
    const [here, there] = [await ask(ours(), path), await ask(theirs(), path)];
    for (const name of ['Listeners', 'IP', 'UserAgent']) {
      expect(valuesOf(here.body, name).sort()).toEqual(valuesOf(there.body, name).sort());
    }
  });

  test.each([
    ['/admin/stats', ''],
    ['/admin/stats', basic('guess')],
    ['/admin/listmounts', basic(PASSWORD, 'source')],
    [`/admin/killsource?mount=${MOUNT}`, 'Bearer x'],
    [`/admin/listclients?mount=${MOUNT}`, basic('')],
  ])('refuses %s for the credentials %j as Icecast does', async (path, authorization) => {
    const guess = authorization.replace(basic(PASSWORD, 'source'), basic('x', 'source'));
    const [one, other] = [await ask(ours(), path, guess), await ask(theirs(), path, guess)];
    expect(one.status).toBe(other.status);
    expect(one.status).toBe(401);
    expect(one.body).toBe(other.body.replace(/\r/g, '').replace(/\n*$/, '\n'));
    for (const { challenge } of [one, other]) expect(challenge).toMatch(/^Basic realm="[^"]+"$/);
  });

  test.each([
    '/admin/stats?mount=/no',
    '/admin/listclients',
    '/admin/listclients?mount=/no',
    `/admin/killclient?mount=${MOUNT}`,
    '/admin/killclient?mount=/no&id=1',
    '/admin/killsource',
    '/admin/killsource?mount=/no',
    `/admin/moveclients?mount=${MOUNT}&destination=/no`,
    `/admin/moveclients?mount=${MOUNT}&destination=${MOUNT}`,
    `/admin/moveclients?mount=/no&destination=${MOUNT}`,
  ])('answers %s with the same status', async (path) => {
    const [one, other] = [await ask(ours(), path), await ask(theirs(), path)];
    expect(one.status).toBe(other.status);
    expect(one.status).toBe(400);
  });

  test.each(['stats', 'listmounts', `listclients.xsl?mount=${MOUNT}`])(
    'has the page /admin/%s with the same facts',
    async (page) => {
      const path = `/admin/${page.includes('.xsl') ? page : `${page}.xsl`}`;
      for (const server of [ours(), theirs()]) {
        const { status, body } = await ask(server, path);
        expect(status).toBe(200);
        expect(body).toContain(`Mountpoint ${MOUNT}`);
        if (page === 'stats') expect(body).toMatch(/<td[^>]*>listeners<\/td>\s*<td[^>]*>2<\/td>/);
        if (page.startsWith('listclients')) expect(body).toContain('<td>Player/1.0</td>');
      }
    },
  );

  test("shows a session's owner that session, and no addresses", async () => {
    const owner = { ...ours(), admin: basic(token) };
    expect((await ask(owner, '/admin/stats')).body).toContain(`<source mount="${MOUNT}">`);
    const { body } = await ask(owner, `/admin/listclients?mount=${MOUNT}`);
    expect(valuesOf(body, 'IP')).toEqual(['127.0.0.0', '127.0.0.0']);
  });

  test("keeps the operator's token where only the cluster's user can read it", () => {
    expect(statSync(`${cluster.dataDir}/admin-token`).mode & 0o777).toBe(0o600);
  });

  test('ends one listener', async () => {
    for (const server of [ours(), theirs()]) {
      const [first = '', second = ''] = await idsOf(server);
      const path = `/admin/killclient?mount=${MOUNT}&id=${first}`;
      const { status, body } = await ask(server, path);
      expect(status).toBe(200);
      expect(body).toContain(`<message>Client ${first} removed</message><return>1</return>`);
      await until('one listener', async () => (await idsOf(server)).length === 1);
      expect(await idsOf(server)).toEqual([second]);
    }
  });

  test('moves listeners to another mount, and their connections stay', async () => {
    const announcement = await stage.announce(cluster, DAY);
    const { password } = stage.secretsOf(announcement);
    running.push(ffmpeg({ port: cluster.port, mount: DAY_MOUNT, password }));
    running.push(await icecast.feed(DAY_MOUNT));
    const players = running.filter(
      ({ child }) => child.spawnfile === 'curl' && child.exitCode === null,
    );
    expect(players).toHaveLength(2);
    for (const server of [ours(), theirs()]) {
      await until('the other mount', () => hasMount(server, DAY_MOUNT));
      const choice = await ask(server, `/admin/moveclients?mount=${MOUNT}`);
      expect(choice.body).toContain(`<current_source>${MOUNT}</current_source>`);
      expect(choice.body).toContain(`<source mount="${DAY_MOUNT}">`);
      const path = `/admin/moveclients?mount=${MOUNT}&destination=${DAY_MOUNT}`;
      const { status, body } = await ask(server, path);
      expect(status).toBe(200);
      expect(body).toContain(
        `<message>Clients moved from ${MOUNT} to ${DAY_MOUNT}</message><return>1</return>`,
      );
      await until('the listener there', async () => (await idsOf(server, DAY_MOUNT)).length === 1);
      expect(await idsOf(server)).toEqual([]);
    }
    for (const { child } of players) expect(child.exitCode).toBeNull();
  });

  test('ends the source, whose encoder is disconnected', async () => {
    for (const server of [ours(), theirs()]) {
      const { status, body } = await ask(server, `/admin/killsource?mount=${MOUNT}`);
      expect(status).toBe(200);
      expect(body).toContain('<message>Source Removed</message><return>1</return>');
    }
    const encoders = running.filter(({ child }) => child.spawnargs.join().includes(MOUNT));
    expect(encoders.filter(({ child }) => child.spawnfile === 'ffmpeg')).toHaveLength(2);
    await Promise.all(
      encoders.filter(({ child }) => child.spawnfile === 'ffmpeg').map(({ exited }) => exited),
    );
    for (const server of [ours(), theirs()]) {
      await until('no source', async () => !(await hasMount(server, MOUNT)));
    }
    expect((await ask(ours(), `/admin/killsource?mount=${MOUNT}`)).body).toContain(
      '<return>0</return>',
    );
  });
});
