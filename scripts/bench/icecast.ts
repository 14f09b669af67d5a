/**
 * Icecast as Debian packages it, and a source client that feeds it the clip in real time. Its
 * configuration has the packaged limits (burst 64 KiB, queue 512 KiB); only the number of clients is raised.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { parseFrameHeader } from '../../src/mp3/frame-header.js';
import { framesOfFile } from '../../test/e2e/audio.js';
import { CLIP, start, until } from '../../test/e2e/stage.js';
import type { Rival } from './rival.js';

const PASSWORD = 'bench';
const PATH = '/bench.mp3';
/** The source looks at the clock so often, ms: about each frame goes out by itself. */
const SOURCE_TICK_MS = 25;
/** For its queue of 512 KiB to hold more than the burst, ms. */
const FILL_MS = 6000;

const configuration = (port: number, logs: string, clients: number): string => `<icecast>
  <limits>
    <clients>${clients}</clients><sources>2</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout>
    <source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size>
  </limits>
  <authentication>
    <source-password>${PASSWORD}</source-password><relay-password>${PASSWORD}</relay-password>
    <admin-user>admin</admin-user><admin-password>${PASSWORD}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <fileserve>1</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>${logs}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging>
    <accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel>
  </logging>
</icecast>
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Icecast does not run as root; who is root starts it as nobody. */
const asNobody = (command: readonly string[]): readonly string[] => {
  if (process.getuid?.() !== 0) return command;
  return ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', ...command];
};

/** Sends the clip over and over, at its own pace; returns what ends it. */
async function feed(port: number): Promise<() => void> {
  const frames = framesOfFile(CLIP);
  const socket = connect(port, '127.0.0.1');
  const key = Buffer.from(`source:${PASSWORD}`).toString('base64');
  const headers = ['Content-Type: audio/mpeg', `Authorization: Basic ${key}`, 'ice-name: bench'];
  socket.on('error', () => undefined);
  socket.write([`SOURCE ${PATH} HTTP/1.0`, ...headers, '', ''].join('\r\n'));
  const answer = await new Promise<Buffer>((resolve) => {
    socket.once('data', resolve);
    socket.once('close', () => resolve(Buffer.from('nothing')));
  });
  if (!answer.includes(' 200 ')) throw new Error(`Icecast answers its source: ${answer}`);
  const startedAt = performance.now();
  let sentMs = 0;
  let next = 0;
  const timer = setInterval(() => {
    while (sentMs < performance.now() - startedAt) {
      const frame = frames[next++ % frames.length] as Uint8Array;
      sentMs += parseFrameHeader(frame, 0)?.durationMs ?? 0;
      socket.write(frame);
    }
  }, SOURCE_TICK_MS);
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}

function findProgram(): void {
  try {
    execFileSync('icecast2', ['-v'], { stdio: 'pipe' });
  } catch {
    const advice = 'install Debian\'s "icecast2", or leave it out with --rivals scattercast,floor';
    throw new UserError(EXIT.file, `there is no icecast2 here: ${advice}`);
  }
}

/** Icecast, fed. */
export const openIcecast: Rival = async ({ listeners }) => {
  findProgram();
  const directory = mkdtempSync(join(tmpdir(), 'bench-icecast-'));
  const logs = join(directory, 'logs');
  mkdirSync(logs);
  chmodSync(directory, 0o755);
  chmodSync(logs, 0o777);
  const port = await freePort();
  const file = join(directory, 'icecast.xml');
  writeFileSync(file, configuration(port, logs, listeners + 100));
  const [program = '', ...args] = asNobody(['icecast2', '-c', file]);
  const server = start(program, args);
  const url = `http://127.0.0.1:${port}`;
  await until('Icecast', async () => (await fetch(`${url}/status-json.xsl`)).ok);
  const stopFeeding = await feed(port);
  await pause(FILL_MS);
  return {
    pids: [server.pid],
    urls: [`${url}${PATH}`],
    close: async () => {
      stopFeeding();
      server.child.kill('SIGKILL');
      await server.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
