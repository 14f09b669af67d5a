/** What other clusters are asked, and for how long their answers prove something. */
import { expect, test } from 'vitest';
import {
  askTrustedClusters,
  type TrustedCluster,
} from '../../../src/cluster/nearest/trusted-clusters.js';
import { SIGNATURE_FIELD, signAnswer } from '../../../src/http/signed-answer.js';
import type { NetworkRoundTrip } from '../../../src/locating/own-networks.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { afterTest } from '../../after-test.js';
import { until } from '../support.js';

const MINUTE_MS = 60_000;

/** One trusted cluster, whose answers take as long as the test says. */
function open() {
  const signer = drawSigningKey();
  const { publicKey: key } = signer;
  const world = { now: 0, takesMs: 80, url: 'http://other.example:8000', asked: [] as URL[] };
  const answer = { networks: [] as unknown[], signer, isUp: true, body: undefined as unknown };
  const told: [TrustedCluster, readonly NetworkRoundTrip[]][] = [];
  const clusters = askTrustedClusters({
    keys: () => [key, key],
    find: () => ({ key, toldMs: 0, facts: { urls: [world.url] } as TrustedCluster['facts'] }),
    onTold: (...one) => told.push(one),
    ...{ allowPrivate: true, now: () => world.now, everyMs: 1 },
    fetch: async (text) => {
      const url = new URL(text);
      world.asked.push(url);
      world.now += world.takesMs;
      if (!answer.isUp) throw new Error('refused');
      const version = `v.${world.asked.length}`;
      const content = answer.body ?? { cluster: key, version, networks: answer.networks };
      const body = JSON.stringify(content);
      const challenge = url.searchParams.get('challenge') ?? '';
      const signature = signAnswer(answer.signer, 'networks', challenge, body);
      const headers = { [SIGNATURE_FIELD.toLowerCase()]: signature };
      return { url: text, status: 200, body, contentType: '', headers };
    },
  });
  afterTest(clusters.close);
  const asks = async (count: number): Promise<void> => {
    const last = world.asked.length + count;
    await until(() => world.asked.length >= last);
  };
  return { clusters, world, answer, told, asks, key };
}

test('A cluster that answers has proven its key, and is as far away as its fastest answer says', async () => {
  const { clusters, world, told, answer, key } = open();
  answer.networks = [['192.0.2.0', 7]];
  await until(() => clusters.all().length > 0);
  expect(clusters.all()).toMatchObject([{ key, url: world.url, rttMs: 40 }]);
  expect(told[0]?.[1]).toEqual([['192.0.2.0', 7]]);
  world.takesMs = 30;
  await until(() => clusters.all()[0]?.rttMs === 15);
  world.takesMs = 300;
  const count = told.length;
  await until(() => told.length > count);
  expect(clusters.all()[0]?.rttMs).toBe(15);
});

test('It is asked for what is new, each time with another challenge', async () => {
  const { world, asks } = open();
  await asks(3);
  const [first, second] = world.asked.map(({ searchParams }) => searchParams);
  expect([first?.get('since'), second?.get('since')]).toEqual(['', 'v.1']);
  expect(first?.get('challenge')).not.toBe(second?.get('challenge'));
});

test('A cluster that does not answer any more is none after half a minute', async () => {
  const { clusters, world, answer, asks } = open();
  await until(() => clusters.all().length > 0);
  answer.isUp = false;
  world.takesMs = 1;
  await asks(2);
  expect(clusters.all()).toHaveLength(1);
  world.now += MINUTE_MS / 2 + 1000;
  expect(clusters.all()).toEqual([]);
});

test('A cluster that tells another address has to prove its key there', async () => {
  const { clusters, world, answer, asks } = open();
  await until(() => clusters.all().length > 0);
  answer.isUp = false;
  world.url = 'http://victim.example:80';
  await asks(2);
  expect(clusters.all()).toEqual([]);
});

test.each<[string, (answer: ReturnType<typeof open>['answer']) => void]>([
  ['with another key', (answer) => Object.assign(answer, { signer: drawSigningKey() })],
  ['with malformed networks', (answer) => Object.assign(answer, { networks: [['<b>', 1]] })],
  ['with round trips of no length', (answer) => Object.assign(answer, { networks: [['::', -1]] })],
  ['with something else', (answer) => Object.assign(answer, { body: [1] })],
])('An answer %s proves and tells nothing', async (_, spoil) => {
  const { clusters, answer, asks, told } = open();
  spoil(answer);
  await asks(3);
  expect([clusters.all(), told]).toEqual([[], []]);
});
