/**
 * The broadcaster's own cluster dies: the broadcast goes on at the next one, and listeners
 * elsewhere notice nothing.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';

const PATH = 'radio.example/steady';
const NAME = `scattercast://${PATH}`;

/** Audio before the crash, and from when the source is attached again, s. */
const BEFORE_S = 3;
const AFTER_S = 3;

let stage: Stage;
let clusters: readonly [Cluster, Cluster, Cluster];
beforeEach(async () => {
  stage = createStage();
  clusters = (await stage.clusters(3)) as unknown as typeof clusters;
});
afterEach(() => stage.close());

/** Broadcasts at the first two, kills the first, and gives what was heard at the third. */
async function hearThrough(forBroadcast: string, forListener: string) {
  const [first, second, third] = clusters;
  const target = ['--cluster', `${first.url},${second.url}`, '--announcement', forBroadcast];
  const env = { SCATTERCAST_PASSWORD: stage.secretsOf(forListener).password };
  const broadcast = stage.run(['broadcast', ...target, '--loop', CLIP], { env });
  await broadcast.line(/on the air at SCX/);
  const listener = listen(listenUrl(third, forListener));
  await listener.heard(BEFORE_S);
  const [scx] = await first.scxs();
  first.process.child.kill('SIGKILL');
  process.kill(scx?.pid ?? -1, 'SIGKILL');
  await until('the source at the second cluster', async () =>
    (await second.scxs()).some(({ attachedSources }) => attachedSources === 1),
  );
  await listener.heardMore(AFTER_S);
  listener.stop();
  expect(listener.isClosed()).toBe(false);
  expect(broadcast.stderr()).toMatch(/the connection to the SCX is lost .*attaching again/);
  expect(broadcast.stderr()).toMatch(/no cluster answers at .*trying again/);
  expect(broadcast.stderr()).toContain(`trying the cluster at ${second.url}`);
  return align(listener.bytes(), framesOfFile(CLIP));
}

test('kill -9 of the first cluster and its SCX costs listeners at a third no frame', async () => {
  const announcement = await stage.announce(clusters[2], NAME);
  const heard = await hearThrough(announcement, announcement);
  expect(heard).toMatchObject({ breakAt: undefined });
});

test('The same holds when the dead cluster was a rendezvous, and the session is given by its name', async () => {
  const [first, second] = clusters;
  const meet = [first, second].flatMap(({ url }) => ['--rendezvous', `${url}/rendezvous/${PATH}`]);
  await stage.announce(first, NAME, ...meet);
  const announcement = await stage.announce(second, NAME, ...meet);
  const heard = await hearThrough(PATH, announcement);
  expect(heard).toMatchObject({ breakAt: undefined });
});
