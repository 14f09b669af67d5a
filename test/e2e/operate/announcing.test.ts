/**
 * Announcing with the real commands: it works at once on the cluster's own machine, for the cluster's
 * own user; everybody else needs the operator's token, and is told so.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PNG } from '../../image/pictures.js';
import { freePorts } from '../support/ports.js';
import { type Cluster, createStage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/announced';

const stage = createStage();
let cluster: Cluster;
/** Of the user whose cluster it is: the data lie where they lie by default. */
const home = { XDG_STATE_HOME: join(stage.directory, 'state') };

beforeAll(async () => {
  const port = await freePorts(1);
  const dataDir = join(home.XDG_STATE_HOME, 'scattercast', `cluster-${port}`);
  cluster = await stage.cluster({ port, dataDir });
});

afterAll(() => stage.close());

const announce = async (env: NodeJS.ProcessEnv, name = NAME, ...args: string[]) => {
  const url = cluster.url.replace('127.0.0.1', 'localhost');
  const running = stage.run(['announce', '--cluster', url, '--name', name, ...args], { env });
  const { code } = await running.exited;
  return { code, out: running.stdout(), error: running.stderr() };
};

/** Another user of the same machine, who has a state directory of their own. */
const STRANGER = { XDG_STATE_HOME: '/nowhere' };

test("Another user of the cluster's machine is refused, and told what to do", async () => {
  const { code, error } = await announce(STRANGER);
  expect(code).toBe(5);
  expect(error).toMatch(/Only the operator announces.*--data.*admin-token.*--operator-token/);
  expect(error.trim().split('\n')).toHaveLength(1);
  const unreadable = await announce(STRANGER, NAME, '--data', '/nowhere');
  expect([unreadable.code, unreadable.error]).toEqual([
    6,
    expect.stringContaining('no data of a cluster in /nowhere'),
  ]);
});

test("The cluster's own user announces without further ado, also a second time with its token", async () => {
  const first = await announce(home);
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('/announced.xml') });
  expect(first.error).toMatch(/^source password: /m);
  const [, token = ''] = /^admin token: (\S+) /m.exec(first.error) ?? [];
  const again = { ...home, SCATTERCAST_TOKEN: token };
  expect((await announce(again, NAME, '--title', 'Again')).code).toBe(0);
  const without = await announce(home, NAME, '--title', 'Again');
  expect(without).toMatchObject({ code: 5, error: expect.stringContaining('--token') });
  for (const file of ['secret', 'admin-token']) {
    expect(statSync(`${cluster.dataDir}/${file}`).mode & 0o077).toBe(0);
  }
});

test("The operator's token announces from anywhere, and a wrong one does not", async () => {
  const token = readFileSync(`${cluster.dataDir}/admin-token`, 'utf8').trim();
  const other = 'scattercast://radio.example/other';
  const wrong = await announce({ ...STRANGER, SCATTERCAST_OPERATOR_TOKEN: `${token}x` }, other);
  expect(wrong).toMatchObject({ code: 5, error: expect.stringContaining("operator's token") });
  const right = { ...STRANGER, SCATTERCAST_OPERATOR_TOKEN: token };
  expect((await announce(right, other)).code).toBe(0);
});

test('A page of the station is written for any web server, with the player of the cluster', async () => {
  const file = join(stage.directory, 'station.html');
  const name = 'scattercast://radio.example/paged';
  const { code } = await announce(home, name, '--title', 'Paged & <b>', '--page', file);
  expect(code).toBe(0);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('<title>Paged &amp; &lt;b&gt;</title>');
  const [, player = ''] = /<iframe class="player" src="([^"]+)"/.exec(page) ?? [];
  const response = await fetch(player);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('Paged &amp; &lt;b&gt;');
});

test('A picture goes with the announcement until it is removed, whatever else is announced', async () => {
  const [picture, drawing, file] = ['a.png', 'a.svg', 'pictured.html'].map((name) =>
    join(stage.directory, name),
  ) as [string, string, string];
  writeFileSync(picture, PNG);
  writeFileSync(drawing, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const name = 'scattercast://radio.example/pictured';
  const svg = await announce(home, name, '--image', drawing);
  expect(svg).toMatchObject({ code: 6, error: expect.stringContaining('PNG, JPEG or WebP') });
  const first = await announce(home, name, '--title', 'Pictured', '--image', picture, '--json');
  expect(first.code).toBe(0);
  const owner = { ...home, SCATTERCAST_TOKEN: (JSON.parse(first.out) as { token: string }).token };
  expect((await announce(owner, name, '--page', file, '--genre', 'Jazz')).code).toBe(0);
  const [, url = ''] = /og:image" content="([^"]+)"/.exec(readFileSync(file, 'utf8')) ?? [];
  const response = await fetch(url);
  expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
  const removed = await announce(owner, name, '--remove-image', '--page', file);
  expect([removed.code, readFileSync(file, 'utf8').includes('og:image')]).toEqual([0, false]);
});
