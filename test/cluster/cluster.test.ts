import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';
import { clusterStatusSchema } from '../../src/api/cluster-status.js';
import type { ScxStatus } from '../../src/api/scx-status.js';
import { startCluster } from '../../src/cluster/cluster.js';
import { birthOf } from '../../src/cluster/data/process-identity.js';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { SESSION_KEY } from '../session/signed.js';
import { optionsOf, startFake } from './fake-cluster.js';
import { createFakePlatform } from './fake-platform.js';
import { announcementXml, FACTS, idOf, NIGHT, temporaryFolder, until } from './support.js';

const PATH = 'radio.example/night';

/** Starts front ends in processes of their own, on one data directory, until the test is finished. */
function withProcesses({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'scattercast-cluster-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const script = fileURLToPath(new URL('front-end-process.mjs', import.meta.url));
  const start = async (port = 0) => {
    const args = [script, dataDir, `${port}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(child.stdout, 'data');
    return { child, port: Number(line), at: `http://127.0.0.1:${Number(line)}` };
  };
  return { dataDir, start };
}

/** Announces a session as the cluster's operator. */
async function publishAt(dataDir: string, at: string, path: string): Promise<void> {
  const token = readFileSync(`${dataDir}/admin-token`, 'utf8').trim();
  await fetch(`${at}/announcements/${path}.xml`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: announcementXml(`scattercast://${path}`),
  });
}

async function scxsAt(at: string): Promise<readonly ScxStatus[]> {
  const status = clusterStatusSchema.parse(await (await fetch(`${at}/status`)).json());
  return status.sessions.flatMap(({ scxs }) => scxs);
}

async function problemOf(starting: Promise<unknown>): Promise<UserError> {
  const end = await starting.catch((error: unknown) => error);
  expect(end).toBeInstanceOf(UserError);
  return end as UserError;
}

describe.concurrent('A cluster', () => {
  test('that is killed and started again has its SCXs and announcements as before', async (context) => {
    const { expect } = context;
    const { dataDir, start } = withProcesses(context);
    const first = await start();
    await publishAt(dataDir, first.at, PATH);
    await until(async () => (await scxsAt(first.at)).length === 1);
    const [before] = await scxsAt(first.at);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(birthOf(before!.pid)).toBeDefined();

    const second = await start(first.port);
    const tuned = await fetch(`${second.at}/listen/${PATH}.mp3`, { redirect: 'manual' });
    expect(tuned.headers.get('location')).toBe(before!.httpUrl);
    expect((await scxsAt(second.at)).map(({ pid }) => pid)).toEqual([before!.pid]);

    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    expect(birthOf(before!.pid)).toBeUndefined();
    expect(readdirSync(`${dataDir}/run`)).toEqual([]);
    expect(existsSync(`${dataDir}/front-end.lock`)).toBe(false);
  });

  test('that is killed knows sessions that it only fetched as before', async (context) => {
    const { expect } = context;
    const { dataDir, start } = withProcesses(context);
    const more = '<DESCRIPTION>Quiet</DESCRIPTION>';
    const xml = announcementXml(NIGHT, undefined, { more });
    const web = createHttpServer((_request, response) => response.end(xml));
    context.onTestFinished(() => void web.close());
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/night.xml`;
    const look = async (at: string, path: string) => {
      const response = await fetch(`${at}${path}`, { redirect: 'manual' });
      return { status: response.status, location: response.headers.get('location') };
    };
    const factsAt = async (at: string) => {
      const status = clusterStatusSchema.parse(await (await fetch(`${at}/status`)).json());
      return status.sessions.map(({ title, description, announcementUrl }) => [
        ...[title, description, announcementUrl],
      ]);
    };
    const kill = async ({ child }: Awaited<ReturnType<typeof start>>) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };

    const first = await start();
    const tuned = await look(first.at, `/listen?announcement=${encodeURIComponent(url)}`);
    const [scx] = await scxsAt(first.at);
    context.onTestFinished(() => {
      if (birthOf(scx!.pid) !== undefined) process.kill(scx!.pid, 'SIGKILL');
    });
    const saved = (): boolean =>
      existsSync(`${dataDir}/learned`) &&
      readdirSync(`${dataDir}/learned`).some((name) => name.endsWith('.json'));
    await until(saved);
    await kill(first);

    const foreign = `${PATH}@${SESSION_KEY.publicKey}`;
    // The SCX lives on. At once, before it renews its lease:
    const second = await start(first.port);
    expect(await look(second.at, `/listen/${foreign}.mp3`)).toEqual(tuned);
    expect(await factsAt(second.at)).toEqual([['Night music', 'Quiet', url]]);
    const playlist = await (await fetch(`${second.at}/listen/${foreign}.m3u`)).text();
    expect(playlist).toContain('Night music');
    expect(playlist).toContain(encodeURIComponent(url));
    await kill(second);

    // The disk has lost the announcement, and the SCX still lives.
    rmSync(`${dataDir}/learned`, { recursive: true });
    const third = await start(first.port);
    expect(await look(third.at, `/listen/${foreign}.mp3`)).toEqual(tuned);
    await until(async () => (await factsAt(third.at))[0]?.[0] === 'Night music');
    await until(saved);
    await kill(third);

    // Nothing lives, and the announcement's server is gone.
    process.kill(scx!.pid, 'SIGKILL');
    web.close();
    const fourth = await start();
    expect(await look(fourth.at, `/listen/${foreign}.mp3`)).toMatchObject({ status: 302 });
    fourth.child.kill('SIGTERM');
    await once(fourth.child, 'exit');
  });

  test('that is closed also ends an SCX that ignores SIGTERM', async (context) => {
    const { expect } = context;
    const { dataDir, start } = withProcesses(context);
    const { child, at } = await start();
    await publishAt(dataDir, at, 'radio.example/deaf');
    await until(async () => (await scxsAt(at)).length === 1);
    const [scx] = await scxsAt(at);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await until(() => birthOf(scx!.pid) === undefined);
    expect(readdirSync(`${dataDir}/run`)).toEqual([]);
  });
});

describe('A cluster', () => {
  test('launches the rendezvous SCXs of published sessions, except those that it found', async () => {
    const dataDir = temporaryFolder();
    const first = await startFake({ dataDir });
    await first.publish(PATH, announcementXml(NIGHT));
    await first.publish('radio.example/day', announcementXml('scattercast://radio.example/day'));
    await first.cluster.close();
    const ports = { http: 8150, overlay: 8151 };
    const found = { id: '00000000000000aa', session: NIGHT, pid: 1, ports, facts: FACTS };
    const platform = createFakePlatform([found]);
    await startFake({ dataDir }, platform);
    await expect.poll(() => platform.launches.length).toBe(1);
    expect(platform.launches[0]).toMatchObject({
      session: idOf('scattercast://radio.example/day'),
      rendezvous: true,
    });
  });

  test.each(['secret', 'announcements', 'front-end.lock'])(
    'says what to do when its %s cannot be read or written',
    async (name) => {
      const dataDir = temporaryFolder();
      if (name === 'announcements') writeFileSync(`${dataDir}/${name}`, '');
      else mkdirSync(`${dataDir}/${name}/in/the/way`, { recursive: true });
      const problem = await problemOf(startCluster(optionsOf({ dataDir }), createFakePlatform()));
      expect(problem.exitCode).toBe(EXIT.file);
      expect(problem.message).toContain(dataDir);
    },
  );

  test('answers the requests that wait when it is closed', async () => {
    const platform = createFakePlatform();
    platform.behaviour = 'silent';
    const { cluster, get } = await startFake({}, platform);
    const web = createHttpServer((_request, response) => response.end(announcementXml(NIGHT)));
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const { port } = web.address() as AddressInfo;
    const waiting = get(`/listen?announcement=http://127.0.0.1:${port}/night.xml`);
    await expect.poll(() => platform.launches.length).toBe(1);
    web.close();
    await cluster.close();
    expect((await waiting).status).toBe(503);
    expect(platform.signals).toEqual([`SIGTERM ${platform.launches[0]!.id}`]);
  });

  test('keeps one secret, which only its user can read', async () => {
    const dataDir = temporaryFolder();
    const { cluster } = await startFake({ dataDir });
    const secret = readFileSync(`${dataDir}/secret`, 'utf8');
    expect(statSync(`${dataDir}/secret`).mode & 0o777).toBe(0o600);
    await cluster.close();
    await startFake({ dataDir });
    expect(readFileSync(`${dataDir}/secret`, 'utf8')).toBe(secret);
  });

  test('runs no more SCXs than it has ports for', async () => {
    const { get } = await startFake({ scxPorts: { first: 8100, last: 8103 }, maxScxs: 64 });
    const status = clusterStatusSchema.parse(await (await get('/status')).json());
    expect(status.cluster.scxsMax).toBe(2);
  });
});

describe('A cluster that cannot start says why in one line:', () => {
  const start = (over: Parameters<typeof optionsOf>[0]) =>
    problemOf(startCluster(optionsOf(over), createFakePlatform()));

  test('the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const dataDir = temporaryFolder();
    const problem = await start({ port, dataDir });
    expect([problem.exitCode, problem.message]).toEqual([
      EXIT.bind,
      `port ${port} is taken: stop what uses it, or choose another with --port`,
    ]);
    other.close();
    await startFake({ dataDir }); // its lock has gone
  });

  test('the address is not ours', async () => {
    const problem = await start({ listenHost: '203.0.113.7' });
    expect([problem.exitCode, problem.message]).toEqual([
      EXIT.bind,
      expect.stringContaining('not an address of this machine'),
    ]);
  });

  test('another one runs on the same data directory', async () => {
    const dataDir = temporaryFolder();
    await startFake({ dataDir });
    const problem = await start({ dataDir });
    expect([problem.exitCode, problem.message]).toEqual([
      EXIT.bind,
      expect.stringContaining(`another cluster (process ${process.pid}) runs on ${dataDir}`),
    ]);
  });

  test('but the lock of a dead cluster, or a damaged one, is taken over', async () => {
    const dataDir = temporaryFolder();
    for (const lock of [`{"pid":${process.pid},"birth":"another:1"}`, '{"pid":']) {
      writeFileSync(`${dataDir}/front-end.lock`, lock);
      const { cluster } = await startFake({ dataDir });
      await cluster.close();
    }
  });

  test('the data directory cannot be made', async () => {
    const dataDir = `${temporaryFolder()}/file`;
    writeFileSync(dataDir, '');
    const problem = await start({ dataDir: `${dataDir}/data` });
    expect([problem.exitCode, problem.message]).toEqual([
      EXIT.file,
      expect.stringContaining('ENOTDIR'),
    ]);
  });

  test('the secret is damaged', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(`${dataDir}/secret`, 'x');
    expect((await start({ dataDir })).message).toContain('secret is damaged');
  });

  test('there are no ports for an SCX', async () => {
    const problem = await start({ scxPorts: { first: 8100, last: 8100 } });
    expect(problem.exitCode).toBe(EXIT.usage);
  });
});
