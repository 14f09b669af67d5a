/**
 * Listeners hear every frame, and operators get their pages, whatever other clients do to the SCX.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { privateBytes } from '../../../scripts/bench/machine/process-metrics.js';
import { type Assault, ATTACKS, type AttackName } from '../support/attacks.js';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

const GOOD = 5;
/** Connections of each attack that holds them. */
const BAD = 60;
/** Of sound that good listeners get during an attack, bytes: a second, and three. */
const SOME_BYTES = 16_000;
const MORE_BYTES = 48_000;
/** User memory that a few hundred bad clients may cost the SCX; most of it is Node's heap. */
const MEMORY_BYTES_MAX = 96 * 1024 * 1024;
/** Too long, too many, or closed before the end was read. */
const TOO_MUCH = ['400', '413', '414', '431', 'none'];

const stage = createStage();
let cluster: Cluster;
let good: ReturnType<typeof listen>[] = [];
let stream: URL;
let pid = -1;
let idleBytes = 0;

beforeAll(async () => {
  cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/siege');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const url = listenUrl(cluster, announcement);
  const answer = await fetch(url, { redirect: 'manual' });
  stream = new URL(answer.headers.get('location') ?? '');
  good = Array.from({ length: GOOD }, () => listen(stream.href));
  await Promise.all(good.map((listener) => listener.firstByteMs));
  pid = (await cluster.scxs())[0]?.pid ?? -1;
  if (process.platform === 'linux') idleBytes = privateBytes(pid);
});

afterAll(async () => {
  for (const listener of good) listener.stop();
  await stage.close();
});

async function hearMore(bytes: number): Promise<void> {
  const before = good.map((listener) => listener.bytes().length);
  const hasMore = (listener: (typeof good)[number], i: number): boolean =>
    listener.bytes().length > (before[i] as number) + bytes;
  await until('more sound', () => good.every(hasMore));
}

async function greetNewcomer(): Promise<void> {
  const newcomer = listen(stream.href);
  await newcomer.firstByteMs;
  newcomer.stop();
}

async function lookAtPages(): Promise<void> {
  const pages = [new URL('/status', stream), new URL('/healthz', stream), `${cluster.url}/status`];
  const answers = await Promise.all(pages.map((page) => fetch(page)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await Promise.all(answers.map((answer) => answer.text()));
}

const attack = (name: AttackName): Assault => ATTACKS[name]({ url: stream, count: BAD });

/** The answers that each attack may get; absent: it expects none, or the stream. */
const ANSWERS: Partial<Record<AttackName, readonly string[]>> = {
  '64 KiB of headers': TOO_MUCH,
  '33 headers': ['200'],
  '10,000 headers': TOO_MUCH,
  '1 MiB request line': TOO_MUCH,
  'paths upwards': ['400', '404', '429'],
  'ask for /status': ['200', '429'],
};

describe('An SCX under attack serves listeners, newcomers and operators', () => {
  test.each(Object.keys(ATTACKS) as AttackName[])('%s', async (name) => {
    const assault = attack(name);
    await hearMore(SOME_BYTES);
    await greetNewcomer();
    await lookAtPages();
    const allowed = ANSWERS[name];
    const answers = (): string[] => Object.keys(assault.answers());
    if (allowed !== undefined) await until('an answer', () => answers().length > 0);
    assault.end();
    for (const answer of allowed === undefined ? [] : answers()) expect(allowed).toContain(answer);
  });

  test('all together', async () => {
    const assaults = (Object.keys(ATTACKS) as AttackName[]).map(attack);
    await hearMore(MORE_BYTES);
    await greetNewcomer();
    await lookAtPages();
    for (const assault of assaults) assault.end();
  });
});

test('An SCX forgets its attackers', async () => {
  await until('the well-behaved listeners to be alone', async () => {
    const [scx] = await cluster.scxs();
    return scx?.listeners === GOOD;
  });
});

test.runIf(process.platform === 'linux')('An SCX under attack stays small', () => {
  expect(privateBytes(pid) - idleBytes).toBeLessThan(MEMORY_BYTES_MAX);
});

test('Listeners of an SCX under attack have missed no frame', () => {
  const source = framesOfFile(CLIP);
  for (const listener of good) {
    expect(listener.isClosed()).toBe(false);
    expect(align(listener.bytes(), source)).toMatchObject({ breakAt: undefined });
  }
});
