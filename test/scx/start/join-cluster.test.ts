import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { type Launch, launchSchema } from '../../../src/api/scx-launch.js';
import type { JoinAnswer, ScxService } from '../../../src/api/swarm/scx-service.js';
import { vouchFor } from '../../../src/overlay/tls/membership.js';
import { nodeIdOf } from '../../../src/overlay/tls/node-id.js';
import { drawSigningKey, signingKeyFrom } from '../../../src/runtime/signing-key.js';
import { findFreePorts } from '../../../src/scx/start/free-ports.js';
import { joinCluster } from '../../../src/scx/start/join-cluster.js';
import { afterTest } from '../../after-test.js';
import { answerProven } from '../../http/proven.js';
import { identity, STATION } from '../../session/signed.js';

const NIGHT = identity('scattercast://radio.example/night').id;
const CLUSTER_KEY = drawSigningKey();

const serviceOf = (frontEnds: string[], ports: ScxService['ports'] = null): ScxService => ({
  ...{ frontEnds, ports },
  launch: {
    ...{ session: NIGHT, channels: [{ id: 1, unicast: 'tcp' }], locations: [] },
    access: { issuedMs: 1, sources: [STATION] },
    ...{ rendezvous: false, leaseIntervalMs: 500, listenHost: '127.0.0.1' },
    ...{ lingerMs: 1000, listenersMax: 1, perAddressMax: 0, trustedProxies: [], burstMs: 500 },
    ...{ writeIntervalMs: 20, profile: 'fast', allowPrivate: true, logLevel: 'silent' },
  },
});

async function openFrontEnd(secret: string, status = 200): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const { id, session } = JSON.parse(body) as { id: string; session: string };
      const answer: JoinAnswer = {
        voucher: vouchFor(CLUSTER_KEY, session, id),
        ...{ formerNeighbours: [], encoderTitles: [], listenerHook: null },
        sealedCertificate: 'sealed',
        frontEnds: ['http://10.77.0.1:8000', 'http://10.77.0.2:8000'],
      };
      answerProven(secret, request, response, { status, body: JSON.stringify(answer) });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tryJoin = (service: ScxService) =>
  joinCluster({
    ...{ service, serviceId: 'sc-1', machine: 'one.example', token: 'secret' },
    log: pino({ enabled: false }),
  });

async function join(service: ScxService): Promise<Launch> {
  const launch = await tryJoin(service);
  if (launch === undefined) throw new Error('it is not wanted');
  return launch;
}

describe('An SCX that an engine starts', () => {
  test('draws its key, and gets the word of its cluster from the front end that answers', async () => {
    const urls = ['http://127.0.0.1:1', await openFrontEnd('secret')];
    const launch = await join(serviceOf(urls));
    expect(launchSchema.parse(launch)).toMatchObject({
      ...{ leaseToken: 'secret', advertiseHost: 'one.example', machine: 'one.example' },
      leaseUrls: ['http://10.77.0.1:8000', 'http://10.77.0.2:8000'],
      sealedCertificate: 'sealed',
    });
    expect(nodeIdOf(signingKeyFrom(launch.keySeed).publicKey)).toBe(launch.id);
    expect(launch.voucher).toEqual(vouchFor(CLUSTER_KEY, NIGHT, launch.id));
    expect((await join(serviceOf(urls))).id).not.toBe(launch.id);
  });

  test('ends at once when a front end does not want it, but believes only one of its cluster', async () => {
    const unwanted = [await openFrontEnd('secret', 410)];
    expect(await tryJoin(serviceOf(unwanted))).toBeUndefined();
    const guessed = [await openFrontEnd('guessed', 410), await openFrontEnd('secret')];
    expect(await tryJoin(serviceOf(guessed))).toBeDefined();
  });

  test('believes no front end that does not know the secret, and starts without', async () => {
    const urls = [await openFrontEnd('guessed')];
    const launch = await join(serviceOf(urls));
    expect(launch.voucher).toBeUndefined();
    expect(launch.leaseUrls).toEqual(urls);
  });
});

describe('The ports of an SCX that an engine starts', () => {
  test('are a pair of the range, the same each time, and another one when that is taken', async () => {
    const first = await findFreePorts({ first: 48_100, last: 48_107 }, '127.0.0.1', NIGHT);
    expect(first.overlay).toBe(first.http + 1);
    const again = await findFreePorts({ first: 48_100, last: 48_107 }, '127.0.0.1', NIGHT);
    expect(again).toEqual(first);
    const other = createTcpServer().listen(first.overlay, '127.0.0.1');
    await once(other, 'listening');
    afterTest(() => void other.close());
    const next = await findFreePorts({ first: 48_100, last: 48_107 }, '127.0.0.1', NIGHT);
    expect(next.http).not.toBe(first.http);
    await expect(
      findFreePorts({ first: first.http, last: first.overlay }, '127.0.0.1', NIGHT),
    ).rejects.toThrow(/widen --scx-ports/);
  });
});
