/** A redirector with clusters, asked over real sockets. */
import { describe, expect, test, vi } from 'vitest';
import type { RedirectorOptions } from '../../src/redirector/redirector.js';
import { SESSION_KEY } from '../session/signed.js';
import {
  factsOf,
  portOf,
  redirectorOf,
  type StandIn,
  sessionRoom,
  standIn,
  ZONE,
} from './support.js';

/** Two clusters at one port. */
async function two(): Promise<readonly [StandIn, StandIn]> {
  const one = await standIn('127.0.0.2', 0);
  return [one, await standIn('127.0.0.3', portOf(one))];
}

const BOTH = ['127.0.0.2', '127.0.0.3'];

/** The addresses of an answer in order: without distances the order is drawn. */
const sorted = (data: readonly unknown[]): unknown[] => [...data].sort();

describe('A redirector', () => {
  test('leads to the clusters that answer, over UDP and TCP', async () => {
    const { ask, find } = await redirectorOf(await two());
    await vi.waitFor(async () => expect(sorted(await find(ZONE))).toEqual(BOTH));
    expect(sorted(await find(ZONE, { tcp: true }))).toEqual(BOTH);
    expect(await ask(ZONE)).toMatchObject({ rcode: 'NOERROR', flag_aa: true, flag_ra: false });
    expect(await ask('other.example')).toMatchObject({ rcode: 'REFUSED', answers: [] });
    expect(await ask(`x.${ZONE}`)).toMatchObject({
      rcode: 'NXDOMAIN',
      authorities: [{ type: 'SOA' }],
    });
  });

  test('fails before it has found any cluster', async () => {
    const { ask } = await redirectorOf([], { clusters: ['http://127.0.0.1:9'] });
    expect(await ask(ZONE)).toMatchObject({ rcode: 'SERVFAIL' });
  });

  test.each(['is silent', 'fails', 'is gone'] as const)(
    'leaves out a cluster that %s, and has it again when it is back',
    async (what) => {
      const [one, other] = await two();
      const { find } = await redirectorOf([one, other]);
      await vi.waitFor(async () => expect(sorted(await find(ZONE))).toEqual(BOTH));
      if (what === 'is gone') await other.stop();
      else other.behaviour = what;
      await vi.waitFor(async () => expect(await find(ZONE)).toEqual(['127.0.0.2']));
      if (what === 'is gone') await other.start();
      other.behaviour = 'answers';
      await vi.waitFor(async () => expect(sorted(await find(ZONE))).toEqual(BOTH));
    },
  );

  test('leaves out a cluster that is full', async () => {
    const [one, other] = await two();
    const { find } = await redirectorOf([one, other]);
    await vi.waitFor(async () => expect(sorted(await find(ZONE))).toEqual(BOTH));
    other.room = { free: 0, places: 0 };
    await vi.waitFor(async () => expect(await find(ZONE)).toEqual(['127.0.0.2']));
  });

  test('goes on while clusters that it was given are away, and learns of others', async () => {
    const [one, other] = await two();
    one.clusters = [factsOf(one), factsOf(other)];
    const { find } = await redirectorOf([one], {
      clusters: ['http://127.0.0.1:9', one.url],
      trust: [other.key.publicKey],
    });
    await vi.waitFor(async () => expect(sorted(await find(ZONE))).toEqual(BOTH));
    await one.stop();
    await vi.waitFor(async () => expect(await find(ZONE)).toEqual(['127.0.0.3']));
  });

  test('leads to clusters at other ports by SRV records only, whose targets have addresses', async () => {
    const one = await standIn('127.0.0.2', 0);
    const other = await standIn('127.0.0.3', 0);
    const { find, ask } = await redirectorOf([one, other]);
    await vi.waitFor(async () =>
      expect(await find(`_scattercast._tcp.${ZONE}`, { type: 'SRV' })).toHaveLength(2),
    );
    expect(await find(ZONE)).toEqual(['127.0.0.2']);
    const { answers = [] } = await ask(`_scattercast._tcp.${ZONE}`, { type: 'SRV' });
    const services = answers.map((answer) => ('data' in answer ? answer.data : undefined)) as {
      target: string;
      port: number;
    }[];
    expect(sorted(services.map(({ port }) => port))).toEqual(sorted([portOf(one), portOf(other)]));
    const targets = await Promise.all(services.map(({ target }) => find(target)));
    expect(sorted(targets.flat())).toEqual(BOTH);
  });

  test('ends in order', async () => {
    const { redirector, find } = await redirectorOf(await two());
    await vi.waitFor(async () => expect(await find(ZONE)).toHaveLength(2));
    await redirector.close();
    await expect(find(ZONE, { tcp: true })).rejects.toThrow('ECONNREFUSED');
  });
});

