/** What a front end asks an SCX about its clients, over real connections. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseRecordLine } from '../../../src/api/overlay-map/overlay-record.js';
import { scxListenersSchema, scxSourcesSchema } from '../../../src/api/scx-admin.js';
import type { Input } from '../../../src/gossamer/core/effects.js';
import { PROOF_FIELD } from '../../../src/http/cluster-proof.js';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import type { Seen } from '../../../src/overlay/watch/watching.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { createSourcesAdmin } from '../../../src/scx/port/client-admin.js';
import { createOverlayStream } from '../../../src/scx/port/overlay-stream.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import { createAttachedSources } from '../../../src/scx/sources/attached-sources.js';
import { createSessionChannels } from '../../../src/scx/sources/session-channels.js';
import { proofOf } from '../../http/proven.js';
import { STATION } from '../../session/signed.js';
import { type RawClient, rawClient } from '../raw-client.js';
import {
  audioAdu,
  NIGHT,
  NO_HLS,
  NO_INGEST,
  newIdentities,
  nodeId,
  SECRET,
  source,
  sourceId,
} from '../support.js';

const now = (): number => performance.now();
const log = pino({ level: 'silent' });
const wait = { timeout: 20_000, interval: 5 };

let playout: Playout;
let port: ScxPort;
let fed: Input[];
let closed: string[];
let clients: RawClient[];
let statuses: number[];
let watchers: Set<(seen: Seen) => void>;

/** The overlay as a port sees it. */
const watch = (onSeen: (seen: Seen) => void) => {
  watchers.add(onSeen);
  return () => void watchers.delete(onSeen);
};

const attached = () =>
  createAttachedSources({
    ...{ self: nodeId('e'), channels: createSessionChannels([{ id: 1 }]), now, attended: now, log },
    feed: (input) => void fed.push(input),
    audience: () => ({ listeners: 0, scxListeners: 0 }),
  });

/** A source client at an address of its own. */
const attach = (sources: ReturnType<typeof attached>, digit: string) => {
  let publish: ((adu: ReturnType<typeof audioAdu>) => void) | undefined;
  sources.handleClient({
    ...{ source: source(digit), remoteAddress: `192.0.2.${Number.parseInt(digit, 16)}` },
    key: STATION.key,
    ...{ sendAlive: () => undefined, sendWanted: () => undefined, sendLeaving: () => undefined },
    listen: ({ onAdu }) => {
      publish = onAdu;
    },
    close: (reason) => void closed.push(`${digit} ${reason ?? ''}`),
  });
  return (sequence: number) => publish?.(audioAdu(digit, sequence));
};

