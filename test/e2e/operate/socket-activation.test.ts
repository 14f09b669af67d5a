/**
 * A front end whose port another process holds, as systemd does: while it is restarted, connections
 * wait.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/processes.js';

interface Bound {
  readonly fd: number;
  getsockname(address: { port?: number }): number;
  close(): void;
}

type Bind = (host: string, port: number, family: 4, fd: -1, flags: 0) => Bound;

/** Holds a port without accepting connections. */
function holdPort() {
  const bind = (net as unknown as { readonly _createServerHandle: Bind })._createServerHandle;
  const bound = bind('127.0.0.1', 0, 4, -1, 0);
  const address: { port?: number } = {};
  bound.getsockname(address);
  return { fd: bound.fd, port: address.port ?? 0, close: () => bound.close() };
}

test('A front end that is killed refuses nobody while systemd holds its port', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'scattercast-socket-'));
  const held = holdPort();
  context.onTestFinished(() => {
    held.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const start = () => {
    const cluster = ['cluster', '--host', '127.0.0.1', '--port', '1', '--data', dataDir];
    const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"';
    const args = ['-c', script, 'sh', process.execPath, '.', ...cluster, '--scx-ports', 'any'];
    const child = spawn('sh', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore', held.fd] });
    context.onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const first = start();
  const [line] = await once(first.stdout as NodeJS.ReadableStream, 'data');
  expect(`${line}`).toContain(`http://127.0.0.1:${held.port}`);
  const url = `http://127.0.0.1:${held.port}/healthz`;
  expect(await (await fetch(url)).text()).toBe('ok\n');

  first.kill('SIGKILL');
  await once(first, 'exit');
  const waiting = fetch(url);
  const second = start();
  expect(await (await waiting).text()).toBe('ok\n');
  second.kill('SIGTERM');
  await once(second, 'exit');
});
