/** Clusters that take part in a directory: what is announced at one is found and heard at the other. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  ClustersAnswer,
  DirectoryAnswer,
} from '../../../src/api/directory/directory-answer.js';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
const NAME = 'scattercast://jazz.example/night';
const TITLE = 'Night <b>jazz</b>';
let [there, here] = [] as unknown as [Cluster, Cluster];
let announcement: string;
let browser: Browser | undefined;

async function directoryOf({ url }: Cluster, query = ''): Promise<DirectoryAnswer> {
  const response = await fetch(`${url}/directory${query}`);
  return (await response.json()) as DirectoryAnswer;
}

async function urlsAt({ url }: Cluster): Promise<string[]> {
  const answer = await fetch(`${url}/directory/clusters`);
  const { clusters } = (await answer.json()) as ClustersAnswer;
  return clusters.flatMap(({ urls }) => urls);
}

const titlesAt = async (cluster: Cluster): Promise<readonly (string | null)[]> =>
  (await directoryOf(cluster)).sessions.map(({ title }) => title);

const found = async () => (await directoryOf(here)).sessions.find(({ title }) => title === TITLE);

describe('With a directory', () => {
  beforeAll(async () => {
    const origin = await stage.cluster();
    const all = 'scattercast://directory.example/all';
    const directory = await stage.announce(origin, all, '--directory');
    const extra = ['--directory', directory];
    [there, here] = (await stage.clusters(2, { extra })) as [Cluster, Cluster];
    const about = ['--title', TITLE, '--genre', 'Jazz', '--language', 'en'];
    announcement = await stage.announce(there, NAME, ...about);
    await stage.announce(there, 'scattercast://jazz.example/hidden', '--unlisted');
    await stage.announce(there, 'scattercast://jazz.example/secret', '--private');
    await stage.broadcast(there, announcement, '--loop', CLIP);
  });

  afterAll(async () => {
    await browser?.close();
    await stage.close();
  });

  test('a session is listed at another cluster, and neither an unlisted nor a private one', async () => {
    await until('it is on the air', async () => (await found())?.onAir === true);
    expect(await found()).toMatchObject({ genre: 'Jazz', language: 'en', local: false });
    expect(await titlesAt(here)).toEqual([TITLE]);
    expect(await titlesAt(there)).toEqual([TITLE]);
    expect((await directoryOf(here)).connected).toBe(true);
    expect((await urlsAt(here)).sort()).toEqual([there.url, here.url].sort());
  });

  test('a session that is found is played at the cluster where it is found', async () => {
    const { listenUrl = '' } = (await found()) ?? {};
    expect(listenUrl).toMatch(new RegExp(`^${here.url}/listen/jazz.example/night@.*\\.mp3$`));
    const response = await fetch(listenUrl);
    const { value } = (await response.body?.getReader().read()) ?? {};
    expect(value?.[0]).toBe(0xff);
    expect(new URL(response.url).port).not.toBe(String(there.port));
    await response.body?.cancel().catch(() => undefined);
  });

  test('the directory is searched by words and by genre, and told apart by its ETag', async () => {
    const ask = (query: string) => directoryOf(there, query).then(({ total }) => total);
    expect(await ask('?q=night%20JAZZ')).toBe(1);
    expect(await ask('?q=night%20rock')).toBe(0);
    expect([await ask('?genre=jazz'), await ask('?genre=rock')]).toEqual([1, 0]);
    const search = `${there.url}/directory?q=nothing`;
    await until('nothing changes', async () => {
      const etag = (await fetch(search)).headers.get('etag') ?? '';
      return (await statusOf(search, { 'If-None-Match': etag })) === 304;
    });
  });

  test.skipIf(!existsSync(CHROMIUM))('the page shows and plays it, as text only', async () => {
    const other = 'scattercast://rock.example/day';
    await stage.announce(there, other, '--title', 'Rock at day', '--genre', 'Rock');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(here.url);
    const distant = page.locator('#distant');
    await distant.getByText('Rock at day').waitFor();
    await page.getByLabel('Genre').selectOption('jazz');
    await distant.getByText('Rock at day').waitFor({ state: 'detached' });
    await page.getByText(TITLE).first().waitFor();
    await page.getByRole('button', { name: `Play ${TITLE}` }).click();
    await page.locator('#player').getByText(TITLE).first().waitFor();
    expect(problems).toEqual([]);
  });

  test('a front end that is started again knows the directory from its SCX', async () => {
    here.process.child.kill('SIGKILL');
    await here.process.exited;
    await here.again();
    await until('all is listed', async () => (await found()) !== undefined);
  });

  test('what is withdrawn is gone, and so is a cluster that ends', async () => {
    await stage.withdraw(there, announcement);
    const isTold = async () => (await found())?.announcedAt.includes(await keyOf(there)) === true;
    await until('it is withdrawn', async () => !(await isTold()));
    there.process.child.kill('SIGTERM');
    await until('the cluster is gone', async () => !(await urlsAt(here)).includes(there.url));
  });
});

/** Not by `fetch`, which would ask for a fresh answer. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [answer] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

const keyOf = async (cluster: Cluster): Promise<string> =>
  (await cluster.status()).cluster.key ?? '';
