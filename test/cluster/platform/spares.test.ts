/** Processes that wait for a launch: real ones, of the stand-in for SCXs. */

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Launch, launchSchema } from '../../../src/api/scx-launch.js';
import { birthOf } from '../../../src/cluster/data/process-identity.js';
import type { Exit, Platform } from '../../../src/cluster/platform/platform.js';
import { createProcessPlatform } from '../../../src/cluster/platform/process-platform.js';
import { FACTS, idOf, quiet, temporaryFolder, until } from '../support.js';

const ENTRY = fileURLToPath(new URL('../stand-in.mjs', import.meta.url));
const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);

const open: Platform[] = [];
const launched: number[] = [];

afterEach(() => {
  for (const platform of open.splice(0)) platform.close();
  for (const pid of launched.splice(0)) if (isThere(pid)) process.kill(pid, 'SIGKILL');
});

const isThere = (pid: number): boolean => birthOf(pid) !== undefined;

const launchOf = (id: string, httpPort: number): Launch =>
  launchSchema.parse({
    ...FACTS,
    ...{ id, keySeed: 'k'.repeat(43), session: idOf('scattercast://radio.example/night') },
    ...{ rendezvous: false, leaseUrl: 'http://127.0.0.1:1', leaseToken: 'secret-token' },
    ...{ leaseIntervalMs: 1000, advertiseHost: 'radio.example', listenHost: '127.0.0.1' },
    ...{ httpPort, overlayPort: 8101, lingerMs: 0, listenersMax: 1, perAddressMax: 0 },
    ...{ trustedProxies: [], burstMs: 0, writeIntervalMs: 100, profile: 'fast' },
    ...{ allowPrivate: true, logLevel: 'info' },
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What the stand-in for an SCX says at its port, as soon as it listens: its process id. */
async function pidAt(port: number): Promise<number> {
  let answer = '';
  await until(async () => {
    answer = await text(connect(port, '127.0.0.1')).catch(() => '');
    return answer !== '';
  });
  return Number(answer);
}

function setUp(spares = 1) {
  const dataDir = temporaryFolder();
  const platform = createProcessPlatform({
    ...{
      entry: ENTRY,
      confined: false,
      files: {},
      dataDir,
      inheritLogs: false,
      log: quiet,
      spares,
    },
  });
  open.push(platform);
  const exits: Exit[] = [];
  platform.onExit((exit) => exits.push(exit));
  const launch = async (id = ID, httpPort = 0) => {
    const { pid } = await platform.launch(launchOf(id, httpPort));
    launched.push(pid);
    return pid;
  };
  /** A spare that is ready and is not the process `before`. */
  const ready = async (before = 0): Promise<number> => {
    const find = () => platform.spares().find(({ pid, isReady }) => isReady && pid !== before);
    await until(() => find() !== undefined);
    return find()?.pid ?? 0;
  };
  return { dataDir, platform, exits, launch, ready };
}

test('A launch takes the spare, with the port and the log of the SCX, and another spare follows', async () => {
  const { dataDir, platform, exits, launch, ready } = setUp();
  const spare = await ready();
  const httpPort = await freePort();
  expect(await launch(ID, httpPort)).toBe(spare);
  expect(await pidAt(httpPort)).toBe(spare);
  const log = `${dataDir}/logs/night-${ID}.log`;
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('night started'));
  const next = await ready(spare);
  expect(readdirSync(`${dataDir}/logs`).sort()).toEqual([`night-${ID}.log`, 'spare-0.log']);
  platform.stop(ID, 'SIGTERM');
  await until(() => exits.length > 0);
  expect(exits).toEqual([{ id: ID, code: 0, signal: null }]);
  expect(platform.spares()).toEqual([{ pid: next, isReady: true }]);
});

test('Neither arguments nor environment of a spare hold a secret, before or after its launch', async () => {
  const { launch, ready } = setUp();
  const spare = await ready();
  await launch();
  for (const file of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${spare}/${file}`, 'utf8')).not.toMatch(/secret-token|kkkkkkkk/);
  }
});

test('A spare that is killed in the moment of its launch is replaced by another process', async () => {
  const { exits, launch, ready } = setUp();
  const spare = await ready();
  const httpPort = await freePort();
  const launching = launch(ID, httpPort);
  process.kill(spare, 'SIGKILL');
  const pid = await launching;
  expect(pid).not.toBe(spare);
  expect(await pidAt(httpPort)).toBe(pid);
  expect(exits).toEqual([]);
});

test('A spare that hangs is ended, and the SCX is another process', async () => {
  const { launch, ready } = setUp();
  const spare = await ready();
  process.kill(spare, 'SIGSTOP');
  const pid = await launch();
  expect(pid).not.toBe(spare);
  await until(() => !isThere(spare));
});

test('Two launches at once with one spare are two SCXs', async () => {
  const { launch, ready } = setUp();
  const spare = await ready();
  const [one, two] = [await freePort(), await freePort()];
  const pids = await Promise.all([launch(ID, one), launch(OTHER_ID, two)]);
  expect(new Set(pids).size).toBe(2);
  expect(pids).toContain(spare);
  expect(await Promise.all([pidAt(one), pidAt(two)])).toEqual(pids);
});

test('An SCX that is stopped while it takes the spare does not run', async () => {
  const { platform, launch, ready } = setUp();
  const spare = await ready();
  process.kill(spare, 'SIGSTOP');
  const stopped = expect(launch()).rejects.toThrow('stopped');
  await until(() => platform.spares().length === 0);
  platform.stop(ID, 'SIGTERM');
  process.kill(spare, 'SIGCONT');
  await stopped;
  await until(() => !isThere(spare));
});

test('A spare that dies is replaced, and so are all when the program may have changed', async () => {
  const { platform, exits, ready } = setUp(2);
  await until(() => platform.spares().filter(({ isReady }) => isReady).length === 2);
  const first = await ready();
  process.kill(first, 'SIGKILL');
  await until(() => platform.spares().length === 1);
  await until(() => platform.spares().filter(({ isReady }) => isReady).length === 2);
  const before = platform.spares().map(({ pid }) => pid);
  platform.renewSpares();
  await until(() => platform.spares().filter(({ isReady }) => isReady).length === 2);
  for (const { pid } of platform.spares()) expect(before).not.toContain(pid);
  await until(() => !before.some(isThere));
  expect(exits).toEqual([]);
});

test('Spares end with their front end, and none follows', async () => {
  const { platform, ready } = setUp();
  const spare = await ready();
  platform.close();
  await until(() => !isThere(spare));
  expect(platform.spares()).toEqual([]);
});

test('The orders of an SCX that was a spare lie where it may read them', async () => {
  const { dataDir, platform, launch, ready } = setUp();
  const spare = await ready();
  await launch();
  const runFile = `${dataDir}/run/${ID}.json`;
  await until(() => existsSync(runFile));
  const { successorFile } = JSON.parse(readFileSync(runFile, 'utf8')) as Launch;
  const words = readFileSync(`/proc/${spare}/cmdline`, 'utf8').split('\0');
  expect(words.slice(-3)).toEqual(['--orders', successorFile, '']);
  await platform.orderSuccessor(ID, launchOf(OTHER_ID, 0), 0);
  expect(existsSync(successorFile ?? '')).toBe(true);

  // A later front end finds the place again, with a run file or without.
  for (const found of [await platform.list(), []]) {
    const later = createProcessPlatform({
      ...{ entry: ENTRY, confined: false, files: {}, dataDir, inheritLogs: false, log: quiet },
    });
    open.push(later);
    if (found.length > 0) await later.list();
    else expect(later.adopt(ID, launchOf(ID, 0).session, spare)).toBe(true);
    await later.orderSuccessor(ID, launchOf(OTHER_ID, 0), 7);
    const order = JSON.parse(readFileSync(successorFile ?? '', 'utf8')) as { drainMs: number };
    expect(order.drainMs).toBe(7);
  }
});
