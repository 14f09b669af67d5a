/** A cluster for tests: a real front end on a free port, in front of a fake platform. */
import { readFileSync } from 'node:fs';
import { startCluster } from '../../src/cluster/cluster.js';
import type { ClusterOptions } from '../../src/cluster/cluster-options.js';
import { SESSION_PROOF_FIELD, signRequest } from '../../src/http/session-proof.js';
import { afterTest } from '../after-test.js';
import { SESSION_KEY } from '../session/signed.js';
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
  /** The credentials of the operator. */
  const operator = {
    authorization: `Bearer ${readFileSync(`${options.dataDir}/admin-token`, 'utf8').trim()}`,
  };
  /** The credentials of the owner of the tests' sessions, for one request. */
  const owner = (
    method: string,
    target: string,
    body: string | Uint8Array = '',
    key = SESSION_KEY,
  ): Record<string, string> => ({
    [SESSION_PROOF_FIELD]: signRequest(key, new URL(at).host, { method, target, body }),
  });
  /** A request of the owner. */
  const asOwner = (method: string, path: string, body?: string, key = SESSION_KEY) =>
    get(path, {
      ...{ method, headers: { accept: 'application/json', ...owner(method, path, body, key) } },
      ...(body === undefined ? {} : { body }),
    });
  /** Publishes as the owner, who may announce new sessions as well. */
  const publish = (path: string, xml: string, key = SESSION_KEY) => {
    const target = `/announcements/${path.replaceAll(' ', '%20')}.xml`;
    const headers = { ...operator, ...owner('PUT', target, xml, key) };
    return get(target, { method: 'PUT', body: xml, headers });
  };
  const unpublish = (path: string) => asOwner('DELETE', `/announcements/${path}.xml`);
  return { cluster, platform, at, get, publish, unpublish, owner, asOwner, operator };
}
