import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type Launch, launchSchema } from '../../../src/api/scx-launch.js';
import { birthOf, isAlive } from '../../../src/cluster/data/process-identity.js';
import { trimLogs } from '../../../src/cluster/platform/log-files.js';
import type { Exit, Platform } from '../../../src/cluster/platform/platform.js';
import { createProcessPlatform } from '../../../src/cluster/platform/process-platform.js';
import { FACTS, idOf, NIGHT, quiet, temporaryFolder, until } from '../support.js';

const ENTRY = fileURLToPath(new URL('../stand-in.mjs', import.meta.url));
const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What is answered to a connection at the port: all bytes, or the error. */
function answerAt(port: number): Promise<string> {
  return answerOn(connect(port, '127.0.0.1'));
}

async function answerOn(socket: Socket): Promise<string> {
  try {
    return await text(socket);
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`;
  }
}

const launchOf = (name: string): Launch =>
  launchSchema.parse({
    ...FACTS,
    id: ID,
    keySeed: 'k'.repeat(43),
    session: idOf(`scattercast://radio.example/${name}`),
    rendezvous: false,
    leaseUrl: 'http://127.0.0.1:1',
    leaseToken: 'secret-token',
    leaseIntervalMs: 1000,
    advertiseHost: 'radio.example',
    listenHost: '127.0.0.1',
    httpPort: 8100,
    overlayPort: 8101,
    lingerMs: 0,
    listenersMax: 1,
    perAddressMax: 0,
    trustedProxies: [],
    burstMs: 0,
    writeIntervalMs: 100,
    profile: 'fast',
    allowPrivate: true,
    logLevel: 'info',
  });

const open: Platform[] = [];
const pids: number[] = [];

afterEach(() => {
  for (const platform of open.splice(0)) platform.close();
  for (const pid of pids.splice(0)) if (birthOf(pid) !== undefined) process.kill(pid, 'SIGKILL');
});

function setUp(dataDir = temporaryFolder()) {
  const platform = createProcessPlatform({
    ...{ entry: ENTRY, confined: false, files: {}, dataDir, inheritLogs: false, log: quiet },
  });
  open.push(platform);
  const exits: Exit[] = [];
  platform.onExit((exit) => exits.push(exit));
  const launch = async (name: string, over: Partial<Launch> = {}) => {
    const { pid } = await platform.launch({ ...launchOf(name), ...over });
    pids.push(pid);
    return pid;
  };
  const runFile = `${dataDir}/run/${ID}.json`;
  const log = (name: string) => `${dataDir}/logs/${name}-${ID}.log`;
  /** Until its signal handlers are there. */
  const started = (name: string) =>
    until(() => existsSync(log(name)) && readFileSync(log(name), 'utf8').includes('started'));
  return { dataDir, platform, exits, launch, runFile, log, started };
}

