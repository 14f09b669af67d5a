/** Broadcasts that are encoded while they are played: a live encoder behind a pipe, and songs. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen } from '../support/audio.js';
import { ffmpegErrors, has, mpg123Errors } from '../support/players.js';
import { CLIP, start } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';

const installed = has('ffmpeg') && has('mpg123');
const TONE = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'sine=frequency=330:duration=600'];

let stage: Stage;
let cluster: Cluster;
let announcement = '';
beforeEach(async () => {
  stage = createStage();
  cluster = await stage.cluster();
  announcement = await stage.announce(cluster, 'scattercast://radio.example/live');
});
afterEach(() => stage.close());

test.skipIf(!installed)(
  'A live encoder is heard, and its output says when it stalls and when it is back',
  async () => {
    const target = ['--cluster', cluster.url, '--announcement', announcement];
    const env = { SCATTERCAST_PASSWORD: stage.secretsOf(announcement).password };
    const broadcast = stage.run(['broadcast', ...target, '-'], { env });
    const encoder = start('ffmpeg', ['-re', ...TONE, '-b:a', '128k', '-f', 'mp3', '-']);
    encoder.child.stdout?.pipe(broadcast.child.stdin as NodeJS.WritableStream);
    await broadcast.line(/on the air at SCX/);
    const listener = listen(listenUrl(cluster, announcement));
    await listener.firstByteMs;
    encoder.child.kill('SIGSTOP');
    await broadcast.line(/warning: nothing to play has come from standard input for 2 s/);
    encoder.child.kill('SIGCONT');
    await broadcast.line(/warning: standard input is back after \d+\.\d s/);
    await listener.heardMore(3);
    expect(listener.isClosed()).toBe(false);
    listener.stop();
    encoder.child.kill('SIGKILL');
    await encoder.exited;
    expect(await broadcast.exited).toMatchObject({ code: 0 });
  },
);

test.skipIf(!installed)(
  'Songs of all kinds are one stream of one bit rate, without an error',
  async () => {
    const songs = join(stage.directory, 'songs');
    mkdirSync(songs);
    const kinds = [
      ['a1.mp3', '-ar', '48000', '-ac', '1', '-b:a', '64k'],
      ['a3.mp3', '-ar', '22050', '-ac', '2', '-q:a', '4'],
    ] as const;
    for (const [name, ...kind] of kinds) {
      const made = start('ffmpeg', [...TONE, '-t', '1.5', ...kind, join(songs, name)]);
      expect(await made.exited).toMatchObject({ code: 0 });
    }
    copyFileSync(CLIP, join(songs, 'a2.mp3'));
    const list = join(stage.directory, 'all.m3u');
    writeFileSync(list, '#EXTM3U\n#EXTINF:3,From the list\nsongs/a1.mp3\nsongs/a3.mp3\n');
    const what = ['--bitrate', '128', list, join(songs, 'a1.mp3'), songs];
    const broadcast = await stage.broadcast(cluster, announcement, ...what);
    const listener = listen(listenUrl(cluster, announcement));
    await broadcast.line(
      /now playing: From the list\n(.*\n)*now playing: a3\n(.*\n)*now playing: a1/,
    );
    await broadcast.line(/now playing: a1\nnow playing: .*/);
    listener.stop();
    const heard = join(stage.directory, 'heard.mp3');
    writeFileSync(heard, listener.bytes());
    expect(await ffmpegErrors(heard)).toBe('');
    expect(await mpg123Errors(heard)).toBe('');
  },
);
