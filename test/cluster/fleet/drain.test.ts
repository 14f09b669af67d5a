/** How a cluster replaces its SCXs. The hand-over itself is simulated by the test. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { orderSchema } from '../../../src/api/hand-over-order.js';
import { launchSchema } from '../../../src/api/scx-launch.js';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import type { Found } from '../../../src/cluster/platform/platform.js';
import { createProcessPlatform } from '../../../src/cluster/platform/process-platform.js';
import { fetchProven } from '../../http/proven.js';
import { startFake } from '../fake-cluster.js';
import { createFakePlatform } from '../fake-platform.js';
import {
  announcementXml,
  FACTS,
  NIGHT,
  quiet,
  statusOf,
  temporaryFolder,
  until,
} from '../support.js';

const PATH = 'radio.example/night';

/** A cluster with the SCX of a published session, which has renewed its lease. */
async function setUp(over = {}) {
  const dataDir = temporaryFolder();
  const started = await startFake({ dataDir, ...over });
  await started.publish(PATH, announcementXml(NIGHT));
  await until(
    async () => ((await (await started.get('/status')).json()) as Status).cluster.scxs > 0,
  );
  const { platform, at } = started;
  const [launch] = platform.launches;
  if (launch === undefined) throw new Error('no SCX');
  await platform.renew(launch.id);
  const secret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
  const drain = (key = secret, drainMs: unknown = 5000) => {
    const body = JSON.stringify({ drainMs });
    return fetchProven(key, `${at}/drain`, { method: 'POST', body });
  };
  /** The answer to the next lease renewal of the SCX. */
  const renew = async (change: Partial<ScxStatus> = {}) =>
    (await (await platform.renew(launch.id, change)).json()) as { handOver?: boolean };
  /** A process that the cluster did not launch renews a lease. */
  const appear = (id: string, pid: number) =>
    fetchProven(secret, `${at}/leases`, {
      method: 'POST',
      body: JSON.stringify(statusOf(id, NIGHT, { pid, overlayAddress: 'radio.example:8103' })),
    });
  const order = async () => {
    await until(() => platform.orders.length > 0);
    return platform.orders[0] as (typeof platform.orders)[number];
  };
  return { ...started, launch, drain, renew, appear, order };
}

interface Status {
  readonly cluster: { readonly scxs: number };
}

describe('POST /drain', () => {
  test("requires the cluster's secret, and how long listeners may stay", async () => {
    const { drain, platform } = await setUp();
    expect((await drain('guessed')).status).toBe(401);
    expect((await drain(undefined, -1)).status).toBe(400);
    expect((await drain(undefined, 'long')).status).toBe(400);
    expect(platform.orders).toEqual([]);
  });

  test('orders a successor with the same port and facts, and reports when it took over', async () => {
    const { drain, renew, appear, order, launch, platform } = await setUp();
    expect(await renew()).not.toHaveProperty('handOver');
    const answer = drain();
    const { id, successor, drainMs } = await order();
    expect({ id, drainMs }).toEqual({ id: launch.id, drainMs: 5000 });
    const { keySeed, voucher } = successor;
    const own = { id: successor.id, keySeed, voucher };
    expect(successor).toEqual({ ...launch, ...own, httpPort: 8100, overlayPort: 8103 });
    expect(await renew()).toMatchObject({ handOver: true });
    expect(platform.renewals).toBe(1); // of its spares
    expect((await drain()).status).toBe(409);
    await appear(successor.id, 4711);
    await renew({ state: 'leaving', leavesWithinMs: 5000 });
    const [line] = (await (await answer).text()).trim().split('\n');
    expect(JSON.parse(line ?? '')).toEqual({
      session: NIGHT,
      pid: process.pid,
      successorPid: 4711,
    });
  });

  test('sends all clients to the successor, and launches nothing else', async () => {
    const { drain, renew, appear, order, platform, get } = await setUp();
    const answer = drain();
    const { successor } = await order();
    await appear(successor.id, 4711);
    await renew({ state: 'leaving' });
    await (await answer).text();
    expect(await (await get(`/rendezvous/${PATH}`)).json()).toEqual({
      address: 'radio.example:8103',
    });
    const pinned = (await (await appear(successor.id, 4711)).json()) as object;
    expect(pinned).toMatchObject({ rendezvous: true, keep: true });
    expect(platform.launches).toHaveLength(1);
  });

  test('reports why an SCX could not be replaced', async () => {
    const { drain, renew, order } = await setUp();
    const answer = drain();
    const { successor } = await order();
    await renew({ failedSuccessor: { id: 'e'.repeat(16), reason: 'an earlier one' } });
    await renew({ failedSuccessor: { id: successor.id, reason: 'the successor ended' } });
    expect(await (await answer).json()).toMatchObject({ reason: 'the successor ended' });
    expect(await renew()).not.toHaveProperty('handOver');
  });

  test('leaves an SCX alone when no port is free for a second process', async () => {
    const { drain, platform } = await setUp({ scxPorts: { first: 8100, last: 8101 }, maxScxs: 1 });
    expect(await (await drain()).json()).toMatchObject({
      reason: 'no port is free for a second process: widen --scx-ports',
    });
    expect(platform.orders).toEqual([]);
  });
});

