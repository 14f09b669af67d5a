/**
 * `tune`, the client of §2.5, as people use it: into a recording, and for players of this machine. Its
 * SCX dies, and then its whole cluster; it goes on at the next one, and every frame comes once. One
 * stage serves all tests, which build on each other.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage, killCluster, type Stage } from '../support/stage.js';

const PATH = 'radio.example/night';

let stage: Stage;
let clusters: readonly [Cluster, Cluster];
let announcement: string;
let tuned: Running;
let recording: string;

beforeAll(async () => {
  stage = createStage();
  clusters = (await stage.clusters(2)) as unknown as typeof clusters;
  const [near, studio] = clusters;
  announcement = await stage.announce(studio, `scattercast://${PATH}`);
  await stage.broadcast(studio, announcement, '--loop', CLIP);
  recording = join(stage.directory, 'show.mp3');
  const urls = `${near.url},${studio.url}`;
  tuned = stage.run([
    ...['tune', announcement, '--cluster', urls, '--output', recording, '--serve', '0'],
  ]);
  await tuned.line(/players of this machine listen/);
});
afterAll(() => stage.close());

/** Waits until the recording is longer by that many seconds of sound. */
async function recorded(seconds: number): Promise<void> {
  const before = statSync(recording).size;
  await until('more sound', () => statSync(recording).size > before + seconds * 16_000);
}

test('A recording goes on through the death of the SCX and of the cluster, without a frame too few or too many', async () => {
  const [near] = clusters;
  await recorded(1);
  const [scx] = await until('the receiver is counted', async () => {
    const scxs = await near.scxs();
    return scxs[0]?.listeners === 1 && scxs;
  });
  process.kill(scx?.pid ?? -1, 'SIGKILL');
  await tuned.line(/the connection to the SCX is lost/);
  await recorded(1);
  await killCluster(near);
  await recorded(2);
  expect(tuned.stderr()).toContain(`trying the cluster at ${clusters[1].url}`);
  expect(tuned.stderr()).not.toContain('are missing');
  const frames = framesOfFile(CLIP);
  expect(align(readFileSync(recording), frames)).toMatchObject({ breakAt: undefined });
});

test('Players of this machine hear it meanwhile, with titles', async () => {
  const [, url = ''] = await tuned.line(/listen at (http:\S+)/);
  const player = listen(url);
  await player.heard(2);
  player.stop();
  const { breakAt } = align(player.bytes(), framesOfFile(CLIP));
  expect(breakAt).toBeUndefined();
  const answer = await fetch(url, { headers: { 'icy-metadata': '1' } });
  expect(answer.headers.get('icy-metaint')).toBe('16000');
  await answer.body?.cancel();
});

test('It ends in order: the recording has its cue sheet, and the SCX has a listener less', async () => {
  tuned.child.kill('SIGTERM');
  expect(await tuned.exited).toEqual({ code: 0, signal: null });
  const cue = readFileSync(recording.replace(/mp3$/, 'cue'), 'utf8');
  expect(cue).toMatch(/^FILE "show.mp3" MP3\n {2}TRACK 01 AUDIO\n {4}TITLE ".+"\n/);
  await until('nobody listens', async () => (await clusters[1].scxs())[0]?.listeners === 0);
});

test('Sound goes to a command until that has heard enough; a file that exists is not overwritten', async () => {
  const [, { url }] = clusters;
  const command = `exec head -c 40000 > ${join(stage.directory, 'head.mp3')}`;
  const piped = stage.run(['tune', announcement, '--cluster', url, '--output', command]);
  expect((await piped.exited).code).toBe(0);
  const heard = readFileSync(join(stage.directory, 'head.mp3'));
  expect(align(heard, framesOfFile(CLIP)).breakAt).toBeUndefined();
  const again = stage.run(['tune', announcement, '--cluster', url, '--output', recording]);
  expect((await again.exited).code).toBe(6);
  expect(again.stderr()).toContain('exists already');
});
