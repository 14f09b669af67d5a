/**
 * Among real SCXs, the link between a parent and one of its children carries half of the bit rate.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { align, framesOfFile, type Listening, listen } from '../support/audio.js';
import { freePorts } from '../support/ports.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';
import { type Throttle, throttle } from '../support/throttle.js';

/** 64 of the clip's 128 kbit/s. */
const HALF_BYTES_PER_SECOND = 8000;
const AFTER_MS = 6000;

/** Frames in a player's buffer: these may come later. */
const BUFFERED_FRAMES = 4000 / 26.12;

let stage: Stage;
let link: Throttle | undefined;
beforeEach(() => {
  stage = createStage();
});
afterEach(async () => {
  await stage.close();
  await link?.close();
});

interface Played {
  /** On the slow link until it left. */
  readonly child: Cluster;
  /** Another child of the source's SCX. */
  readonly sibling: Cluster;
  readonly listeners: ReadonlyMap<Cluster, Listening>;
}

/**
 * Until the child has another parent. Undefined: in this young mesh it left for a shorter way,
 * before it noticed.
 */
async function play(): Promise<Played | undefined> {
  const port = await freePorts(3);
  link = await throttle([port, port + 1, port + 2]);
  const scxPorts = `${port + 1}-${port + 2}`;
  const extra = ['--host', '127.0.0.2', '--scx-ports', scxPorts];
  const source = await stage.cluster({ port, extra });
  const others = await Promise.all(Array.from({ length: 4 }, () => stage.cluster()));
  const announcement = await stage.announce(source, 'scattercast://radio.example/narrow');
  await stage.broadcast(source, announcement, '--loop', CLIP);
  const hear = (at: Cluster) => listen(listenUrl(at, announcement));
  const listeners = new Map(others.map((cluster) => [cluster, hear(cluster)]));
  await Promise.all([...listeners.values()].map((listener) => listener.firstByteMs));
  const sourceId = (await source.scxs())[0]?.id ?? '';
  const parentOf = async (cluster: Cluster) =>
    (await cluster.scxs())[0]?.sources[0]?.flows.find(({ channel }) => channel === 1)?.parent;
  const [child, sibling] = await until('two children of the source', async () => {
    const parents = await Promise.all(others.map(parentOf));
    const [one, other] = others.filter((_, index) => parents[index] === sourceId);
    return one !== undefined && other !== undefined && ([one, other] as const);
  });
  link.slow((await child.scxs())[0]?.id ?? '', HALF_BYTES_PER_SECOND);
  await until('the child to have another parent', async () => {
    const parent = await parentOf(child);
    return parent !== undefined && parent !== null && parent !== sourceId;
  });
  const [left] = await child.scxs();
  return left?.disturbances.failovers.behind === 0 ? undefined : { child, sibling, listeners };
}

async function playAgain(): Promise<Played | undefined> {
  await stage.close();
  await link?.close();
  stage = createStage();
  return await play();
}

test('A child on a slow link moves to another parent; it and its sibling miss no frame', async () => {
  let played = await play();
  while (played === undefined) played = await playAgain();
  const { child, sibling, listeners } = played;
  await pause(AFTER_MS);
  const frames = framesOfFile(CLIP);
  for (const listener of listeners.values()) listener.stop();
  for (const cluster of [child, sibling]) {
    const heard = align((listeners.get(cluster) as Listening).bytes(), frames);
    expect(heard).toMatchObject({ breakAt: undefined });
    expect(heard.frames).toBeGreaterThan(AFTER_MS / 26.12 - BUFFERED_FRAMES);
  }
  const [moved] = await child.scxs();
  const [stayed] = await sibling.scxs();
  expect(moved?.disturbances.failovers.behind).toBeGreaterThan(0);
  expect(moved?.disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 0 });
  expect(stayed?.disturbances.failovers.behind).toBe(0);
  expect(stayed?.disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 0 });
});
