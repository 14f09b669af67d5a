/**
 * Multicast in a local network, over a bridge that looks into IGMP: receivers of `tune` and ffmpeg hear
 * what is sent once; one whose multicast is filtered goes on by unicast and comes back, and none misses a
 * frame. One stage serves all tests, which build on each other.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { align, framesOfFile } from '../support/audio.js';
import { type LocalHost, type LocalNetwork, openLocalNetwork } from '../support/local-network.js';
import { CLIP, type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage, type Stage } from '../support/stage.js';

const PATH = 'radio.example/night';
const RECEIVERS = 3;

let network: LocalNetwork;
let stage: Stage;
let cluster: Cluster;
let tuned: readonly Running[];

const recordingOf = (index: number): string => join(stage.directory, `receiver-${index}.mp3`);
const hosts = (): readonly [LocalHost, ...LocalHost[]] =>
  network.hosts as unknown as [LocalHost, ...LocalHost[]];

beforeAll(async () => {
  network = openLocalNetwork(RECEIVERS + 1);
  stage = createStage();
  const [host] = hosts();
  const groups = ['--multicast', '239.192.40.0/24', '--interface', 'eth0'];
  cluster = await stage.cluster({ host, extra: groups });
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`);
  const env = { SCATTERCAST_PASSWORD: stage.secretsOf(announcement).password };
  const to = ['--cluster', cluster.url, '--announcement', announcement];
  const sent = stage.run(['broadcast', ...to, '--loop', CLIP], { env, host });
  await sent.line(/on the air/);
  tuned = hosts()
    .slice(1)
    .map((receiver, index) =>
      stage.run(['tune', PATH, '--cluster', cluster.url, '--output', recordingOf(index)], {
        host: receiver,
      }),
    );
  await Promise.all(
    tuned.map((one) => one.line(/receiving by the multicast group 239\.192\.40\./)),
  );
});
afterAll(async () => {
  await stage.close();
  network.close();
});

/** Waits until a recording is longer by that many bytes. */
async function recorded(index: number, bytes: number): Promise<number> {
  const before = statSync(recordingOf(index)).size;
  await until('more sound', () => statSync(recordingOf(index)).size >= before + bytes);
  return statSync(recordingOf(index)).size - before;
}

/** Reads something of the cluster from within its network. */
const curl = ({ within }: LocalHost, url: string): string => {
  const [program = '', ...args] = [...within, 'curl', '--silent', '--location', url];
  return execFileSync(program, args).toString();
};

test('The stream is on the wire once, however many receive it', async () => {
  const [host] = hosts();
  const before = host.bytes().sent;
  const heard = await recorded(0, 60_000);
  const sent = host.bytes().sent - before;
  // Signatures, states and headers take a quarter; a second stream would double it.
  expect(sent).toBeLessThan(1.7 * heard + 20_000);
  const { sessions } = JSON.parse(curl(host, `${cluster.url}/status`));
  expect(sessions[0].scxs[0].multicast).toMatchObject({
    ...{ receivers: RECEIVERS, players: 0, sending: ['lots'] },
  });
});

test('A receiver that hears no group any more goes on by unicast, and by the group when that is back', async () => {
  const [, receiver] = hosts();
  const [first] = tuned;
  receiver?.hearsGroups(false);
  await first?.line(/receiving by unicast: the multicast group is silent/);
  await recorded(0, 30_000);
  receiver?.hearsGroups(true);
  await until(
    'the group again',
    () => first?.stderr().match(/receiving by the multicast group/g)?.length === 2,
  );
  await recorded(0, 30_000);
});

test('ffmpeg plays both formats by their descriptions, which have them sent', async () => {
  const [host, , receiver] = hosts();
  if (receiver === undefined) throw new Error('there is no receiver');
  const play = async (query: string, ...output: readonly string[]): Promise<Buffer> => {
    const name = output.at(-1) ?? '';
    const description = join(stage.directory, `${name}.sdp`);
    const path = join(stage.directory, name);
    writeFileSync(description, curl(receiver, `${cluster.url}/listen/${PATH}.sdp${query}`));
    const [program = '', ...args] = receiver.within;
    const read = ['-v', 'error', '-protocol_whitelist', 'file,udp,rtp', '-i', description];
    const options = [...read, '-t', '2', ...output.slice(0, -1), path];
    const { exited, stderr } = start(program, [...args, 'ffmpeg', ...options]);
    expect({ ...(await exited), said: stderr() }).toMatchObject({ code: 0, said: '' });
    return readFileSync(path);
  };
  const [frames, adus] = await Promise.all([
    play('', '-c', 'copy', '-f', 'mp3', '-write_xing', '0', '-id3v2_version', '0', 'frames.mp3'),
    play('?format=adus', '-f', 's16le', 'adus.raw'),
  ]);
  const { breakAt, frames: count } = align(frames, framesOfFile(CLIP));
  expect(breakAt).toBeUndefined();
  expect(count).toBeGreaterThan(50);
  const decoded = join(stage.directory, 'clip.raw');
  const decode = ['-v', 'error', '-stream_loop', '1', '-i', CLIP, '-f', 's16le', decoded];
  await start('ffmpeg', decode).exited;
  const clip = readFileSync(decoded);
  // A decoder needs a few frames until what it plays does not depend on where it began.
  const from = 4 * 1152 * 10;
  const window = adus.subarray(from, from + 4 * 1152 * 20);
  expect(clip.indexOf(window)).toBeGreaterThan(0);
  const { sessions } = JSON.parse(curl(host, `${cluster.url}/status`));
  expect(sessions[0].scxs[0].multicast.sending).toEqual(['frames', 'adus', 'lots']);
});

test('No receiver has missed a frame, or got one twice', async () => {
  for (const { child } of tuned) child.kill('SIGTERM');
  for (const [index, { exited, stderr }] of tuned.entries()) {
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(stderr()).not.toContain('are missing');
    const { breakAt } = align(readFileSync(recordingOf(index)), framesOfFile(CLIP));
    expect({ index, breakAt }).toEqual({ index, breakAt: undefined });
  }
});
