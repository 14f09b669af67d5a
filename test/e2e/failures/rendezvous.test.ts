/**
 * §3.4: a session needs its rendezvous points for newcomers, not for SCXs that have joined. All of
 * them die here, with their front ends, so that nothing starts them again. The announcement is on
 * the web, at none of the clusters.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  askFor,
  broadcastNumbers,
  heardMore,
  isInOrder,
  type Player,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { until } from '../support/processes.js';
import { type Cluster, createStage, killCluster, type Stage } from '../support/stage.js';

const PATH = 'radio.example/meeting';
const NAME = `scattercast://${PATH}`;
/** Without any rendezvous point, ms: their silence has been noticed. */
const WITHOUT_MS = 8000;

let stage: Stage;
let document = '';
const web = createServer((_, response) => response.end(document));
beforeEach(async () => {
  stage = createStage();
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  stopPlayers();
  web.close();
  await stage.close();
});

/** Announces at all rendezvous points, and on the web; returns the latter's URL. */
async function announce(rendezvous: readonly [Cluster, Cluster]): Promise<string> {
  const meet = rendezvous.flatMap(({ url }) => ['--rendezvous', `${url}/rendezvous/${PATH}`]);
  const [first, second] = rendezvous;
  const published = await stage.announce(first, NAME, ...meet);
  const secrets = stage.secretsOf(published);
  await stage.announce(second, NAME, ...meet);
  document = await (await fetch(published)).text();
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/announcement.xml`;
  stage.share(url, secrets);
  return url;
}

const meshSizeOf = async (cluster: Cluster): Promise<number> =>
  (await cluster.scxs())[0]?.neighbours.length ?? 0;

function expectWhole(player: Player): void {
  expect(player.visits()).toHaveLength(1);
  expect(isInOrder(player)).toBe(true);
  expect(player.foreignBytes()).toBe(0);
}

test('§3.4: without any rendezvous point those in the session play on; newcomers get in with the first that is back', async () => {
  type Five = [Cluster, Cluster, Cluster, Cluster, Cluster];
  const [first, second, third, fourth, fifth] = (await stage.clusters(5)) as unknown as Five;
  const announcement = await announce([first, second]);
  await broadcastNumbers(stage, third, announcement);
  const inside = await Promise.all([third, fourth].map((each) => tuneIn(each, announcement)));
  await until('a whole mesh', async () => (await meshSizeOf(fourth)) >= 3);
  await Promise.all([first, second].map(killCluster));
  const newcomer = askFor(fifth, announcement);
  await Promise.all(inside.map((player) => heardMore(player, WITHOUT_MS)));
  expect(newcomer.visits()).toEqual([]);
  await second.again();
  await heardMore(newcomer, 4000);
  for (const player of [...inside, newcomer]) expectWhole(player);
});
