import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import {
  type ScxService,
  SERVICE_VARIABLE,
  scxServiceSchema,
} from '../../../../src/api/swarm/scx-service.js';
import type { Platform, SharedPlatform } from '../../../../src/cluster/platform/platform.js';
import { openEngine } from '../../../../src/cluster/platform/swarm/engine.js';
import { createSwarmPlatform } from '../../../../src/cluster/platform/swarm/swarm-platform.js';
import { packageVersion } from '../../../../src/runtime/package-files.js';
import { afterTest } from '../../../after-test.js';
import { NIGHT, quiet, statusOf } from '../../support.js';
import { type FakeEngine, type Spec, startFakeEngine } from './fake-engine.js';
import { idOf, launchOf, SECRET, SEED } from './launches.js';

interface FrontEnd {
  readonly platform: Platform;
  readonly shared: SharedPlatform;
  /** The ids of SCXs that have ended. */
  readonly ended: string[];
}

async function openFrontEnd(
  { socket }: FakeEngine,
  image = 'image',
  { learningMs = 0, frontEndPort = 8000 } = {},
): Promise<FrontEnd> {
  const platform = createSwarmPlatform({
    ...{ engine: openEngine(socket), prefix: 'sc', image, leaseSecret: SECRET },
    ...{ entry: '/main.js', confined: true, ports: { first: 8100, last: 8103 } },
    ...{ frontEndPort, logLevel: 'silent', log: quiet, learningMs },
    drainMs: 60_000,
  });
  afterTest(() => platform.close());
  await platform.list();
  const ended: string[] = [];
  platform.onExit(({ id }) => ended.push(id));
  const { shared } = platform;
  if (shared === undefined) throw new Error('the platform is that of one machine');
  return { platform, shared, ended };
}

