import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { joinAnswerSchema } from '../../../src/api/swarm/scx-service.js';
import { joinRoutes } from '../../../src/cluster/fleet/join-routes.js';
import type { SharedPlatform } from '../../../src/cluster/platform/platform.js';
import { createProofCheck } from '../../../src/http/cluster-proof.js';
import { createProvenClient } from '../../../src/http/proven-client.js';
import { vouchFor } from '../../../src/overlay/tls/membership.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { afterTest } from '../../after-test.js';
import { NIGHT } from '../support.js';

const ID = 'a'.repeat(32);
const CLUSTER_KEY = drawSigningKey();

async function openFrontEnd(isWanted = true) {
  const joins: string[] = [];
  const shared: Pick<SharedPlatform, 'onJoin' | 'frontEnds'> = {
    frontEnds: () => ['http://10.77.0.1:8000'],
    onJoin: ({ service }) => {
      joins.push(service);
      return isWanted ? {} : undefined;
    },
  };
  const proofs = createProofCheck('secret');
  const app = express();
  const certificate = { sealed: () => 'sealed' };
  const keys = { clusterKey: CLUSTER_KEY, certificate };
  app.use(joinRoutes({ proofs, shared, ...keys, listenerHook: undefined }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/joins`);
  const send = (secret: string, body: object) =>
    createProvenClient(
      secret,
      true,
    )({
      ...{ url, method: 'POST', body: JSON.stringify(body) },
      ...{ withinMs: 5000, answerBytesMax: 10_000 },
    });
  return { send, joins };
}

const JOIN = { id: ID, session: NIGHT, service: 'sc-1-0' };

describe('An SCX that joins its cluster', () => {
  test('gets the word of the cluster, its certificate, and the front ends', async () => {
    const { send } = await openFrontEnd();
    const { status, text, isOurs } = await send('secret', JOIN);
    expect([status, isOurs]).toEqual([200, true]);
    expect(joinAnswerSchema.parse(JSON.parse(text))).toMatchObject({
      voucher: vouchFor(CLUSTER_KEY, NIGHT, ID),
      sealedCertificate: 'sealed',
      frontEnds: ['http://10.77.0.1:8000'],
    });
  });

  test('is refused when its service is removed', async () => {
    const { send } = await openFrontEnd(false);
    expect(await send('secret', JOIN)).toMatchObject({ status: 410, isOurs: true });
  });

  test('gets nothing without the secret, nor for what is no SCX', async () => {
    const { send, joins } = await openFrontEnd();
    expect(await send('guessed', JOIN)).toMatchObject({ status: 401, isOurs: false });
    expect(await send('secret', { ...JOIN, id: 'b' })).toMatchObject({ status: 400 });
    expect(await send('secret', { ...JOIN, service: 'x'.repeat(5000) })).toMatchObject({
      status: 413,
    });
    expect(joins).toEqual([]);
  });
});
