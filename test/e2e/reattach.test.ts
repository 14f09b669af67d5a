/** The broadcaster's own cluster dies: it goes on at the next one, and listeners elsewhere hear on. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { align, framesOfFile, listen } from './audio.js';
import { CLIP, createStage, type Stage, until } from './stage.js';

const NAME = 'scattercast://radio.example/steady';
/** What an SCX has received and not passed on is sent again from 2 s back; more may not be lost. */
const GAP_FRAMES_MAX = 80;

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('kill -9 of the first cluster and its SCX costs listeners at a third no frame', async () => {
  const [first, second, third] = await Promise.all([
    stage.cluster(),
    stage.cluster(),
    stage.cluster(),
  ]);
  const announcement = await stage.announce(third, NAME);
  const clusters = { ...first, url: `${first.url},${second.url}` };
  const target = ['--cluster', clusters.url, '--announcement', announcement];
  const broadcast = stage.run(['broadcast', ...target, '--loop', CLIP]);
  await broadcast.line(/on the air at SCX/);
  const listener = listen(`${third.url}/listen?announcement=${encodeURIComponent(announcement)}`);
  await listener.firstByteMs;
  await pause(3000);
  const [scx] = await first.scxs();
  first.process.child.kill('SIGKILL');
  process.kill(scx?.pid ?? -1, 'SIGKILL');
  await broadcast.line(new RegExp(`warning: now trying the cluster at ${second.url}`));
  await until('the source at the second cluster', async () =>
    (await second.scxs()).some(({ attachedSources }) => attachedSources === 1),
  );
  await pause(6000);
  listener.stop();
  expect(listener.isClosed()).toBe(false);
  const found = align(listener.bytes(), framesOfFile(CLIP));
  expect(found).toMatchObject({ breakAt: undefined });
  expect(found.frames).toBeGreaterThan(9000 / 26.12 - GAP_FRAMES_MAX);
  expect(broadcast.stdout()).toMatch(
    /the SCX is gone .*attaching again\n(.*\n)*.*no cluster answers at .*trying again\n(.*\n)*on the air/,
  );
});
