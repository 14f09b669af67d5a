import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { announcementClock } from '../../../src/client/cluster/cluster-clock.js';
import { afterTest } from '../../after-test.js';

const HOUR_MS = 3_600_000;

/** A cluster, as far as it tells its time. */
async function openCluster(date: string | undefined): Promise<string> {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    if (date !== undefined) response.setHeader('Date', date);
    response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('The clock of an announcement', () => {
  const at = Date.parse('2026-07-01T12:00:00Z');
  const date = new Date(at).toUTCString();

  test("is the cluster's when that of this machine is ahead, and the user is told by how much", async () => {
    const cluster = await openCluster(date);
    const { now, warning } = await announcementClock(cluster, () => at + HOUR_MS);
    expect(Math.abs(now() - at)).toBeLessThanOrEqual(1000); // it tells whole seconds
    expect(warning).toMatch(/is (3599|3600) s ahead of that of http:/);
  });

  test('is that of this machine when it is behind, as a cluster may lie; the user is told by how much', async () => {
    const cluster = await openCluster(date);
    const { now, warning } = await announcementClock(cluster, () => at - HOUR_MS);
    expect(now()).toBe(at - HOUR_MS);
    expect(warning).toMatch(/is 3600 s behind that of http:.* Set the one that is wrong$/);
  });

  test.each([
    ['agrees', at, date],
    ['agrees within what whole seconds explain', at + 4000, date],
    ['is not told that of the cluster', at + HOUR_MS, undefined],
  ])('is that of this machine when it %s', async (_when, ours, told) => {
    const { now, warning } = await announcementClock(await openCluster(told), () => ours);
    expect([now(), warning]).toEqual([ours, undefined]);
  });

  test('is that of this machine without a cluster, or when none answers', async () => {
    for (const cluster of [undefined, 'http://127.0.0.1:1']) {
      expect((await announcementClock(cluster, () => at)).now()).toBe(at);
    }
  });
});
