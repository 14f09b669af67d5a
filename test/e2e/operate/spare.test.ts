/** The spare of a real cluster: a process that becomes an SCX when one is needed. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { listen } from '../support/audio.js';
import { CLIP, isAlive, start, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

const stage = createStage();
afterAll(() => stage.close());

const SESSION = 'scattercast://radio.example/night';

/** The process of the spare, as soon as it is ready and not `before`. */
const spareOf = (cluster: Cluster, before = 0): Promise<number> =>
  until('a spare', async () => {
    const [spare] = (await cluster.status()).cluster.spares ?? [];
    return spare?.ready === true && spare.pid !== before && spare.pid;
  });

const scxOf = (cluster: Cluster) => until('an SCX', async () => (await cluster.scxs())[0]);

/** The flags of node of a process. */
function flagsOf(pid: number): readonly string[] {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1);
  return words.slice(
    0,
    words.findIndex((word) => word.endsWith('main.js')),
  );
}

test('A spare becomes the SCX of a session or of one that was killed, and ends with its front end', async () => {
  const cluster = await stage.cluster({ extra: ['--spare', '1', '--max-scxs', '1'] });
  const first = await spareOf(cluster);
  expect((await cluster.status()).cluster.scxs).toBe(0);
  const announcement = await stage.announce(cluster, SESSION);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  expect(await scxOf(cluster)).toMatchObject({ pid: first, state: 'running' });

  // It is confined as any SCX, and not counted: one SCX is all that may run here.
  const read = `require('node:fs').readFileSync(${JSON.stringify(`${cluster.dataDir}/secret`)})`;
  const tried = start(process.execPath, [...flagsOf(first), '-e', read]);
  await tried.exited;
  expect(tried.stderr()).toContain('ERR_ACCESS_DENIED');
  const second = await spareOf(cluster, first);
  expect((await cluster.status()).cluster).toMatchObject({ scxs: 1, scxsMax: 1 });

  const before = listen(listenUrl(cluster, announcement));
  await before.firstByteMs;
  process.kill(first, 'SIGKILL');
  await until('the spare to be the SCX', async () => (await scxOf(cluster)).pid === second);
  const after = listen(listenUrl(cluster, announcement));
  await after.heard(3);
  before.stop();

  // Draining replaces both. The successor finds its orders, though its process had no session once.
  const third = await spareOf(cluster, second);
  const drained = stage.run([...cluster.arguments, '--drain']);
  expect((await drained.exited).code).toBe(0);
  expect(drained.stdout()).toContain(`has taken over from ${second}`);
  await after.heardMore(2);
  expect(after.isClosed()).toBe(false);
  after.stop();
  const fourth = await spareOf(cluster, third);
  expect(isAlive(third)).toBe(false);

  cluster.process.child.kill('SIGKILL');
  await cluster.process.exited;
  await until('the spare to end', () => !isAlive(fourth));
  await cluster.again();
  expect((await scxOf(cluster)).session).toContain(SESSION);
});