describe('The nearest cluster', () => {
  const HOME = '198.51.100.0';

  /** Three clusters that have seen a network at these distances. */
  async function seeing(rtts: readonly number[], over: Partial<RedirectorOptions> = {}) {
    const [one, two_] = await two();
    const all = [one, two_, await standIn('127.0.0.4', portOf(one))];
    all.forEach((cluster, index) => {
      const rttMs = rtts[index];
      if (rttMs !== undefined) cluster.networks = [[HOME, rttMs]];
    });
    const { find, ask } = await redirectorOf(all, over);
    await vi.waitFor(async () =>
      expect(await find(`_scattercast._tcp.${ZONE}`, { type: 'SRV' })).toHaveLength(3),
    );
    return { all, find, ask };
  }

  test('is told first, to the networks that the resolver speaks for', async () => {
    const { find, ask } = await seeing([90, 10, 40]);
    const subnet = [HOME, 24] as const;
    const isForNetwork = [{ options: [{ scopePrefixLength: 24 }] }];
    // Before anything is known the order is drawn, for all networks.
    await vi.waitFor(async () => {
      expect((await ask(ZONE, { subnet })).additionals).toMatchObject(isForNetwork);
      expect(await find(ZONE, { subnet })).toEqual(['127.0.0.3', '127.0.0.4']);
    });
    const elsewhere = await ask(ZONE, { subnet: ['203.0.113.0', 24] });
    expect(elsewhere.additionals).toMatchObject(isForNetwork);
  });

  test('is one in the country of a network that no cluster has seen, by a database of addresses', async () => {
    const countries: Record<string, string> = {
      ...{ '127.0.0.2': 'FR', '127.0.0.3': 'DE', '127.0.0.4': 'FR', '203.0.113.0': 'DE' },
      ...{ '2001:db8:1::': 'DE', [HOME]: 'DE' },
    };
    const placeOf = (address: string) => ({ country: countries[address] });
    const { all, find, ask } = await seeing([5, 90, 40], { placeOf });
    const subnets = { v4: ['203.0.113.0', 24], v6: ['2001:db8:1::', 48] } as const;
    for (let time = 0; time < 10; time++) {
      expect((await find(ZONE, { subnet: subnets.v4 }))[0]).toBe('127.0.0.3');
      expect((await find(ZONE, { subnet: subnets.v6 }))[0]).toBe('127.0.0.3');
    }
    const { additionals } = await ask(ZONE, { subnet: subnets.v4 });
    expect(additionals).toMatchObject([{ options: [{ scopePrefixLength: 24 }] }]);
    // What was seen says more, and nobody is led to a cluster without room.
    const seen = ['127.0.0.2', '127.0.0.4'];
    await vi.waitFor(async () => expect(await find(ZONE, { subnet: [HOME, 24] })).toEqual(seen));
    if (all[1] !== undefined) all[1].room = { free: 0 };
    await vi.waitFor(async () =>
      expect(sorted(await find(ZONE, { subnet: subnets.v4 }))).toEqual(seen),
    );
  });

  test('is the next one when it is full or gone', async () => {
    const { all, find } = await seeing([90, 10, 40]);
    const subnet = [HOME, 24] as const;
    const found = ['127.0.0.3', '127.0.0.4'];
    await vi.waitFor(async () => expect(await find(ZONE, { subnet })).toEqual(found));
    const [, nearest, next] = all;
    if (nearest !== undefined) nearest.room = { free: 0 };
    const rest = ['127.0.0.4', '127.0.0.2'];
    await vi.waitFor(async () => expect(await find(ZONE, { subnet })).toEqual(rest));
    await next?.stop();
    await vi.waitFor(async () => expect(await find(ZONE, { subnet })).toEqual(['127.0.0.2']));
  });
});

describe('The name of a session', () => {
  const NAME = `night.radio.example.${ZONE}`;
  const night = (free: number) => sessionRoom('radio.example/night', SESSION_KEY, free);

  test('leads to the clusters that have room in it, and comes and goes with it', async () => {
    const [one, other] = await two();
    const { find, ask } = await redirectorOf([one, other]);
    await vi.waitFor(async () => expect(await find(ZONE)).toHaveLength(2));
    expect(await ask(NAME)).toMatchObject({ rcode: 'NXDOMAIN' });
    one.room = { sessions: [night(8)] };
    await vi.waitFor(async () => expect(await find(NAME)).toEqual(['127.0.0.2']));
    expect(await ask(`radio.example.${ZONE}`)).toMatchObject({ rcode: 'NOERROR', answers: [] });
    other.room = { sessions: [night(8)] };
    await vi.waitFor(async () => expect(sorted(await find(NAME))).toEqual(BOTH));
    one.room = { sessions: [night(0)] };
    await vi.waitFor(async () => expect(await find(NAME)).toEqual(['127.0.0.3']));
    other.room = {};
    one.room = { sessions: [] };
    await vi.waitFor(async () => expect(await ask(NAME)).toMatchObject({ rcode: 'NXDOMAIN' }));
  });

  test('also leads to clusters that can carry it, if the directory lists it', async () => {
    const [one, other] = await two();
    one.sessions = [{ session: 'scattercast://radio.example/night', key: SESSION_KEY.publicKey }];
    other.sessions = one.sessions;
    const { find } = await redirectorOf([one, other]);
    await vi.waitFor(async () => expect(sorted(await find(NAME))).toEqual(BOTH));
    other.room = { carries: false };
    await vi.waitFor(async () => expect(await find(NAME)).toEqual(['127.0.0.2']));
  });
});

test('The operator sees what is there, at a port of its own', async () => {
  const status = { host: '127.0.0.1', port: 0 };
  const [one, other] = await two();
  const { redirector, ask } = await redirectorOf([one, other], { status });
  const get = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${redirector.statusPort}${path}`, init);
  await vi.waitFor(async () => expect((await get('/healthz')).status).toBe(200));
  await vi.waitFor(async () =>
    expect(await (await get('/status')).json()).toMatchObject({ zone: ZONE, live: 2, known: 2 }),
  );
  await ask('other.example');
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toContain('scattercast_redirector_clusters_live 2');
  expect(metrics).toContain(
    'scattercast_redirector_answers_total{transport="udp",rcode="refused"} 1',
  );
  expect((await get('/other')).status).toBe(404);
  expect((await get('/status', { method: 'POST' })).status).toBe(405);
  await one.stop();
  await other.stop();
  await vi.waitFor(async () => expect((await get('/healthz')).status).toBe(503));
});
