import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startFake } from '../fake-cluster.js';
import { until } from '../support.js';

/** Room for nine connections, above six of which clients are told, and for four SCXs. */
const FILES_MAX = 116;

test('A front end with too many connections says so to clients, but not to its SCXs', async ({
  onTestFinished,
}) => {
  const { cluster, get } = await startFake({ filesMax: FILES_MAX });
  expect((await get('/healthz')).status).toBe(200);
  const idle = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const socket = connect(cluster.port, '127.0.0.1');
      await once(socket, 'connect');
      onTestFinished(() => void socket.destroy());
      return socket;
    }),
  );
  await until(async () => (await get('/healthz')).status === 503);
  const refused = await get('/healthz');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.text()).toContain('Too many clients');
  expect((await get('/leases', { method: 'POST' })).status).toBe(401);
  for (const socket of idle) socket.destroy();
  await until(async () => (await get('/healthz')).status === 200);
});

test('A front end runs no more SCXs than it may open files for', async () => {
  const { get } = await startFake({ filesMax: FILES_MAX, maxScxs: 64 });
  const status = (await (await get('/status')).json()) as { cluster: { scxsMax: number } };
  expect(status.cluster.scxsMax).toBe(4);
});
