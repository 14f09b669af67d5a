/** One of two SCXs of a session is killed: its listeners connect to its port again, and hear. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen } from '../support/audio.js';
import { CLIP, until } from '../support/processes.js';
import { createStage, listenUrl, type Stage } from '../support/stage.js';

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('A listener of a further SCX that was killed is served again at the same port', async () => {
  const cluster = await stage.cluster({ extra: ['--max-listeners', '1'] });
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/further');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const url = listenUrl(cluster, announcement);
  for (let count = 0; count < 2; count++) await listen(url).firstByteMs;
  const further = await until('two SCXs with a listener each', async () => {
    const scxs = await cluster.scxs();
    const isReady = scxs.length >= 2 && scxs.every(({ listeners }) => listeners === 1);
    return isReady && scxs.find(({ rendezvous }) => !rendezvous);
  });
  process.kill(further.pid, 'SIGKILL');
  const again = listen(further.httpUrl);
  await again.firstByteMs;
  const pids = (await cluster.scxs()).map(({ pid }) => pid);
  expect(pids).not.toContain(further.pid);
});
