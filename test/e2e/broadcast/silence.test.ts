/** A studio whose mixer is muted goes on sending: digital silence, from a real encoder. */
import { Readable } from 'node:stream';
import { afterAll, afterEach, expect, test } from 'vitest';
import { has } from '../support/players.js';
import { CLIP, type Running, start, until } from '../support/processes.js';
import { createStage } from '../support/stage.js';

/** A tenth of a second of a mixer's sound, 16 bit mono. */
const TONE = Buffer.from(
  Int16Array.from({ length: 4410 }, (_, index) => 8000 * Math.sin((index * 2 * Math.PI) / 100))
    .buffer,
);
const SILENCE = Buffer.alloc(TONE.length);

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
  const sound = ['-f', 's16le', '-ar', '44100', '-ac', '1', '-i', '-'];
  const mp3 = ['-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'];
  studio = start('ffmpeg', ['-nostdin', '-v', 'error', '-re', ...sound, ...mp3, url]);
  let isMuted = false;
  function* mixer() {
    for (;;) yield isMuted ? SILENCE : TONE;
  }
  Readable.from(mixer()).pipe(studio.child.stdin as NodeJS.WritableStream);
  studio.child.stdin?.on('error', () => undefined); // it is killed while it is written to

  const sources = async () => (await cluster.scxs())[0]?.sources ?? [];
  const encoder = async () => (await sources()).find(({ priority }) => priority === 128);
  const playing = async () => (await cluster.scxs())[0]?.playing;
  const id = (await until('the studio', encoder))?.id;
  await until('the studio to be played', async () => (await playing()) === id);
  isMuted = true;
  await until('its silence to be noticed', async () => (await encoder())?.silent === true);
  const fallback = (await sources()).find(({ priority }) => priority === 0)?.id;
  await until('the fallback to be played', async () => (await playing()) === fallback);
  expect(studio.child.exitCode).toBeNull();
});
