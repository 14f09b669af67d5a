import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { spareAnswerSchema } from '../../../src/api/swarm/spare.js';
import { spareRoutes } from '../../../src/cluster/fleet/spare-routes.js';
import type { SharedPlatform } from '../../../src/cluster/platform/platform.js';
import { openLaunch } from '../../../src/cluster/platform/swarm/scx-service.js';
import { createProofCheck } from '../../../src/http/cluster-proof.js';
import { createProvenClient } from '../../../src/http/proven-client.js';
import { afterTest } from '../../after-test.js';
import { launchOf } from '../platform/swarm/launches.js';
import { NIGHT } from '../support.js';

const SPARE = { service: 'sc-1', machine: 'one', image: 'image' };

async function openFrontEnd() {
  const asked: string[] = [];
  const shared: Pick<SharedPlatform, 'onSpare' | 'frontEnds'> = {
    frontEnds: () => ['http://10.77.0.1:8000'],
    onSpare: async ({ service }) => {
      asked.push(service);
      return openLaunch(launchOf(1), []);
    },
  };
  const app = express();
  app.use(spareRoutes({ proofs: createProofCheck('secret'), shared }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/spares`);
  const limits = { withinMs: 5000, answerBytesMax: 100_000 };
  const send = (secret: string, body: object) =>
    createProvenClient(
      secret,
      true,
    )({ url, method: 'POST', body: JSON.stringify(body), ...limits });
  return { send, asked };
}

describe('A spare SCX that asks for a session', () => {
  test('gets one, and the front ends', async () => {
    const { send } = await openFrontEnd();
    const { status, text, isOurs } = await send('secret', SPARE);
    expect([status, isOurs]).toEqual([200, true]);
    const answer = spareAnswerSchema.parse(JSON.parse(text));
    expect(answer).toMatchObject({
      ...{ frontEnds: ['http://10.77.0.1:8000'], launch: { session: NIGHT } },
    });
  });

  test('gets nothing without the secret, nor for what is no spare', async () => {
    const { send, asked } = await openFrontEnd();
    expect(await send('guessed', SPARE)).toMatchObject({ status: 401, isOurs: false });
    expect(await send('secret', { ...SPARE, more: 1 })).toMatchObject({ status: 400 });
    expect(await send('secret', { ...SPARE, image: 'x'.repeat(5000) })).toMatchObject({
      status: 413,
    });
    expect(asked).toEqual([]);
  });
});