describe('A front end that finds SCXs', () => {
  const found = (id: string): Found => ({
    ...{ id, session: NIGHT, pid: process.pid, facts: FACTS },
    ports: { http: 8100, overlay: 8101 },
  });

  /** A restarted front end whose only SCX renews its lease. */
  async function restart(change: Partial<ScxStatus>) {
    const dataDir = temporaryFolder();
    const id = 'a'.repeat(16);
    const platform = createFakePlatform([found(id)]);
    const logged: string[] = [];
    const log = pino({}, { write: (line) => void logged.push(line) });
    const { at } = await startFake({ dataDir, log }, platform);
    const secret = readFileSync(`${dataDir}/secret`, 'utf8').trim();
    const renew = async () => {
      const body = JSON.stringify({ ...statusOf(id, NIGHT), ...change });
      const answer = await fetchProven(secret, `${at}/leases`, { method: 'POST', body });
      return (await answer.json()) as { handOver?: true };
    };
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    return { platform, renew, id, version, logged };
  }

  test('has SCXs of another version replaced by its own', async () => {
    const { platform, renew, id, version } = await restart({ version: '0.0.1' });
    await renew();
    await until(() => platform.orders.length > 0);
    expect(platform.orders).toMatchObject([{ id, successor: { version, httpPort: 8100 } }]);
    expect(await renew()).toMatchObject({ handOver: true });
  });

  test('does not replace SCXs that cannot hand over', async () => {
    const { platform, renew, logged } = await restart({ version: undefined });
    await renew();
    await until(() => logged.some((line) => line.includes('it is of a version that cannot')));
    expect(await renew()).not.toHaveProperty('handOver');
    expect(platform.orders).toEqual([]);
  });
});

test("An order is a file that only the cluster's user can read, and names this program", async () => {
  const dataDir = temporaryFolder();
  const entry = fileURLToPath(new URL('../stand-in.mjs', import.meta.url));
  const platform = createProcessPlatform({
    ...{ entry, confined: true, files: {}, dataDir, inheritLogs: false, log: quiet },
  });
  const { launch } = await setUp();
  const successor = launchSchema.parse({ ...launch, id: 'b'.repeat(32) });
  await platform.orderSuccessor(launch.id, successor, 1000);
  platform.close();
  const file = `${dataDir}/run/${launch.id}.successor`;
  const successorFile = `${dataDir}/run/${successor.id}.successor`;
  const order = orderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(order.args.slice(-4)).toEqual([entry, 'scx', '--orders', successorFile]);
  // It is to take orders itself.
  expect(order.args).toContain(`--allow-fs-write=${successorFile}`);
  expect(order).toMatchObject({ program: process.execPath, drainMs: 1000 });
  expect(order.launch).toEqual({ ...successor, successorFile });
});