/** An SCX that answers. */
async function openScx(): Promise<Server> {
  const server = createServer((_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const urlOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/night.mp3`;

/** A connection over which leases are renewed, as the front end has it, and its other end. */
async function openConnection(): Promise<{ here: Socket; there: Socket }> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const there = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [here] = (await accepted) as [Socket];
  afterTest(() => {
    here.destroy();
    there.destroy();
    server.close();
  });
  return { here, there };
}

/** What a service starts its SCX with. */
function documentIn(spec: Spec | undefined): ScxService {
  const { Env = [] } = spec?.TaskTemplate.ContainerSpec ?? {};
  const line = Env.find((each) => each.startsWith(SERVICE_VARIABLE)) ?? '';
  const base64 = line.slice(SERVICE_VARIABLE.length + 1);
  return scxServiceSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString()));
}

const SERVICE = /^sc-[0-9a-f]{16}-0$/;

/** Launches, and lets the SCX with that id renew its lease. */
async function run(frontEnd: FrontEnd, n: number, httpUrl: string) {
  const { here, there } = await openConnection();
  await frontEnd.platform.launch(launchOf(100 + n));
  const status = statusOf(idOf(n), NIGHT, { httpUrl, machine: 'one', service: '' });
  return { status, here, there };
}

describe('The platform swarm', () => {
  test('makes one service when several front ends are asked at the same instant', async () => {
    const engine = await startFakeEngine();
    const frontEnds = await Promise.all([1, 2, 3].map(() => openFrontEnd(engine)));
    await Promise.all(frontEnds.map(({ platform }, n) => platform.launch(launchOf(n))));
    expect(engine.created.map(({ Name }) => Name)).toEqual([expect.stringMatching(SERVICE)]);
  });

  test('tells the engine nothing that is secret, and expands nothing that strangers write', async () => {
    const engine = await startFakeEngine();
    const { platform } = await openFrontEnd(engine);
    const listenerHook = { url: 'http://user:password@hook/', onFailure: 'deny' } as const;
    await platform.launch(launchOf(1, { title: '{{.Node.ID}}', listenerHook }));
    const [spec] = engine.created;
    const text = JSON.stringify(spec);
    const document = documentIn(spec);
    const json = JSON.stringify(document);
    for (const secret of [SECRET, SEED, 'password@hook']) {
      expect(`${text}${json}`).not.toContain(secret);
    }
    expect(text).not.toContain('{{.Node.ID}}');
    expect(document.launch.title).toBe('{{.Node.ID}}');
    expect(document.frontEnds).toEqual(['http://10.77.0.1:8000', 'http://10.77.0.2:8000']);
    expect(document.launch.trustedProxies).toEqual(['10.77.0.1', '10.77.0.2']);
  });

  test('launches as soon as the Swarm has a leader', async () => {
    const engine = await startFakeEngine();
    const { platform } = await openFrontEnd(engine);
    engine.isLeaderless = true;
    const launching = platform.launch(launchOf(1));
    await vi.waitFor(() => expect(engine.bodies.length).toBeGreaterThan(2));
    expect(engine.created).toEqual([]);
    engine.isLeaderless = false;
    await launching;
    expect(engine.created).toHaveLength(1);
  });

  test('waits for the SCX that the engine starts again, and makes no other service', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = await openScx();
    const { status, here, there } = await run(frontEnd, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    expect(frontEnd.shared.onLease({ ...status, service }, here)).toBe(true);
    scx.close();
    there.destroy(); // its process has ended
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    await frontEnd.platform.launch(launchOf(2));
    expect(engine.created).toHaveLength(1);
    frontEnd.platform.release(idOf(1)); // as the supervisor says of each SCX that has ended
    expect(frontEnd.shared.onJoin({ session: NIGHT, id: idOf(3), service })).toBeDefined();
  });

  test('believes no closed connection while the SCX answers', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    let asked = 0;
    const scx = await openScx();
    scx.on('request', () => asked++);
    const { status, here, there } = await run(frontEnd, 1, urlOf(scx));
    frontEnd.shared.onLease({ ...status, service: engine.idOf(engine.created[0]?.Name) }, here);
    there.destroy();
    await vi.waitFor(() => expect(asked).toBe(1));
    frontEnd.platform.stop(idOf(1), 'SIGKILL'); // its lease has run out as well
    await vi.waitFor(() => expect(asked).toBe(2));
    expect(frontEnd.ended).toEqual([]);
    expect(engine.services.size).toBe(1);
  });

  test('leaves an SCX to its lease that neither answers nor refuses, like one of a busy machine', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    let asked = 0;
    const scx = createTcpServer((socket) => {
      asked++;
      socket.once('data', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(scx, 'listening');
    afterTest(() => void scx.close());
    const url = `http://127.0.0.1:${(scx.address() as AddressInfo).port}/night.mp3`;
    const { status, here, there } = await run(frontEnd, 1, url);
    frontEnd.shared.onLease({ ...status, service: engine.idOf(engine.created[0]?.Name) }, here);
    there.destroy();
    await vi.waitFor(() => expect(asked).toBe(1));
    expect(frontEnd.ended).toEqual([]);
    frontEnd.platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
  });

  test('asks again while an SCX is about to end, whose sockets do not close at the same instant', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = createTcpServer((socket) => {
      scx.close(); // as late as that
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(scx, 'listening');
    const url = `http://127.0.0.1:${(scx.address() as AddressInfo).port}/night.mp3`;
    const { status, here, there } = await run(frontEnd, 1, url);
    frontEnd.shared.onLease({ ...status, service: engine.idOf(engine.created[0]?.Name) }, here);
    there.destroy();
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
  });

  test('keeps the service of an SCX that has crashed: the engine starts it again', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = await openScx();
    const { status, here, there } = await run(frontEnd, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    frontEnd.shared.onLease({ ...status, service }, here);
    scx.close();
    there.destroy();
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    frontEnd.platform.release(idOf(1)); // as the supervisor says, which launches none at once
    expect(engine.services.size).toBe(1);
    expect(frontEnd.shared.onJoin({ session: NIGHT, id: idOf(2), service })).toBeDefined();
  });

  test('takes a new service for another one, whatever its name', async () => {
    const engine = await startFakeEngine();
    const [one, other] = [await openFrontEnd(engine), await openFrontEnd(engine)];
    const scx = await openScx();
    const { status, here } = await run(one, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    for (const { shared } of [one, other]) {
      shared.onLease({ ...status, service }, here);
      shared.onLease({ ...status, service, state: 'leaving' }, here);
    }
    one.platform.stop(idOf(1), 'SIGTERM');
    await vi.waitFor(() => expect(engine.services.size).toBe(0));
    await one.platform.launch(launchOf(2));
    const [first, second] = engine.created.map(({ Name }) => Name);
    expect(second).toBe(first);
    const next = { ...status, id: idOf(2), service: engine.idOf(second) };
    expect(
      other.shared.onJoin({ session: NIGHT, id: next.id, service: next.service }),
    ).toBeDefined();
    expect(other.shared.onLease(next, here)).toBe(true);
  });

  test('starts an SCX elsewhere when one is silent, and wants the old one no more', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = await openScx();
    const { status, here } = await run(frontEnd, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    frontEnd.shared.onLease({ ...status, service }, here);
    scx.close();
    frontEnd.platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    await frontEnd.platform.launch(launchOf(2));
    const [, second] = engine.created;
    expect(engine.idOf(second?.Name)).not.toBe(service);
    expect([...engine.services.keys()]).toEqual([second?.Name]);
    const { Placement } = engine.created[1]?.TaskTemplate ?? {};
    expect(Placement?.Constraints).toEqual(['node.hostname!=one']);
    // The machine is back, and the old SCX is still there.
    expect(frontEnd.shared.onLease({ ...status, service }, here)).toBe(false);
    expect(frontEnd.shared.onJoin({ session: NIGHT, id: idOf(3), service })).toBeUndefined();
  });

  test('removes nothing while the engine has no majority, nor what answers again after that', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = await openScx();
    const url = urlOf(scx);
    const { status, here } = await run(frontEnd, 1, url);
    frontEnd.shared.onLease({ ...status, service: engine.idOf(engine.created[0]?.Name) }, here);
    scx.close();
    engine.isLeaderless = true;
    frontEnd.platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    const launching = frontEnd.platform.launch(launchOf(2));
    scx.listen(Number(new URL(url).port), '127.0.0.1');
    await once(scx, 'listening');
    engine.isLeaderless = false;
    await launching;
    expect(engine.created).toHaveLength(1);
    expect(engine.services.size).toBe(1);
  });

  test('removes a service that does not start, but not one that runs', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    await frontEnd.platform.launch(launchOf(1));
    engine.running.add(engine.idOf(engine.created[0]?.Name));
    frontEnd.platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    expect(engine.services.size).toBe(1);
    await frontEnd.platform.launch(launchOf(2));
    engine.running.clear();
    frontEnd.platform.stop(idOf(2), 'SIGKILL');
    await vi.waitFor(() => expect(engine.services.size).toBe(0));
  });

  test('removes the service of an SCX that has left in order', async () => {
    const engine = await startFakeEngine();
    const frontEnd = await openFrontEnd(engine);
    const scx = await openScx();
    const { status, here, there } = await run(frontEnd, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    frontEnd.shared.onLease({ ...status, service }, here);
    frontEnd.shared.onLease({ ...status, service, state: 'leaving' }, here);
    scx.close();
    there.destroy();
    await vi.waitFor(() => expect(frontEnd.ended).toEqual([idOf(1)]));
    frontEnd.platform.release(idOf(1));
    await vi.waitFor(() => expect(engine.services.size).toBe(0));
  });

  test('gives a session to a spare, and wants none of its services that is still to start', async () => {
    const engine = await startFakeEngine();
    const [one, other] = [await openFrontEnd(engine), await openFrontEnd(engine)];
    await other.platform.launch(launchOf(1)); // it knows of no spare
    expect(engine.services.size).toBe(1);
    const asked = one.shared.onSpare(
      { service: 'spare', machine: 'one', image: 'image' },
      new Promise(() => undefined),
    );
    const launching = one.platform.launch(launchOf(2));
    expect((await asked)?.session).toBe(NIGHT);
    one.shared.onJoin({ session: NIGHT, id: idOf(3), service: 'spare' });
    await launching;
    await vi.waitFor(() => expect(engine.services.size).toBe(0));
    expect(engine.created).toHaveLength(1);
  });

  test('gives nothing to a spare while it may itself be what is cut off', async () => {
    const engine = await startFakeEngine();
    const { platform, shared, ended } = await openFrontEnd(engine);
    const scx = await openScx();
    const { here } = await openConnection();
    await platform.launch(launchOf(1));
    const service = engine.idOf(engine.created[0]?.Name);
    const httpUrl = urlOf(scx);
    shared.onLease(statusOf(idOf(1), NIGHT, { httpUrl, machine: 'one', service }), here);
    scx.close();
    engine.isLeaderless = true;
    platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(ended).toEqual([idOf(1)]));
    let given: string | undefined;
    const spare = { service: 'spare', machine: 'two', image: 'image' };
    void shared.onSpare(spare, new Promise(() => undefined)).then((launch) => {
      given = launch?.session;
    });
    const refused = engine.bodies.length;
    const launching = platform.launch(launchOf(2));
    await vi.waitFor(() => expect(engine.bodies.length).toBeGreaterThan(refused + 1));
    expect(given).toBeUndefined();
    engine.isLeaderless = false;
    await vi.waitFor(() => expect(given).toBe(NIGHT));
    shared.onJoin({ session: NIGHT, id: idOf(3), service: 'spare' });
    await launching;
  });

  test('does not wait for a leader of the engine while most front ends answer', async () => {
    const engine = await startFakeEngine();
    const [here, other] = ['127.0.0.1', '127.0.0.2'];
    engine.addresses = [here, other, '127.0.0.3'];
    const answering = createServer((_request, response) => response.end('ok'));
    answering.listen(0, here);
    await once(answering, 'listening');
    const { port: frontEndPort } = answering.address() as AddressInfo;
    const second = createServer((_request, response) => response.end('ok'));
    second.listen(frontEndPort, other);
    await once(second, 'listening');
    afterTest(() => {
      for (const server of [answering, second]) {
        server.closeAllConnections();
        server.close();
      }
    });
    const { platform, shared, ended } = await openFrontEnd(engine, 'image', { frontEndPort });
    const scx = await openScx();
    const connection = await openConnection();
    const status = statusOf(idOf(1), NIGHT, {
      ...{ httpUrl: urlOf(scx), machine: 'one', service: 'old' },
    });
    shared.onLease(status, connection.here);
    scx.close();
    engine.isLeaderless = true;
    platform.stop(idOf(1), 'SIGKILL');
    await vi.waitFor(() => expect(ended).toEqual([idOf(1)]));
    const spare = { service: 'spare', machine: 'two', image: 'image' };
    const asked = shared.onSpare(spare, new Promise(() => undefined));
    void platform.launch(launchOf(2));
    expect((await asked)?.session).toBe(NIGHT);
    expect(shared.onLease(status, connection.here)).toBe(false); // the machine is back
  });

  test('launches nothing before it can know of the SCXs that there are', async () => {
    const engine = await startFakeEngine();
    const { platform, shared } = await openFrontEnd(engine, 'image', { learningMs: 500 });
    const { here } = await openConnection();
    const launching = platform.launch(launchOf(1));
    shared.onLease(statusOf(idOf(2), NIGHT, { machine: 'one', service: 'spare' }), here);
    await launching;
    expect(engine.created).toEqual([]);
  });

  test('passes a refusal of the engine on', async () => {
    const engine = await startFakeEngine();
    const { platform } = await openFrontEnd(engine);
    engine.refusal = 'no such image';
    await expect(platform.launch(launchOf(1))).rejects.toThrow('no such image');
  });
});

