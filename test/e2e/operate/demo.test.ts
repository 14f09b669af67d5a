/** The first minute of a newcomer: `npm start`, listen, Ctrl-C. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, isAlive, type Running, until } from '../support/processes.js';
import { createStage, type Stage } from '../support/stage.js';

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

/** The demo's own place for temporary files. */
const temporary = (): string => join(stage.directory, 'tmp');

const demo = async (...args: string[]): Promise<{ running: Running; playerUrl: string }> => {
  mkdirSync(temporary(), { recursive: true });
  const env = { TMPDIR: temporary() };
  const running = stage.run(['demo', '--port', '0', ...args], { env });
  const [, playerUrl = ''] = await running.line(
    /mpg123 (http:\/\/localhost:\d+\/listen\/\S+\.mp3)/,
  );
  return { running, playerUrl };
};

const statusAt = async (playerUrl: string): Promise<ClusterStatus> =>
  (await (await fetch(new URL('/status', playerUrl))).json()) as ClusterStatus;

test('The demo plays, and Ctrl-C leaves no process and no file behind', async () => {
  const { running, playerUrl } = await demo();
  const listener = listen(playerUrl);
  await listener.firstByteMs;
  expect(readdirSync(temporary())).toHaveLength(1);
  await until('some seconds of audio', () => listener.bytes().length > 96_000);
  listener.stop();
  expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  expect((await statusAt(playerUrl)).cluster.publicMap).toBe(true);
  const policyOf = async (path: string): Promise<string | null> =>
    (await fetch(new URL(path, playerUrl))).headers.get('content-security-policy');
  expect(await policyOf('/')).toContain("frame-src 'self'"); // for the map
  expect(await policyOf('/overlay/localhost/demo')).toContain("frame-ancestors 'self'");
  const known = await until('an overlay of three', async () => {
    const { sessions } = await statusAt(playerUrl);
    return sessions[0]?.scxs[0]?.membersKnown === 2 && sessions;
  });
  const pids = known.flatMap(({ scxs }) => scxs.map(({ pid }) => pid));
  expect(pids).toHaveLength(1);
  running.child.kill('SIGINT');
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(temporary())).toEqual([]);
});

test('The demo broadcasts the files that it is given', async () => {
  const { running, playerUrl } = await demo('--clusters', '1', CLIP);
  const listener = listen(playerUrl);
  await listener.firstByteMs;
  listener.stop();
  running.child.kill('SIGINT');
  await running.exited;
});

test('The demo says what to do when its port is taken', async () => {
  const { playerUrl } = await demo('--clusters', '1');
  const second = stage.run(['demo', '--port', new URL(playerUrl).port]);
  expect(await second.exited).toMatchObject({ code: 3 });
  expect(second.stderr()).toMatch(/port \d+ .*--port/);
  expect(second.stderr().trim().split('\n')).toHaveLength(1);
});
