/** A cluster that may open few files and sockets: nobody is refused in silence. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { CLIP } from '../support/processes.js';
import { createStage, type Host, listenUrl } from '../support/stage.js';

/** The limit, and listeners that are more than two SCXs can take with it. */
const FILES_MAX = 300;
const LISTENERS = 450;
const AT_ONCE = 25;

const stage = createStage();
const sockets: Socket[] = [];

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await stage.close();
});

const limited: Host = {
  address: '127.0.0.1',
  within: ['sh', '-c', `ulimit -n ${FILES_MAX}; exec "$@"`, 'sh'],
};

/** Sends a request and keeps the connection: the status, or the error. */
async function statusAt(url: URL): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  sockets.push(socket);
  const closed = once(socket, 'close').then(() => [Buffer.from('HTTP closed')]);
  try {
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
    const [bytes] = (await Promise.race([once(socket, 'data'), closed])) as [Buffer];
    socket.on('error', () => undefined).resume();
    return bytes.toString('latin1').split(' ')[1] ?? '';
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`;
  }
}

async function tune(url: string): Promise<string> {
  const answer = await fetch(url, { redirect: 'manual' }).catch((error: Error) => error.message);
  if (typeof answer === 'string') return answer;
  const location = answer.headers.get('location');
  return location === null ? `${answer.status}` : statusAt(new URL(location));
}

test('450 listeners at a cluster with 300 files per process are served, by several SCXs', async () => {
  const cluster = await stage.cluster({ host: limited });
  expect(cluster.process.stderr()).toContain('may not open enough files');
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/crowd');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const url = listenUrl(cluster, announcement);
  const statuses: string[] = [];
  for (let n = 0; n < LISTENERS; n += AT_ONCE) {
    statuses.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => tune(url)))));
  }
  expect(new Set(statuses)).toEqual(new Set(['200']));
  const scxs = await cluster.scxs();
  expect(scxs.length).toBeGreaterThan(2);
  for (const { listenersMax } of scxs) expect(listenersMax).toBeLessThan(FILES_MAX);
});
