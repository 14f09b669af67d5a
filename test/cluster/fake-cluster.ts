/** A cluster for tests: a real front end on a free port, in front of a fake platform. */
import { readFileSync } from 'node:fs';
import { startCluster } from '../../src/cluster/cluster.js';
import type { ClusterOptions } from '../../src/cluster/cluster-options.js';
import { afterTest } from '../after-test.js';
import { createFakePlatform, type FakePlatform } from './fake-platform.js';
import { quiet, temporaryFolder } from './support.js';

/** Options that leave other programs on this machine alone. */
export const optionsOf = (over: Partial<ClusterOptions> = {}): ClusterOptions => ({
  port: 0,
  host: 'radio.example',
  listenHost: '127.0.0.1',
  dataDir: temporaryFolder(),
  scxPorts: { first: 8100, last: 8199 },
  maxScxs: 4,
  allowPrivate: true,
  entry: '/nowhere',
  log: quiet,
  ...over,
});

/** A running cluster; `at` is where tests reach it. Closed after the test. */
export async function startFake(
  over: Partial<ClusterOptions> = {},
  platform: FakePlatform = createFakePlatform(),
) {
  const options = optionsOf(over);
  const cluster = await startCluster(options, platform);
  afterTest(() => cluster.close());
  const at = `http://127.0.0.1:${cluster.port}`;
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${at}${path}`, { redirect: 'manual', ...init });
  const tokens = new Map<string, string>();
  /** The credentials of the operator. */
  const operator = {
    authorization: `Bearer ${readFileSync(`${options.dataDir}/admin-token`, 'utf8').trim()}`,
  };
  /** The credentials of the session's owner, once it is published; before that the operator's. */
  const owner = (path: string): Record<string, string> =>
    tokens.has(path) ? { authorization: `Bearer ${tokens.get(path)}` } : operator;
  const publish = async (path: string, xml: string, query = '') => {
    const init = { method: 'PUT', body: xml, headers: owner(path) };
    const response = await get(`/announcements/${path}.xml${query}`, init);
    const told = (response.ok ? await response.clone().json() : {}) as { token?: string };
    if (told.token !== undefined) tokens.set(path, told.token);
    return response;
  };
  const unpublish = (path: string) =>
    get(`/announcements/${path}.xml`, { method: 'DELETE', headers: owner(path) });
  return { cluster, platform, at, get, publish, unpublish, owner, operator };
}
