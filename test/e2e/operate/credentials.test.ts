/**
 * Source passwords, admin tokens and webhooks, with the real processes of a cluster, an SCX and
 * broadcasters: they open what they should, and appear in no log.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/guarded';
const stage = createStage();
let cluster: Cluster;
let announcement = '';
let outputs: Running[];
let onAir: Running;

interface Delivery {
  readonly event: string;
  readonly session: string;
  readonly title: string | null;
  readonly id: string;
}

/** A receiver of webhooks on a port of its own, which it keeps when it is away. */
function createReceiver() {
  const deliveries: Delivery[] = [];
  const unsigned: string[] = [];
  let server: Server | undefined;
  let port = 0;
  let secret = '';

  const take = async (request: IncomingMessage): Promise<void> => {
    let body = '';
    for await (const part of request) body += part;
    const timestamp = request.headers['x-scattercast-timestamp'];
    const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    if (request.headers['x-scattercast-signature'] !== `sha256=${hmac}`) unsigned.push(body);
    else deliveries.push(JSON.parse(body) as Delivery);
  };

  return {
    deliveries,
    unsigned,
    events: (): string[] => deliveries.map(({ event }) => event),
    knows: (text: string): void => {
      secret = text;
    },
    start: async (): Promise<string> => {
      server = createServer((request, response) => {
        void take(request).then(() => response.end());
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
      return `http://127.0.0.1:${port}/hook-with-a-secret`;
    },
    stop: async (): Promise<void> => {
      server?.closeAllConnections();
      await new Promise((closed) => server?.close(closed));
    },
  };
}

const receiver = createReceiver();

beforeAll(async () => {
  cluster = await stage.cluster({ extra: ['--log-level', 'trace'] });
  announcement = await stage.announce(cluster, NAME, '--webhook', await receiver.start());
  receiver.knows(stage.secretsOf(announcement).webhook ?? '');
  outputs = [cluster.process];
});

afterAll(async () => {
  await receiver.stop();
  await stage.close();
});

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Running => {
  const running = stage.run(args, { env });
  outputs.push(running);
  return running;
};

const broadcastWith = (password: string): Running =>
  start(['broadcast', '--cluster', cluster.url, '--announcement', announcement, '--loop', CLIP], {
    SCATTERCAST_PASSWORD: password,
  });

const announceWith = (token: string, ...args: string[]): Running =>
  start(['announce', '--cluster', cluster.url, '--name', NAME, ...args], {
    SCATTERCAST_TOKEN: token,
  });

test.each([
  ['', /requires its source password/],
  ['wrong', /the source password is wrong/],
])(
  'A broadcaster with the password "%s" is refused at once, in one line',
  async (password, why) => {
    const refused = broadcastWith(password);
    expect((await refused.exited).code).toBe(5);
    expect(refused.stderr()).toMatch(why);
    expect(refused.stderr().trim().split('\n')).toHaveLength(1);
  },
);

test('A broadcaster with the right password is on the air, and the webhook hears of it', async () => {
  onAir = broadcastWith(stage.secretsOf(announcement).password);
  await onAir.line(/on the air/);
  await until('the title', () => receiver.events().includes('title.changed'));
  expect(receiver.events().slice(0, 2)).toEqual(['source.up', 'title.changed']);
  expect(receiver.deliveries[0]).toMatchObject({ session: NAME, title: null });
  expect(receiver.deliveries[1]?.title).toEqual(expect.any(String));
});

test('An announcement is not changed or removed without its token', async () => {
  const attempts = [
    announceWith('', '--remove'),
    announceWith('another-token-that-is-wrong', '--remove'),
    announceWith('', '--title', 'Mine'),
  ];
  for (const attempt of attempts) {
    expect((await attempt.exited).code).toBe(5);
    expect(attempt.stderr()).toMatch(/admin token/);
  }
  expect((await fetch(announcement)).status).toBe(200);
});

test('A new password closes the broadcaster with the old one, which says why it ends', async () => {
  await receiver.stop();
  const renewed = announceWith(stage.secretsOf(announcement).token, '--new-password');
  expect((await renewed.exited).code).toBe(0);
  const [, password = ''] = renewed.stderr().match(/^source password: (\S+) /m) ?? [];
  expect(renewed.stderr()).not.toMatch(/admin token/);
  expect((await onAir.exited).code).toBe(5);
  expect(onAir.stderr()).toMatch(/the source password is wrong/);
  onAir = broadcastWith(password);
  await onAir.line(/on the air/);
  const { password: first, token, webhook = '' } = stage.secretsOf(announcement);
  const secrets = [password, first, token, webhook];
  for (const running of outputs.filter((each) => each !== renewed)) {
    const said = running.stdout() + running.stderr();
    for (const secret of secrets) expect(said).not.toContain(secret);
  }
});

test('A webhook that was away gets what it missed, once each and in order', async () => {
  const before = receiver.deliveries.length;
  await until('an event that cannot be delivered', () =>
    cluster.process.stderr().includes('a webhook does not take an event'),
  );
  await receiver.start();
  const missed = () => receiver.events().slice(before);
  await until(
    'the new source',
    () => missed().includes('source.up') && missed().includes('source.down'),
  );
  const ids = receiver.deliveries.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(receiver.unsigned).toEqual([]);
});

test('No log, no status and no metrics show a secret', async () => {
  const { password, token, webhook = '' } = stage.secretsOf(announcement);
  const logs = readdirSync(`${cluster.dataDir}/logs`).map((file) =>
    readFileSync(`${cluster.dataDir}/logs/${file}`, 'utf8'),
  );
  expect(logs.join()).toContain('A source client is refused');
  const [scx] = await cluster.scxs();
  const base = new URL(scx?.httpUrl ?? '').origin;
  const urls = [cluster.url, base].flatMap((at) => [`${at}/status`, `${at}/metrics`]);
  const shown = await Promise.all(
    [...urls, announcement].map(async (url) => (await fetch(url)).text()),
  );
  const commands = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return ''; // it has just ended
      }
    });
  const everything = [...logs, ...shown, ...commands, cluster.process.stderr()].join('\n');
  for (const secret of [password, token, webhook]) expect(everything).not.toContain(secret);
  expect([...logs, ...shown, cluster.process.stderr()].join()).not.toContain('hook-with-a-secret');
});

test('The announcement is removed with its token', async () => {
  const removed = announceWith(stage.secretsOf(announcement).token, '--remove');
  expect((await removed.exited).code).toBe(0);
  expect((await fetch(announcement)).status).toBe(404);
});