describe('A new image', () => {
  const frontEndsOf = (image: string): Spec => ({
    ...{ Name: 'front-ends', Labels: { 'scattercast.front-end': 'yes' } },
    TaskTemplate: {
      Placement: { Constraints: [] },
      ContainerSpec: { Image: image, Env: [], Command: [] },
    },
  });

  test('reaches an SCX when the front ends have it, and the old one retires then', async () => {
    const engine = await startFakeEngine();
    const old = await openFrontEnd(engine);
    const scx = await openScx();
    const { status, here } = await run(old, 1, urlOf(scx));
    const service = engine.idOf(engine.created[0]?.Name);
    const { shared } = await openFrontEnd(engine, 'new');
    shared.onLease({ ...status, service }, here);
    engine.services.set('front-ends', frontEndsOf('new'));
    engine.updates.set('front-ends', { State: 'updating' });
    await shared.renew();
    expect(engine.created).toHaveLength(1);
    engine.updates.set('front-ends', { State: 'completed' });
    const renewing = shared.renew();
    await vi.waitFor(() => expect(engine.created).toHaveLength(2));
    const [, made] = engine.created;
    const name = engine.created[0]?.Name ?? '';
    expect(engine.services.has(name)).toBe(true);
    expect(made?.TaskTemplate.ContainerSpec.Image).toBe('new');
    const { launch, ...others } = documentIn(engine.created[0]);
    expect(documentIn(made)).toEqual({
      ...others,
      launch: { ...launch, version: packageVersion() },
    });
    shared.onLease({ ...status, id: idOf(2), service: engine.idOf(made?.Name) }, here);
    await renewing;
    expect(shared.orders(status)).toEqual({});
    expect(shared.orders({ ...status, service })).toEqual({ retireWithinMs: 60_000 });
    expect(engine.services.has(name)).toBe(true); // as long as it has listeners
    await shared.renew();
    expect(engine.created).toHaveLength(2);
  });

  test('comes with a spare, to which the session of one that was a spare itself is given', async () => {
    const engine = await startFakeEngine();
    const { shared } = await openFrontEnd(engine, 'new');
    const { here } = await openConnection();
    const labels = { 'scattercast.cluster': 'sc', 'scattercast.spare': 'yes' };
    engine.services.set('old', { ...frontEndsOf('old'), Name: 'old', Labels: labels });
    const status = statusOf(idOf(1), NIGHT, { machine: 'one', service: 'old' });
    shared.onLease(status, here);
    await shared.renew();
    expect(shared.orders(status)).toEqual({});
    void shared.onSpare(
      { service: 'next', machine: 'one', image: 'new' },
      new Promise(() => undefined),
    );
    await shared.renew();
    expect(shared.orders(status)).toEqual({ retireWithinMs: 60_000 });
  });
});
