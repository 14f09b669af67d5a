import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  CLOCK_FIELD,
  clockOf,
  createProofCheck,
  PROOF_FIELD,
  proveRequest,
  uptimeMs,
} from '../../src/http/cluster-proof.js';
import { createProvenClient } from '../../src/http/proven-client.js';
import { afterTest } from '../after-test.js';

const HOUR_MS = 3_600_000;

/** A process of the cluster on a machine that was started an hour earlier. */
async function openElsewhere(secret: string, tellsClock = true) {
  const now = (): number => uptimeMs() + HOUR_MS;
  const check = createProofCheck(secret, now);
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const shown = `${request.headers[PROOF_FIELD]}`;
    const target = request.url ?? '';
    if (check.isProven(shown, { method: 'GET', target })) {
      response.setHeader(PROOF_FIELD, check.answerTo(shown, 200, 'hello'));
      return response.end('hello');
    }
    if (tellsClock) response.setHeader(CLOCK_FIELD, `${now()}`);
    response.statusCode = 401;
    return response.end('no');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y=z`);
  return { url, requests: () => requests };
}

const ask = (url: URL) => ({ url, method: 'GET', withinMs: 5000, answerBytesMax: 1000 }) as const;

test('A request to a process that tells its clock is proven by that clock', () => {
  const now = (): number => uptimeMs() + HOUR_MS;
  const check = createProofCheck('secret', now);
  const request = { method: 'GET', target: '/' };
  const valueBy = (told: { clockMs?: number }) =>
    proveRequest('secret', request, clockOf(told)).value;
  expect(check.isProven(valueBy({ clockMs: now() - 3000 }), request)).toBe(true);
  expect(check.isProven(valueBy({}), request)).toBe(false);
});

describe('A proven request to another machine', () => {
  test('is made again by the clock of that machine, and from then on by that clock', async () => {
    const { url, requests } = await openElsewhere('secret');
    const client = createProvenClient('secret', true);
    expect(await client(ask(url))).toMatchObject({ status: 200, text: 'hello', isOurs: true });
    expect(await client(ask(url))).toMatchObject({ status: 200, text: 'hello', isOurs: true });
    expect(requests()).toBe(3);
  });

  test('believes no clock where the cluster has one machine', async () => {
    const { url, requests } = await openElsewhere('secret');
    const client = createProvenClient('secret', false);
    expect(await client(ask(url))).toMatchObject({ status: 401, isOurs: false });
    expect(requests()).toBe(1);
  });

  test('is refused by those who have another secret, without asking for ever', async () => {
    const { url, requests } = await openElsewhere('another');
    const client = createProvenClient('secret', true);
    expect(await client(ask(url))).toMatchObject({ status: 401, isOurs: false });
    expect(requests()).toBe(2);
  });

  test('rejects when nobody is there', async () => {
    const client = createProvenClient('secret', true);
    await expect(client(ask(new URL('http://127.0.0.1:1/')))).rejects.toThrow(/ECONNREFUSED/);
  });
});
