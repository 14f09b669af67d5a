/**
 * `tune`, the client of §2.5, as people use it: into a recording, and for players of this machine. Its
 * SCX dies, and then its whole cluster; it goes on at the next one, and every frame comes once. One
 * stage serves all tests, which build on each other.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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
  announcement = await stage.announce(studio, `scattercast://${PATH}`, '--channel', '7:slides:64');
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

test('The slides of a lecture come beside its sound, at another cluster, also those that were sent before', async () => {
  const [near, studio] = clusters;
  const slides = ['one', 'two', 'three'].map((word, index) => {
    const path = join(stage.directory, `slide-${index}`);
    writeFileSync(path, word.repeat(10_000));
    return path;
  });
  const env = { SCATTERCAST_PASSWORD: stage.secretsOf(announcement).password };
  const channel = ['--channel', '7'];
  const to = ['--announcement', announcement, '--cluster', studio.url];
  const sender = stage.run(['send', ...to, ...channel, '--hold', ...slides], { env });
  await sender.line(/sending to the SCX/);
  const folder = join(stage.directory, 'slides/');
  const early = ['tune', announcement, '--cluster', near.url, ...channel, '--output'];
  const receiving = stage.run([...early, folder]);
  await until('the last slide', async () =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name), 'utf8').endsWith('three')),
  );
  const late = stage.run([...early, join(stage.directory, 'late/')]);
  await until(
    'the last slide again',
    async () => readdirSync(join(stage.directory, 'late')).length === 1,
  );
  for (const { child } of [receiving, late, sender]) child.kill('SIGTERM');
  expect(await Promise.all([receiving, late, sender].map(({ exited }) => exited))).toEqual(
    Array.from({ length: 3 }, () => ({ code: 0, signal: null })),
  );
  expect(sender.stderr()).toContain('sent 3 ADUs on channel 7');
  const refused = stage.run(['send', ...to, '--channel', '8', ...slides], { env });
  expect((await refused.exited).code).toBe(5);
  expect(refused.stderr()).toContain('has the channels 1, 2, 7, and not 8');
});

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
