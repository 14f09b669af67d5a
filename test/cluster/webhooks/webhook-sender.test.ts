import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createWebhookSender,
  type WebhookSender,
} from '../../../src/cluster/webhooks/webhook-sender.js';
import { until } from '../support.js';

const SECRET = 'k3nd8w-abcdef-ghjkmn-pqrstu';

interface Delivery {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let deliveries: Delivery[];
let answer: (response: ServerResponse, body: string) => void;
let outcomes: string[];
let logged: string;
let senders: WebhookSender[];

const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let body = '';
  for await (const part of request) body += part;
  deliveries.push({ headers: request.headers, body });
  answer(response, body);
};

beforeEach(async () => {
  deliveries = [];
  outcomes = [];
  logged = '';
  senders = [];
  answer = (response) => void response.end();
  server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const sender of senders) sender.close();
  server.closeAllConnections();
  server.close();
});

const portOf = (): number => (server.address() as AddressInfo).port;

const write = (line: string): void => {
  logged += line;
};

function create(url = `http://127.0.0.1:${portOf()}/hook-with-a-secret`, allowPrivate = true) {
  const sender = createWebhookSender({
    ...{ url, secret: SECRET, allowPrivate, retryMs: 1 },
    log: pino({ level: 'trace' }, { write }),
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  senders.push(sender);
  return sender;
}

const bodies = (): string[] => deliveries.map(({ body }) => body);

describe('A webhook sender', () => {
  test('posts an event unchanged, signed together with the time', async () => {
    create().send('{"event":"source.up"}');
    await until(() => outcomes.length === 1);
    const [{ headers, body } = { headers: {}, body: '' }] = deliveries;
    expect(body).toBe('{"event":"source.up"}');
    const timestamp = headers['x-scattercast-timestamp'];
    const hmac = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-scattercast-signature': `sha256=${hmac}`,
    });
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect([outcomes, logged]).toEqual([['delivered'], '']);
  });

  test('tries again until the receiver takes it, and keeps the order', async () => {
    let failures = 3;
    answer = (response, body) => {
      response.statusCode = body === 'a' && failures-- > 0 ? 503 : 204;
      response.end();
    };
    const sender = create();
    for (const body of ['a', 'b', 'c']) sender.send(body);
    await until(() => outcomes.length === 3);
    expect(bodies()).toEqual(['a', 'a', 'a', 'a', 'b', 'c']);
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered']);
  });

  test('delivers to a receiver that was down', async () => {
    const port = portOf();
    server.close();
    await once(server, 'close');
    create(`http://127.0.0.1:${port}/`).send('late');
    await until(() => logged.includes('trying again'));
    server = createServer((request, response) => void take(request, response));
    server.listen(port, '127.0.0.1');
    await until(() => outcomes.length === 1);
    expect([bodies(), outcomes]).toEqual([['late'], ['delivered']]);
  });

  test('gives up an event after ten attempts, and goes on with the next', async () => {
    answer = (response, body) => {
      response.statusCode = body === 'a' ? 500 : 200;
      response.end();
    };
    const sender = create();
    sender.send('a');
    sender.send('b');
    await until(() => outcomes.length === 2);
    expect(bodies()).toEqual([...Array.from({ length: 10 }, () => 'a'), 'b']);
    expect(outcomes).toEqual(['failed', 'delivered']);
  });

  test('drops the oldest of more than 32 that wait', async () => {
    let release: () => void = () => undefined;
    answer = (response, body) => {
      if (body === '0') release = () => void response.end();
      else response.end();
    };
    const sender = create();
    for (let n = 0; n < 40; n++) sender.send(`${n}`);
    await until(() => deliveries.length === 1);
    release();
    await until(() => outcomes.length === 40);
    expect(outcomes.filter((outcome) => outcome === 'dropped')).toHaveLength(7);
    expect(bodies()).toEqual(['0', ...Array.from({ length: 32 }, (_, n) => `${n + 8}`)]);
  });

  test('treats a redirect as a refusal, and follows none', async () => {
    answer = (response) => void response.writeHead(302, { location: '/elsewhere' }).end();
    create().send('a');
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual(['failed']);
    expect(deliveries).toHaveLength(10);
  });

  test('posts to no private address unless that is allowed, not by name either', async () => {
    for (const host of ['127.0.0.1', 'localhost', '169.254.169.254']) {
      create(`http://${host}:${portOf()}/`, host === '169.254.169.254').send('a');
    }
    await until(() => outcomes.length === 3);
    expect([deliveries, outcomes]).toEqual([[], ['failed', 'failed', 'failed']]);
  });

  test('logs neither its URL nor its secret', async () => {
    answer = (response) => void response.writeHead(500).end();
    create().send('a');
    create('http://127.0.0.1:1/hook-with-a-secret').send('a');
    await until(() => outcomes.length === 2);
    expect(logged).toContain('does not take an event');
    expect(logged).not.toContain('hook-with-a-secret');
    expect(logged).not.toContain(SECRET);
  });

  test('is silent once it is closed', async () => {
    answer = () => undefined;
    const sender = create();
    sender.send('a');
    sender.send('b');
    await until(() => deliveries.length === 1);
    sender.close();
    server.closeAllConnections();
    answer = (response) => void response.end();
    create().send('of another');
    await until(() => outcomes.length === 1);
    expect([bodies(), outcomes]).toEqual([['a', 'of another'], ['delivered']]);
  });
});