describe('The process platform', () => {
  test('launches an SCX in a process group of its own, with a log and a run file', async () => {
    const { platform, exits, launch, runFile, started } = setUp();
    process.env.SCATTERCAST_PORT = '1'; // our own settings must not reach the SCX
    const pid = await launch('night').finally(() => {
      delete process.env.SCATTERCAST_PORT;
    });
    await started('night');
    await until(() => existsSync(runFile));
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    expect(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])).toBe(pid);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('secret-token');
    expect(readFileSync(runFile, 'utf8')).not.toContain('secret-token');
    expect(statSync(runFile).mode & 0o777).toBe(0o600);
    platform.stop(ID, 'SIGTERM');
    await until(() => exits.length > 0 && !existsSync(runFile));
    expect(exits).toEqual([{ id: ID, code: 0, signal: null }]);
  });

  test('reports crashes and deaths by signal', async () => {
    const { platform, exits, launch, started } = setUp();
    await launch('crash');
    await until(() => exits.length === 1);
    await launch('deaf');
    await started('deaf');
    platform.stop(ID, 'SIGTERM');
    platform.stop(ID, 'SIGKILL');
    await until(() => exits.length === 2);
    expect(exits).toEqual([
      { id: ID, code: 1, signal: null },
      { id: ID, code: null, signal: 'SIGKILL' },
    ]);
  });

  test('holds the port of an SCX that dies: connections wait for the next one there', async () => {
    const { platform, exits, launch, started } = setUp();
    const httpPort = await freePort();
    const first = await launch('night', { httpPort });
    await started('night');
    expect(await answerAt(httpPort)).toBe(`${first}`);
    process.kill(first, 'SIGKILL');
    await until(() => exits.length === 1);
    const waiting = answerAt(httpPort);
    const second = await launch('night', { id: OTHER_ID, httpPort });
    platform.release(ID);
    expect(await waiting).toBe(`${second}`);

    process.kill(second, 'SIGKILL');
    await until(() => exits.length === 2);
    const hopeless = connect(httpPort, '127.0.0.1');
    await once(hopeless, 'connect');
    platform.release(OTHER_ID);
    expect(await answerOn(hopeless)).toBe('ECONNRESET');
    expect(await answerAt(httpPort)).toBe('ECONNREFUSED');
  });

  test('leaves a port that another program uses to the SCX, which reports it', async () => {
    const { launch, started } = setUp();
    const other = createServer((socket) => socket.end('other')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await launch('night', { httpPort: port });
    await started('night');
    expect(await answerAt(port)).toBe('other');
    other.close();
  });

  test('holds the port that an SCX has handed over to its successor', async () => {
    const { platform, launch, exits, started } = setUp();
    const httpPort = await freePort();
    const first = await launch('night', { httpPort });
    await started('night');
    const order = { ...launchOf('night'), id: OTHER_ID, httpPort };
    await platform.orderSuccessor(ID, order, 0);
    expect(platform.adopt(OTHER_ID, order.session, first)).toBe(true); // stands in for it
    platform.release(ID);
    process.kill(first, 'SIGKILL');
    await until(() => exits.length === 2);
    const waiting = answerAt(httpPort);
    const third = await launch('night', { id: 'c'.repeat(32), httpPort });
    expect(await waiting).toBe(`${third}`);
  });

  test('does not launch an SCX that was stopped before it started', async () => {
    const { platform } = setUp();
    const launching = platform.launch(launchOf('night'));
    platform.stop(ID, 'SIGTERM');
    await expect(launching).rejects.toThrow('stopped');
  });

  test('finds the SCXs of an earlier front end, stops them and reports their end', async () => {
    const first = setUp();
    const pid = await first.launch('night');
    await first.started('night');
    await until(() => existsSync(first.runFile));
    const second = setUp(first.dataDir);
    expect(await second.platform.list()).toEqual([
      expect.objectContaining({
        id: ID,
        pid,
        session: NIGHT,
        ports: { http: 8100, overlay: 8101 },
        facts: FACTS,
      }),
    ]);
    second.platform.stop(ID, 'SIGTERM');
    await until(() => second.exits.length > 0);
    expect(second.exits).toEqual([{ id: ID, code: null, signal: null }]);
  });

  test('does not take another process with a reused id for an SCX', async () => {
    const { dataDir, platform, launch, runFile } = setUp();
    await launch('night');
    await until(() => existsSync(runFile));
    const run = JSON.parse(readFileSync(runFile, 'utf8'));
    writeFileSync(runFile, JSON.stringify({ ...run, birth: 'another:1' }));
    writeFileSync(`${dataDir}/run/${OTHER_ID}.json`, '{"id":');
    expect(await platform.list()).toEqual([]);
    expect(readdirSync(`${dataDir}/run`)).toEqual([]);
    expect(isAlive(run.pid, run.birth)).toBe(true);
  });

  test('adopts a process without a run file only if it is an SCX of this cluster', async () => {
    const first = setUp();
    const pid = await first.launch('night');
    await first.started('night');
    expect(setUp().platform.adopt(ID, NIGHT, pid)).toBe(false);
    const { platform, exits } = setUp(first.dataDir);
    expect(platform.adopt(ID, NIGHT, process.pid)).toBe(false);
    expect(platform.adopt(ID, NIGHT, pid)).toBe(true);
    platform.stop(ID, 'SIGKILL');
    await until(() => exits.length > 0);
  });

  test('launches without a log if the log cannot be written', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(`${dataDir}/logs`, 'a file where the folder should be');
    const { platform, exits, launch } = setUp(dataDir);
    await launch('night');
    platform.stop(ID, 'SIGKILL');
    await until(() => exits.length > 0);
  });
});

describe('Log files', () => {
  test('are bounded in number and size', async () => {
    const folder = temporaryFolder();
    for (let n = 0; n < 5; n++) {
      writeFileSync(`${folder}/${n}.log`, 'x'.repeat(10 * n));
      utimesSync(`${folder}/${n}.log`, n, n);
    }
    await trimLogs(folder, 2, 35);
    expect(readdirSync(folder).sort()).toEqual(['3.log', '4.log', '4.log.1']);
    expect([statSync(`${folder}/4.log`).size, statSync(`${folder}/4.log.1`).size]).toEqual([0, 40]);
  });
});
