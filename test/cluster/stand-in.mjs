/**
 * Stands in for `node . scx`: waits for the launch document, renews a lease, leaves on SIGTERM. A
 * session whose name ends in `crash` exits with code 1, one in `deaf` does not hear SIGTERM. If its
 * port is held for it, it answers each connection there with its process id.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const onGone = () => process.exit(0);
const [launch, socket] = await new Promise((resolve) => {
  process.once('disconnect', onGone);
  process.on('message', (message, handle) => {
    if (message.kind !== 'launch') return;
    process.off('disconnect', onGone);
    process.channel.unref();
    process.send({ kind: 'launched' });
    resolve([message.launch, handle]);
  });
  process.send({ kind: 'loaded' });
});
const name = launch.session.split('#')[0].split('/').at(-1);
const expected = ['scx', '--orders', launch.successorFile];
if (process.argv.slice(2).join() !== expected.join()) process.exit(2);
if (process.env.SCATTERCAST_PORT !== undefined) process.exit(2);
if (name === 'crash') process.exit(1);

process.on('SIGTERM', () => {
  if (name !== 'deaf') process.exit(0);
});
if (socket !== undefined) {
  const server = createServer((client) => client.end(`${process.pid}`));
  await new Promise((resolve) => server.listen(socket, resolve));
  launch.httpPort = server.address().port;
}
process.stdout.write(`${name} started\n`);

const status = JSON.stringify({
  session: launch.session,
  id: launch.id,
  pid: process.pid,
  httpUrl: `http://${launch.advertiseHost}:${launch.httpPort}/${name}.mp3`,
  overlayAddress: `${launch.advertiseHost}:${launch.overlayPort}`,
  state: 'running',
  rendezvous: launch.rendezvous,
  startedAt: new Date().toISOString(),
  listeners: 1,
  listenersPeak: 1,
  listenersMax: 100,
  attachedSources: 0,
  playing: null,
  title: null,
  bitrateKbps: null,
  membersKnown: 1,
  generator: null,
  neighbours: [],
  sources: [],
});

/** As docs/http.md describes it. */
function proof() {
  const at = Math.round(uptime() * 1000);
  const nonce = randomBytes(16).toString('base64url');
  const hash = createHash('sha256').update(status).digest('base64url');
  const lines = ['request', 'POST', '/leases', at, nonce, hash].join('\n');
  const code = createHmac('sha256', launch.leaseToken).update(lines).digest('base64url');
  return `${at}.${nonce}.${code}`;
}

// Half a minute at most, so that a broken test leaves nothing behind.
for (let turn = 0; turn < 300; turn++) {
  const headers = { 'x-scattercast-proof': proof() };
  const request = { method: 'POST', headers, body: status };
  await fetch(`${launch.leaseUrl}/leases`, request).catch(() => undefined);
  await delay(100);
}
