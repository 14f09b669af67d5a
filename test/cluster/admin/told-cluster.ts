/** A cluster whose SCX is a stand-in that tells its front end what a test wants. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { afterTest } from '../../after-test.js';
import { nameOf } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { adminPasswordOf, announcementXml, NIGHT, temporaryFolder, until } from '../support.js';

const DAY = 'scattercast://radio.example/day';
const SOURCE = 'a'.repeat(16);
export const MOUNT = '/radio.example/night.mp3';
export const basic = (password: string, user = 'admin'): string =>
  `Basic ${btoa(`${user}:${password}`)}`;

const LISTENERS = {
  listeners: [
    { id: 7, address: '198.51.100.7', agent: 'A', connectedS: 3 },
    { id: 8, address: '2001:db8:1:2::8', agent: '', connectedS: 4 },
  ],
};
const SOURCES = {
  sources: [{ id: SOURCE, address: '192.0.2.5', agent: 'butt' }],
  ...{ attached: 2, bytesRead: 10, bytesSent: 20, slowListeners: 1 },
};

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An SCX that answers as a real one does. */
const honest: Handler = ({ method, url }, response) => {
  const answers: Readonly<Record<string, object | undefined>> = {
    'GET /admin/listeners': LISTENERS,
    'GET /admin/sources': SOURCES,
    'DELETE /admin/sources': { ended: 1 },
  };
  const known = (method === 'DELETE' && url === '/admin/listeners/7') || method === 'POST';
  const answer = answers[`${method} ${url}`];
  response.statusCode = known ? 204 : answer === undefined ? 404 : 200;
  response.end(answer === undefined ? '' : JSON.stringify(answer));
};

/** A cluster with the sessions night, which is on the air, and day, which is not. */
export async function startTold(handle: Handler = honest) {
  const dataDir = temporaryFolder();
  const night = nameOf(NIGHT);
  const started = await startFake({ dataDir, mounts: new Map([['/live', night]]) });
  await started.publish('radio.example/night', announcementXml(NIGHT));
  await started.publish('radio.example/day', announcementXml(DAY));
  const own = adminPasswordOf(NIGHT);
  const other = adminPasswordOf(DAY);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['x-scattercast-proof']}`);
    handle(request, response);
  });
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const { launches, renew } = started.platform;
  await until(() => launches.length === 2);
  const launched = launches.find(({ session }) => session === NIGHT);
  const source = { id: SOURCE, scx: `${launched?.id}`, priority: 128, costMs: 0, path: [] };
  const status: Partial<ScxStatus> = {
    httpUrl: `http://radio.example:${port}/night.mp3`,
    ...{ playing: SOURCE, title: 'A < B', listeners: 2, listenersTotal: 5 },
    ...{ listenersUnique: 1, averageListeningS: 4 },
    sources: [{ ...source, audience: 30, flows: [] }],
  };
  await renew(`${launched?.id}`, status);
  const operator = readFileSync(`${dataDir}/admin-token`, 'utf8');
  const ask = async (path: string, password = operator, init: RequestInit = {}) => {
    const headers = { authorization: basic(password), ...init.headers };
    const response = await started.get(path, { ...init, headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return { ...started, own, other, asked, operator, ask };
}
