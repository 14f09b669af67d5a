/**
 * §2.4 as far as it is built, static configuration, and §2.5: how a client attaches, stays and
 * leaves. The whole path, from a player to the SCX, is played in test/e2e.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { attachmentSchema, attachRequestSchema } from '../../src/api/attach.js';
import { attach } from '../../src/client/cluster/attach.js';
import type { Input } from '../../src/gossamer/core/effects.js';
import type { SourceId } from '../../src/gossamer/core/node.js';
import { createLifetime } from '../../src/scx/lifetime.js';
import { createAttachedSources } from '../../src/scx/sources/attached-sources.js';
import { createSessionChannels } from '../../src/scx/sources/session-channels.js';
import type { SourceClient, SourceClientEvents } from '../../src/scx/sources/source-client.js';
import { sourceId } from '../gossamer/support.js';
import { STATION } from '../session/signed.js';

const ATTACHMENT = {
  session: 'scattercast://radio.example/night',
  sources: [],
  scx: {
    id: 'ab'.repeat(16),
    httpUrl: 'http://127.0.0.1:8100/night.mp3',
    overlayAddress: '127.0.0.1:8101',
  },
  multicast: null,
  keepAliveMs: 1000,
};

/** A cluster that notes one request and answers with an attachment. */
async function attachAtCluster(role: 'source' | 'listener') {
  let asked = { path: '', body: '' };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      asked = { path: `${request.method} ${request.url}`, body };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(ATTACHMENT));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const announcement = 'http://radio.example/night.xml';
  const attachment = await attach({ cluster: `http://127.0.0.1:${port}`, announcement, role });
  server.close();
  return { asked, announcement, attachment };
}

/** One source client of an SCX that notices silence; time passes as the test says. */
function createAttachedClient() {
  let now = 0;
  let events: SourceClientEvents | undefined;
  const fed: Input[] = [];
  const id: SourceId = sourceId(1);
  const sources = createAttachedSources({
    channels: createSessionChannels([{ id: 1 }, { id: 2 }]),
    feed: (input) => void fed.push(input),
    audience: () => ({ listeners: 0, scxListeners: 0 }),
    now: () => now,
    attended: () => now,
    log: pino({ level: 'silent' }),
  });
  const client: SourceClient = {
    source: { id, priority: 128, epoch: 1 },
    key: STATION.key,
    remoteAddress: '127.0.0.1:1234',
    listen: (registered) => {
      events = registered;
    },
    sendAlive: () => {},
    sendWanted: () => undefined,
    sendLeaving: () => {},
    close: () => {},
  };
  sources.handleClient(client);
  const pass = (ms: number): void => {
    const end = now + ms;
    while (now < end) {
      now += 250;
      sources.tick();
    }
  };
  return {
    pass,
    keepAlive: () => events?.onKeepAlive(),
    leave: () => events?.onLeaving(),
    fed,
    id,
  };
}

describe('§2.4: Locating an SCX', () => {
  test('§2.4: clients may be statically configured with the location of their cluster', async () => {
    const { asked, attachment } = await attachAtCluster('source');
    expect(asked.path).toBe('POST /attach');
    expect(attachment.scx).toEqual(ATTACHMENT.scx);
  });
});

describe('§2.5: Client attachment', () => {
  for (const role of ['source', 'listener'] as const) {
    test(`§2.5: the request includes the announcement, and that the client is a ${role}`, async () => {
      const { asked, announcement } = await attachAtCluster(role);
      expect(JSON.parse(asked.body)).toEqual({ announcement, role });
    });
  }

  test('§2.5: a request without one of them is refused', () => {
    const good = { announcement: 'http://radio.example/night.xml', role: 'source' };
    const accepts = (request: unknown): boolean => attachRequestSchema.safeParse(request).success;
    expect(accepts(good)).toBe(true);
    expect(accepts({ announcement: good.announcement })).toBe(false);
    expect(accepts({ role: good.role })).toBe(false);
    expect(accepts({ ...good, role: 'spectator' })).toBe(false);
  });

  test('§2.5: the answer has the unicast address of the SCX, and a place for the multicast group', () => {
    const accepts = (answer: unknown): boolean => attachmentSchema.safeParse(answer).success;
    expect(accepts(ATTACHMENT)).toBe(true);
    expect(accepts({ ...ATTACHMENT, multicast: '239.1.2.3:5004' })).toBe(true);
    expect(accepts({ ...ATTACHMENT, scx: undefined })).toBe(false);
  });

  test('§2.5: a client stays for as long as it sends KEEP_ALIVE', () => {
    const { pass, keepAlive, fed } = createAttachedClient();
    for (let second = 0; second < 60; second++) {
      keepAlive();
      pass(1000);
    }
    expect(fed.map(({ kind }) => kind)).toEqual(['announceSource']);
  });

  test('§2.5: the loss of KEEP_ALIVE messages is an indication of the death of the client', () => {
    const { pass, fed, id } = createAttachedClient();
    pass(60_000);
    expect(fed.at(-1)).toEqual({ kind: 'withdrawSource', source: id });
  });

  test('§2.5: it announces its departure by AM_LEAVING: its source is withdrawn at once', () => {
    const { leave, fed, id } = createAttachedClient();
    leave();
    expect(fed.at(-1)).toEqual({ kind: 'withdrawSource', source: id });
  });

  test('§2.5: when all clients have left the session, the SCX too leaves the session', () => {
    const lifetime = createLifetime({ lingerMs: 1000, orphanMs: 600_000 }, false, 0);
    lifetime.onClients(2, 0);
    lifetime.onClients(1, 5000);
    expect(lifetime.endReason(60_000)).toBeUndefined();
    lifetime.onClients(0, 60_000);
    expect(lifetime.endReason(60_999)).toBeUndefined();
    expect(lifetime.endReason(61_000)).toMatch(/no clients/);
  });
});
