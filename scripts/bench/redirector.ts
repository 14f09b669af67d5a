/**
 * What a redirector answers, and how soon it notices: questions in a second over UDP, by one asker on the same
 * machine; and the time from the moment when a cluster dies, is silent or full, or is back, until the
 * first answer that knows it. The clusters are stand-ins in this process, asked at the usual pace.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import packet from 'dns-packet';
import { cleanUpNow } from '../../test/after-test.js';
import {
  portOf,
  redirectorOf,
  type StandIn,
  standIn,
  ZONE,
} from '../../test/redirector/support.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import { quantile } from './machine/quantile.js';

export const flags: Benchmark['flags'] = {
  clusters: { standard: '20', help: 'clusters' },
  seconds: { standard: '5', help: 'of questions' },
  times: { standard: '10', help: 'that a cluster goes and comes, each way' },
};

/** Questions that wait for an answer. */
const WINDOW = 64;
const LOOK_MS = 5;

type Find = (name: string, asking?: { readonly type: 'SRV' }) => Promise<unknown[]>;

/** Asks for some seconds as fast as answers come; resolves to how many there were. */
async function askFor(port: number, seconds: number): Promise<number> {
  const question = packet.encode({ type: 'query', questions: [{ name: ZONE, type: 'A' }] });
  const socket = createSocket('udp4');
  let answers = 0;
  const ask = (): void => socket.send(question, port, '127.0.0.1');
  socket.on('message', () => {
    answers++;
    ask();
  });
  for (let waiting = 0; waiting < WINDOW; waiting++) ask();
  await pause(seconds * 1000);
  socket.close();
  return answers;
}

async function open(clusters: number) {
  const first = await standIn('127.0.0.2', 0);
  const rest = Array.from({ length: clusters - 1 }, (_, index) =>
    standIn(`127.0.0.${index + 3}`, portOf(first)),
  );
  const all = [first, ...(await Promise.all(rest))];
  return { all, ...(await redirectorOf(all, { pace: {} })) };
}

/** The time until the answers hold `many` clusters, ms. */
async function until(find: Find, many: number): Promise<number> {
  const startedAt = performance.now();
  while ((await find(`_scattercast._tcp.${ZONE}`, { type: 'SRV' })).length !== many) {
    await pause(LOOK_MS);
  }
  return performance.now() - startedAt;
}

const WAYS: readonly (readonly [string, (of: StandIn) => unknown, (of: StandIn) => unknown])[] = [
  ['refuses connections', (one) => one.stop(), (one) => one.start()],
  [
    'is silent',
    (one) => Object.assign(one, { behaviour: 'is silent' }),
    (one) => Object.assign(one, { behaviour: 'answers' }),
  ],
  [
    'is full',
    (one) => Object.assign(one, { room: { free: 0 } }),
    (one) => Object.assign(one, { room: {} }),
  ],
];

/** How soon a cluster that goes, and comes back, is out of the answers and in them. */
async function measureWays(times: number): Promise<Row[]> {
  const { all, find } = await open(2);
  const [, other] = all;
  const rows: Row[] = [];
  for (const [what, go, come] of WAYS) {
    const [out, back]: [number[], number[]] = [[], []];
    for (let time = 0; time < times && other !== undefined; time++) {
      await until(find, 2);
      await pause(Math.random() * 1000);
      await go(other);
      out.push(await until(find, 1));
      await come(other);
      back.push(await until(find, 2));
    }
    rows.push({
      'a cluster': what,
      'out p50, ms': round(quantile(out, 0.5), 0),
      'out max, ms': round(Math.max(...out), 0),
      'back p50, ms': round(quantile(back, 0.5), 0),
      'back max, ms': round(Math.max(...back), 0),
      'answers/s': '',
    });
  }
  return rows;
}

export async function run(given: Parameters<Benchmark['run']>[0]): Promise<Row[]> {
  const clusters = numberOf(given, 'clusters');
  const seconds = numberOf(given, 'seconds');
  const { redirector, find } = await open(clusters);
  await until(find, Math.min(4, clusters));
  const answers = await askFor(redirector.port, seconds);
  await cleanUpNow();
  const ways = await measureWays(numberOf(given, 'times'));
  await cleanUpNow();
  const empty = { 'out p50, ms': '', 'out max, ms': '', 'back p50, ms': '', 'back max, ms': '' };
  return [...ways, { 'a cluster': 'answers', ...empty, 'answers/s': round(answers / seconds, 0) }];
}
