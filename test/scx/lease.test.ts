import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Lease, startLease } from '../../src/scx/lease.js';
import { answerProven } from '../http/proven.js';
import { withoutWaiting } from './support.js';

/** Delay between a failed renewal and the next. */
const RETRY_MS = 250;

interface Renewal {
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

let server: Server;
let renewals: Renewal[];
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let lease: Lease | undefined;
let heard: string[];

const proven =
  (told: Parameters<typeof answerProven>[3]): typeof answer =>
  (response, request) =>
    answerProven('secret', request, response, told);

const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body: unknown = JSON.parse(Buffer.concat(parts).toString());
  const path = `${request.method} ${request.url}`;
  if (path !== 'POST /leases') throw new Error(path);
  renewals.push({ body, headers: request.headers });
  answer(response, request);
};

const listen = (port: number): Promise<void> =>
  new Promise((resolve) => {
    server = createServer((request, response) => void take(request, response));
    server.listen(port, '127.0.0.1', resolve);
  });

const start = (intervalMs: number): void => {
  let count = 0;
  lease = startLease({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'secret',
    intervalMs,
    log: pino({ enabled: false }),
    status: () => ({ count: count++ }) as never,
    onRenewed: ({ pinned, description }) => {
      heard.push(`renewed ${pinned}`);
      if (description !== undefined)
        heard.push(`description ${description.title} ${description.genre}`);
    },
    onGone: () => heard.push('gone'),
  });
};

beforeEach(async () => {
  renewals = [];
  heard = [];
  answer = proven({ body: '{"rendezvous":true,"keep":true}' });
  await listen(0);
});

afterEach(async () => {
  lease?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('The lease', () => {
  test('tells when a renewal that began later is answered', async () => {
    const held: (() => void)[] = [];
    const told = answer;
    answer = (...one) => void held.push(() => told(...one));
    start(60_000);
    await vi.waitUntil(() => held.length === 1);
    let isRenewed = false;
    const renewed = lease?.renewed().then(() => {
      isRenewed = true;
    });
    lease?.renewNow();
    held[0]?.();
    await vi.waitUntil(() => held.length === 2);
    expect([heard.length, isRenewed]).toEqual([1, false]);
    held[1]?.();
    await renewed;
    expect(heard).toHaveLength(2);
  });

  test('is renewed at once, with the status, and without the secret', async () => {
    start(60_000);
    await vi.waitUntil(() => heard.length > 0);
    expect(renewals).toMatchObject([{ body: { count: 0 } }]);
    expect(JSON.stringify(renewals)).not.toContain('secret');
    expect(heard).toEqual(['renewed true']);
  });

  test('is renewed at each interval', async () => {
    start(20);
    await vi.waitUntil(() => heard.length >= 5);
    expect(renewals.slice(0, 5).map((renewal) => renewal.body)).toEqual(
      [0, 1, 2, 3, 4].map((count) => ({ count })),
    );
  });

  test('is renewed at once when there is news', async () => {
    start(60_000);
    await vi.waitUntil(() => heard.length === 1);
    lease?.renewNow();
    await vi.waitUntil(() => heard.length === 2);
  });

  test('carries news that come during a renewal', async () => {
    start(60_000);
    lease?.renewNow();
    lease?.renewNow();
    await vi.waitUntil(() => heard.length === 2);
    expect(renewals).toHaveLength(2);
  });

  test('states whether the SCX stays without clients', async () => {
    answer = proven({ body: '{"rendezvous":false,"keep":false}' });
    start(60_000);
    await vi.waitUntil(() => heard.length > 0);
    expect(heard).toEqual(['renewed false']);
  });

  test('brings the title and genre of the announcement', async () => {
    const station = '{"title":"Night","genre":null}';
    answer = proven({ body: `{"rendezvous":true,"station":${station}}` });
    start(60_000);
    await vi.waitUntil(() => heard.length > 0);
    expect(heard).toEqual(['renewed true', 'description Night undefined']);
  });

  test('ends with 410', async () => {
    answer = proven({ status: 410 });
    start(60_000);
    await vi.waitUntil(() => heard.length > 0);
    expect(heard).toEqual(['gone']);
  });

  test.each([
    ['410 of another program', (response: ServerResponse) => response.writeHead(410).end()],
    ['terms of another program', (response: ServerResponse) => response.end('{"rendezvous":true}')],
    ['an error', (response: ServerResponse) => response.writeHead(500).end()],
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['a flood', (response: ServerResponse) => response.end('x'.repeat(100_000))],
    ['a reset', (response: ServerResponse) => response.socket?.resetAndDestroy()],
  ])('is tried again soon after %s', async (_what, bad) => {
    const timeouts = withoutWaiting([RETRY_MS]);
    answer = bad;
    start(60_000);
    await vi.waitUntil(() => renewals.length >= 2);
    expect(timeouts).toHaveBeenCalledWith(expect.any(Function), RETRY_MS);
    answer = proven({ body: '{"rendezvous":false}' });
    await vi.waitUntil(() => heard.length === 1);
  });

  test('is tried again after two seconds without an answer', async () => {
    const { timeout } = AbortSignal;
    const limits = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      return timeout.call(AbortSignal, ms === 2000 ? 20 : ms);
    });
    withoutWaiting([RETRY_MS]);
    answer = () => undefined;
    start(60_000);
    await vi.waitUntil(() => renewals.length >= 2);
    expect(limits).toHaveBeenCalledWith(2000);
    expect(heard).toEqual([]);
  });

  test('finds a front end that is restarted', async () => {
    start(50);
    await vi.waitUntil(() => heard.length === 1);
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const before = heard.length;
    await listen(port);
    await vi.waitUntil(() => heard.length > before);
  });
});
