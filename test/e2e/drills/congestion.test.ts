/**
 * Among real SCXs, the link between a parent and one of its children carries half of the bit rate.
 *
 * The children are far from each other and near to the source, so the direct way to it is the best
 * for both as long as it carries the sound: which SCX has which parent is not left to the noise of
 * a busy machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { freePorts } from '../support/ports.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';
import { type Throttle, throttle } from '../support/throttle.js';

/** 64 of the clip's 128 kbit/s. */
const HALF_BYTES_PER_SECOND = 8000;
const AFTER_MS = 6000;
/** Round trips between the children, ms. */
const FAR_MS = 100;

/** Frames in a player's buffer: these may come later. */
const BUFFERED_FRAMES = 4000 / 26.12;

const stage = createStage();
const links: Throttle[] = [];
afterEach(async () => {
  await stage.close();
  for (const link of links) await link.close();
});

/** A cluster behind a link of its own. */
async function openBehind(address: string, delayMs: number) {
  const port = await freePorts(3);
  const link = await throttle({ address, ports: [port, port + 1, port + 2], delayMs });
  links.push(link);
  const extra = ['--host', address, '--scx-ports', `${port + 1}-${port + 2}`];
  return { link, cluster: await stage.cluster({ port, extra }) };
}

async function parentOf(cluster: Cluster): Promise<string | undefined> {
  const [scx] = await cluster.scxs();
  const flow = scx?.sources[0]?.flows.find(({ channel }) => channel === 1);
  return flow?.parent ?? undefined;
}

test('A child on a slow link moves to another parent; it and its sibling miss no frame', async () => {
  const { link, cluster: source } = await openBehind('127.0.0.2', 0);
  const { cluster: child } = await openBehind('127.0.0.3', FAR_MS);
  const { cluster: sibling } = await openBehind('127.0.0.4', FAR_MS);
  const announcement = await stage.announce(source, 'scattercast://radio.example/narrow');
  await stage.broadcast(source, announcement, '--loop', CLIP);
  const heard = [child, sibling].map((cluster) => listen(listenUrl(cluster, announcement)));
  await Promise.all(heard.map(({ firstByteMs }) => firstByteMs));
  const [{ id: sourceId = '' } = {}] = await source.scxs();
  const idOf = async (cluster: Cluster) => (await cluster.scxs())[0]?.id ?? '';
  const siblingId = await idOf(sibling);
  const isNeighbour = async () =>
    (await child.scxs())[0]?.neighbours.some(({ id }) => id === siblingId);
  await until('two children of the source, which are neighbours', async () => {
    const parents = [await parentOf(child), await parentOf(sibling)];
    return parents.every((parent) => parent === sourceId) && (await isNeighbour());
  });
  link.slow((await child.scxs())[0]?.pid ?? -1, HALF_BYTES_PER_SECOND);
  await until('the child to have another parent', async () => {
    return (await parentOf(child)) === siblingId;
  });
  await pause(AFTER_MS);
  const frames = framesOfFile(CLIP);
  for (const listening of heard) {
    listening.stop();
    const alignment = align(listening.bytes(), frames);
    expect(alignment).toMatchObject({ breakAt: undefined });
    expect(alignment.frames).toBeGreaterThan(AFTER_MS / 26.12 - BUFFERED_FRAMES);
  }
  const [moved] = await child.scxs();
  const [stayed] = await sibling.scxs();
  expect(moved?.disturbances.failovers.behind).toBeGreaterThan(0);
  expect(moved?.disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 0 });
  expect(stayed?.disturbances.failovers.behind).toBe(0);
  expect(stayed?.disturbances.lost).toEqual({ unkept: 0, givenUp: 0, behind: 0 });
});
