/**
 * A user of the machine who is not the cluster's opens the front end's port while the front end is
 * away. The SCXs and the operator's commands come there with whatever they have to show; nothing of
 * that may help the impostor, and nothing that it answers may be believed.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ScxStatus } from '../../src/api/scx-status.js';
import { drainCluster } from '../../src/cli/commands/drain.js';
import { PROOF_FIELD } from '../../src/http/cluster-proof.js';
import { startLease } from '../../src/scx/lease.js';
import { afterTest } from '../after-test.js';
import { startFake } from '../cluster/fake-cluster.js';
import { announcementXml, NIGHT, statusOf, temporaryFolder, until } from '../cluster/support.js';

interface Caught {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A program at a port of this machine that keeps what it gets, and answers as a front end would. */
async function openImpostor(answer: { status: number; body: string }) {
  const caught: Caught[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    caught.push({ headers: request.headers, body });
    response.writeHead(answer.status, { [PROOF_FIELD]: `${request.headers[PROOF_FIELD]}` });
    response.end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return { caught, port: (server.address() as AddressInfo).port };
}

/** A cluster with an SCX, and its secret. */
async function startCluster() {
  const dataDir = temporaryFolder();
  const fake = await startFake({ dataDir });
  await fake.publish('radio.example/night', announcementXml(NIGHT));
  await until(() => fake.platform.launches.length > 0);
  const secret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
  return { ...fake, dataDir, secret, id: fake.platform.launches[0]?.id ?? '' };
}

/** An SCX that renews its lease at a port; what it was told. */
function leaseAt(port: number, token: string, status: () => ScxStatus): string[] {
  const told: string[] = [];
  const lease = startLease({
    ...{ url: `http://127.0.0.1:${port}`, token, intervalMs: 50, status },
    log: pino({ enabled: false }),
    onRenewed: () => void told.push('terms'),
    onGone: () => void told.push('end'),
  });
  afterTest(() => lease.stop());
  return told;
}

test.each([
  {
    status: 200,
    body: '{"rendezvous":false,"access":{"issuedMs":9e15,"sources":[]}}',
  },
  { status: 410, body: 'go' },
])(
  'Whoever opened the port of a front end gets no secret, and is not believed: %j',
  async (lie) => {
    const { secret, id } = await startCluster();
    const { caught, port } = await openImpostor(lie);
    const told = leaseAt(port, secret, () => statusOf(id, NIGHT));
    await until(() => caught.length >= 3); // it goes on asking
    expect(JSON.stringify(caught)).not.toContain(secret);
    expect(told).toEqual([]);
  },
);

test('What an impostor has caught works for no other request, and no second time', async () => {
  const { secret, id, get, platform } = await startCluster();
  const { caught, port } = await openImpostor({ status: 503, body: '' });
  leaseAt(port, secret, () => statusOf(id, NIGHT));
  await until(() => caught.length > 0);
  const [{ headers, body } = { headers: {}, body: '' }] = caught;
  const send = async (path: string, sent: string, method = 'POST'): Promise<number> => {
    const proof = { [PROOF_FIELD]: `${headers[PROOF_FIELD]}` };
    return (await get(path, { method, body: sent, headers: proof })).status;
  };
  expect(await send('/drain', JSON.stringify({ drainMs: 1 }))).toBe(401);
  expect(await send('/leases', body.replace('"listeners":0', '"listeners":9'))).toBe(401);
  expect(await send('/announcements/evil.example/a.xml', body, 'PUT')).not.toBe(201);
  await send('/leases', body);
  expect(await send('/leases', body)).toBe(401);
  expect(platform.orders).toEqual([]);
});

test('An operator who drains a cluster tells an impostor nothing, and is warned', async () => {
  const { secret, dataDir } = await startCluster();
  const { caught, port } = await openImpostor({ status: 200, body: '' });
  const draining = drainCluster({
    ...{ dataDir, port, listenHost: '127.0.0.1', drainMs: 1, onDrained: () => undefined },
  });
  await expect(draining).rejects.toThrow(/another program than that cluster answers/);
  expect(caught).toHaveLength(1);
  expect(JSON.stringify(caught)).not.toContain(secret);
});
