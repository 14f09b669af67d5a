/** A studio whose mixer is muted goes on sending: digital silence, from a real encoder. */
import { afterAll, afterEach, expect, test } from 'vitest';
import { has } from '../support/players.js';
import { CLIP, type Running, start, until } from '../support/processes.js';
import { createStage } from '../support/stage.js';

const stage = createStage();
let studio: Running | undefined;

afterEach(async () => {
  studio?.child.kill('SIGKILL');
  await studio?.exited;
});

afterAll(() => stage.close());

test.skipIf(!has('ffmpeg'))('The fallback is played while a studio is muted', async () => {
  const cluster = await stage.cluster({ extra: ['--silence', '2'] });
  const name = 'scattercast://radio.example/muted';
  const announcement = await stage.announce(cluster, name, '--fallback', CLIP);
  const { password } = stage.secretsOf(announcement);
  const url = `icecast://source:${password}@127.0.0.1:${cluster.port}/radio.example/muted`;
  // A tone, and silence from the sixth second on.
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=6,apad'];
  const mp3 = ['-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'];
  studio = start('ffmpeg', ['-nostdin', '-v', 'error', '-re', ...sound, ...mp3, url]);

  const sources = async () => (await cluster.scxs())[0]?.sources ?? [];
  const encoder = async () => (await sources()).find(({ priority }) => priority === 128);
  const playing = async () => (await cluster.scxs())[0]?.playing;
  const id = (await until('the studio', encoder))?.id;
  await until('the studio to be played', async () => (await playing()) === id);
  await until('its silence to be noticed', async () => (await encoder())?.silent === true);
  const fallback = (await sources()).find(({ priority }) => priority === 0)?.id;
  await until('the fallback to be played', async () => (await playing()) === fallback);
  expect(studio.child.exitCode).toBeNull();
});
