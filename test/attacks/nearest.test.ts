/**
 * Clusters that want listeners who are not theirs: they claim to be near everybody, to be another cluster, or to
 * carry a station, and answer with what they like. Our cluster is a real front end; its kernel's and the
 * directory's words are the test's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createAskForListener } from '../../src/cluster/nearest/ask-for-listener.js';
import { SIGNATURE_FIELD, signAnswer } from '../../src/http/signed-answer.js';
import { drawSigningKey, type SigningKey } from '../../src/runtime/signing-key.js';
import { identityOf, nameInId } from '../../src/session/session-id.js';
import { afterTest } from '../after-test.js';
import {
  bring,
  factsEntry,
  isOf,
  LISTEN,
  network,
  openNeighbours,
} from '../cluster/nearest/neighbours.js';
import { NIGHT, until } from '../cluster/support.js';
import { nameOf, SESSION_KEY } from '../session/signed.js';

const NET = '198.51.100';
const NEWCOMER = `${NET}.200`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Claims {
  /** What signs the claims. */
  readonly signer: SigningKey;
  readonly networks?: readonly (readonly [string, number])[];
  /** What it answers to a request for a stream. */
  readonly listen?: Answer;
  /** How far away it is, by each answer, ms. */
  readonly delayMs?: number;
}

const NEAR_ALL = [[`${NET}.0`, 1]] as const;
const elsewhere: Answer = (_request, response) =>
  response.writeHead(302, { Location: 'http://192.0.2.66/night.mp3' }).end();

/** An attacker's cluster; `asked` counts what it is asked. */
async function openAttacker({ signer, networks = NEAR_ALL, listen = elsewhere, delayMs }: Claims) {
  const asked = { networks: 0, listen: 0 };
  const server = createServer(async (request, response) => {
    await pause(delayMs ?? 0);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (pathname !== '/directory/networks') {
      asked.listen++;
      return listen(request, response);
    }
    asked.networks++;
    const cluster = signer.publicKey;
    const body = JSON.stringify({ cluster, version: 'a.1', networks });
    const challenge = searchParams.get('challenge') ?? '';
    const signature = signAnswer(signer, 'networks', challenge, body);
    return response.setHeader(SIGNATURE_FIELD, signature).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Our cluster trusts one key; the network is far from it. */
async function openVictim(signer: SigningKey, trusted: SigningKey, url: string, ownMs = 120) {
  const both = await openNeighbours({ trust: [trusted.publicKey] });
  await both.first.show(...network(NET, ownMs));
  await bring(both.first, factsEntry(signer, url));
  return both;
}

test('A cluster that nobody trusts is not even asked, however near it claims to be', async () => {
  const signer = drawSigningKey();
  const { asked, url } = await openAttacker({ signer });
  const honest = await openNeighbours();
  const { first, other } = honest;
  await bring(first, factsEntry(signer, url));
  await first.show(...network(NET, 120));
  await other.show(...network(NET, 40));
  await until(async () => isOf(other, await first.sentTo(NEWCOMER)));
  expect(asked).toEqual({ networks: 0, listen: 0 });
});

test('A cluster that has the address of a trusted one, but not its key, gets no listener', async () => {
  const [signer, trusted] = [drawSigningKey(), drawSigningKey()];
  const { asked, url } = await openAttacker({ signer });
  const { first } = await openVictim(trusted, trusted, url);
  await until(() => asked.networks > 3);
  expect(isOf(first, await first.sentTo(NEWCOMER))).toBe(true);
  expect(asked.listen).toBe(0);
});

test('A trusted cluster that is farther away than its claims allow gets no listener', async () => {
  const signer = drawSigningKey();
  // Two round trips of 100 ms; so it is not 1 ms from what is 30 ms from us.
  const { asked, url } = await openAttacker({ signer, delayMs: 200 });
  const { first } = await openVictim(signer, signer, url, 30);
  await until(() => asked.networks > 1);
  expect(isOf(first, await first.sentTo(NEWCOMER))).toBe(true);
  expect(asked.listen).toBe(0);
});

test('A cluster that carries the name under another key gets no listener', async () => {
  const { first, other } = await openNeighbours({ otherKey: drawSigningKey() });
  await first.show(...network(NET, 120));
  await other.show(...network(NET, 5));
  await until(async () => {
    expect(isOf(first, await first.sentTo(NEWCOMER))).toBe(true);
    const metrics = await (await other.get('/metrics')).text();
    return /http_requests_total\{route="\/listen\/:creator\/:file",status="404"\} \d/.test(metrics);
  });
  const { status } = await other.get(LISTEN);
  expect(status).toBe(302); // The other session is heard there, by those who ask for it.
});

describe('A trusted cluster that answers a request for a listener', () => {
  const redirect =
    (location: string): Answer =>
    (_request, response) =>
      response.writeHead(302, { Location: location }).end();

  test.each<[string, Answer]>([
    ['a script', redirect('javascript:alert(1)//.mp3')],
    ['another scheme', redirect('https://192.0.2.66/night.mp3')],
    ['a name and a password', redirect('http://a:b@192.0.2.66/night.mp3')],
    ['no stream', redirect('http://192.0.2.66/page.html')],
    ['a long address', redirect(`http://192.0.2.66/${'x'.repeat(600)}.mp3`)],
    ['an address of the other family', redirect('http://[2001:db8::1]/night.mp3')],
    ['a stream', (_request, response) => response.writeHead(200).write('x'.repeat(100_000))],
    [
      'a hundred headers of 1 kB',
      (_request, response) => {
        for (let n = 0; n < 100; n++) response.setHeader(`x-${n}`, 'x'.repeat(1000));
        elsewhere(_request, response);
      },
    ],
    ['nothing', () => undefined],
  ])('with %s gets none, and is not asked again at once', async (_, listen) => {
    const signer = drawSigningKey();
    const { asked, url } = await openAttacker({ signer, listen });
    const ask = createAskForListener({ ownKey: 'ours', allowPrivate: true, now: () => 0 });
    const to = { url, key: signer.publicKey, rttMs: 1, facts: {} as never };
    const listener = { scheme: 'http', address: NEWCOMER, isListener: true, query: [] };
    const session = identityOf(nameOf(nameInId(NIGHT)), SESSION_KEY.publicKey);
    expect(await ask(to, { ...listener, session })).toBeUndefined();
    expect(await ask(to, { ...listener, session })).toBeUndefined();
    expect(asked.listen).toBe(1);
  });
});