beforeEach(async () => {
  [fed, closed, clients, statuses] = [[], [], [], []];
  watchers = new Set();
  playout = createPlayout(
    { identities: newIdentities(), burstMs: 500, listenersMax: 5, writeIntervalMs: 20 },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  for (let sequence = 0; sequence < 40; sequence++) playout.handleAdu(audioAdu('a', sequence));
  playout.start();
  const sources = attached();
  const publish = attach(sources, 'a');
  attach(sources, 'b');
  for (const sequence of [0, 1]) publish(sequence);
  port = await openScxPort(
    {
      ...{ name: NIGHT, listenersMax: 5, tls: undefined, now, trust: trustIn(['127.0.0.1']) },
      ...{ listeners: playout.listeners, ring: playout.ring, ingest: NO_INGEST, secret: SECRET },
      identities: newIdentities(),
      ...NO_HLS,
      accessLog: {
        ...openAccessLog(undefined, log),
        add: ({ status }: { readonly status: number }) => void statuses.push(status),
      },
      pages: () => Promise.resolve({ status: 404, body: 'nothing' }),
      sources: createSourcesAdmin({
        ...{ sources, playout, fallbackSource: () => sourceId('b') },
        ingest: { clientOf: () => ({ address: '192.0.2.10', agent: 'x'.repeat(1000) }) },
      }),
      overlay: createOverlayStream(watch),
      ...{ spareConnections: 100, onDropped: () => undefined, log },
      streamFields: () => ({}),
      isLeaving: () => false,
    },
    { host: '127.0.0.1', port: 0 },
  );
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  playout.end();
  await port.close(0);
});

const listen = async (address: string, agent?: string): Promise<RawClient> => {
  const field = agent === undefined ? '' : `User-Agent: ${agent}\r\n`;
  const client = rawClient(
    port.port,
    `GET /night.mp3 HTTP/1.0\r\nX-Forwarded-For: ${address}\r\n${field}\r\n`,
  );
  clients.push(client);
  await client.bodyOf(1);
  return client;
};

const ask = (path: string, method = 'GET', proof = proofOf(SECRET, method, path)) =>
  fetch(`http://127.0.0.1:${port.port}${path}`, { method, headers: proof });

const listed = async () =>
  scxListenersSchema.parse(await (await ask('/admin/listeners')).json()).listeners;

const SEEN_GONE: Seen = { kind: 'gone', id: nodeId('c'), reason: 'closed' };

describe('The front end of an SCX', () => {
  test('sees the overlay as long as it looks, and no more than a few times at once', async () => {
    const streams = await Promise.all([1, 2, 3, 4].map(() => ask('/admin/overlay')));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await ask('/admin/overlay')).status).toBe(503);
    for (const tell of watchers) tell(SEEN_GONE);
    const reader = streams[0]?.body?.getReader();
    const line = parseRecordLine(new TextDecoder().decode((await reader?.read())?.value));
    expect(line).toEqual({ ...SEEN_GONE, at: expect.any(Number) });
    await reader?.cancel();
    await vi.waitUntil(() => watchers.size === 3, wait);
    const again = await ask('/admin/overlay');
    expect(again.status).toBe(200);
    expect(again.headers.get('access-control-allow-origin')).toBeNull();
    for (const stream of [...streams.slice(1), again]) await stream.body?.cancel();
    await vi.waitUntil(() => watchers.size === 0, wait);
  });

  test('shows the overlay to nobody who does not know the secret', async () => {
    expect((await ask('/admin/overlay', 'GET', {})).status).toBe(404);
    expect((await ask('/admin/overlay', 'GET', proofOf('x', 'GET', '/admin/overlay'))).status).toBe(
      404,
    );
    expect(watchers.size).toBe(0);
  });

  test('is told the listeners that are answered, each with an id of its own', async () => {
    expect(await listed()).toEqual([]);
    await listen('198.51.100.7', 'Player/1.0');
    await listen('198.51.100.8');
    const one = { id: expect.any(Number), connectedS: 0 };
    expect(await listed()).toEqual([
      { ...one, address: '198.51.100.7', agent: 'Player/1.0' },
      { ...one, address: '198.51.100.8', agent: '' },
    ]);
    const ids = (await listed()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(Number.isSafeInteger(id)).toBe(true);
  });

  test('gets no more of a User-Agent than the contract allows', async () => {
    await listen('198.51.100.7', 'x'.repeat(5000));
    expect((await listed())[0]?.agent).toHaveLength(256);
  });

  test('ends one listener, and no other', async () => {
    const [first, second] = [await listen('198.51.100.7'), await listen('198.51.100.8')];
    const [one] = await listed();
    expect((await ask(`/admin/listeners/${one?.id}`, 'DELETE')).status).toBe(204);
    await first.closed;
    expect((await listed()).map(({ address }) => address)).toEqual(['198.51.100.8']);
    expect(second.socket.destroyed).toBe(false);
    await vi.waitUntil(() => statuses.includes(200), wait); // its line in the access log
  });

  test.each(['1', '-1', 'x', '', '99999999999999999999'])(
    'is told that there is no listener %j',
    async (id) => {
      await listen('198.51.100.7');
      expect((await ask(`/admin/listeners/${id}`, 'DELETE')).status).toBe(404);
      expect(await listed()).toHaveLength(1);
    },
  );

  test('is told the sources that are not its own fallback', async () => {
    const told = scxSourcesSchema.parse(await (await ask('/admin/sources')).json());
    const { payload } = audioAdu('a', 0);
    expect(told).toMatchObject({ attached: 2, bytesRead: 2 * payload.length, slowListeners: 0 });
    expect(told.sources).toEqual([
      { id: sourceId('a'), address: '192.0.2.10', agent: 'x'.repeat(256) },
    ]);
  });

  test('ends the sources that are not its own fallback, which are withdrawn at once', async () => {
    const ended = await ask('/admin/sources', 'DELETE');
    expect(await ended.json()).toEqual({ ended: 1 });
    expect(closed).toEqual(['a it was ended by an administrator']);
    expect(fed.filter(({ kind }) => kind === 'withdrawSource')).toEqual([
      { kind: 'withdrawSource', source: sourceId('a') },
    ]);
    expect(await (await ask('/admin/sources', 'DELETE')).json()).toEqual({ ended: 0 });
  });
});

describe('Everybody else', () => {
  test.each([
    ['GET', '/admin/listeners', 404],
    ['GET', '/admin/sources', 404],
    ['DELETE', '/admin/sources', 405],
    ['DELETE', '/admin/listeners/', 405],
  ])('gets nothing at %s %s', async (method, path, status) => {
    await listen('198.51.100.7', 'Player/1.0');
    const id = (await listed())[0]?.id;
    const target = path.endsWith('/') ? `${path}${id}` : path;
    const used = proofOf(SECRET, 'GET', '/admin/listeners');
    await ask('/admin/listeners', 'GET', used);
    const wrong: Record<string, string>[] = [
      { authorization: '' },
      { authorization: `Bearer ${SECRET}` },
      { authorization: `Basic ${btoa(`admin:${SECRET}`)}` },
      { [PROOF_FIELD]: SECRET },
      proofOf('guess', method, target),
      proofOf(SECRET, method, '/status'),
      used,
    ];
    for (const fields of wrong) {
      const answer = await ask(target, method, fields);
      expect(answer.status).toBe(status);
      expect(await answer.text()).not.toContain('198.51');
    }
    expect(await listed()).toHaveLength(1);
    expect(closed).toEqual([]);
  });

  test('may not read the answer in a page of another origin', async () => {
    const answer = await ask('/admin/listeners');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
