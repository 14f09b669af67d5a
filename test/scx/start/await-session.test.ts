import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import type { SpareAnswer } from '../../../src/api/swarm/spare.js';
import { openLaunch } from '../../../src/cluster/platform/swarm/scx-service.js';
import { createLatch } from '../../../src/runtime/latch.js';
import { awaitSession } from '../../../src/scx/start/await-session.js';
import { afterTest } from '../../after-test.js';
import { launchOf } from '../../cluster/platform/swarm/launches.js';
import { NIGHT } from '../../cluster/support.js';
import { answerProven } from '../../http/proven.js';

interface FrontEnd {
  readonly url: string;
  /** The questions that are open. */
  readonly open: {
    readonly body: unknown;
    answer(given: SpareAnswer): void;
    isHungUp(): boolean;
  }[];
}

async function openFrontEnd(secret = 'secret'): Promise<FrontEnd> {
  const open: FrontEnd['open'] = [];
  const hear = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const part of request) body += part;
    const answer = (given: SpareAnswer): void =>
      answerProven(secret, request, response, { body: JSON.stringify(given) });
    open.push({
      ...{ body: JSON.parse(body), answer },
      isHungUp: () => request.socket.destroyed,
    });
  };
  const server = createServer((request, response) => void hear(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}

const LAUNCH = openLaunch(launchOf(1), []);

function wait(frontEnds: string[]) {
  const stopping = createLatch();
  afterTest(() => stopping.resolve());
  const service = { frontEnds, ports: null, image: 'image', logLevel: 'silent' as const };
  const waiting = awaitSession({
    ...{ service, serviceId: 'sc-1', machine: 'one', token: 'secret' },
    ...{ log: pino({ enabled: false }), stopping: stopping.promise },
  });
  return { waiting, stopping };
}

describe('A spare SCX', () => {
  test('asks again until a front end has a session for it', async () => {
    const frontEnd = await openFrontEnd();
    const { waiting } = wait([frontEnd.url]);
    await vi.waitFor(() => expect(frontEnd.open).toHaveLength(1));
    frontEnd.open[0]?.answer({ frontEnds: [frontEnd.url] });
    await vi.waitFor(() => expect(frontEnd.open).toHaveLength(2));
    expect(frontEnd.open[1]?.body).toEqual({ service: 'sc-1', machine: 'one', image: 'image' });
    frontEnd.open[1]?.answer({ frontEnds: [frontEnd.url], launch: LAUNCH });
    expect((await waiting)?.launch.session).toBe(NIGHT);
  });

  test('asks every front end that it hears of, also while another one is away', async () => {
    const [one, other] = [await openFrontEnd(), await openFrontEnd()];
    const away = 'http://127.0.0.1:1';
    const { waiting } = wait([away, one.url]);
    await vi.waitFor(() => expect(one.open).toHaveLength(1));
    one.open[0]?.answer({ frontEnds: [away, one.url, other.url] });
    await vi.waitFor(() => expect(other.open).toHaveLength(1));
    other.open[0]?.answer({ frontEnds: [other.url], launch: LAUNCH });
    expect((await waiting)?.frontEnds).toEqual([other.url]);
  });

  test('believes nobody who does not know the secret, and ends when it is told to', async () => {
    const guessing = await openFrontEnd('guessed');
    const { waiting, stopping } = wait([guessing.url]);
    await vi.waitFor(() => expect(guessing.open).toHaveLength(1));
    guessing.open[0]?.answer({ frontEnds: ['http://10.0.0.1'], launch: LAUNCH });
    await vi.waitFor(() => expect(guessing.open).toHaveLength(2));
    stopping.resolve();
    expect(await waiting).toBeUndefined();
    await vi.waitFor(() => expect(guessing.open[1]?.isHungUp()).toBe(true));
  });
});
