/** `scattercast doctor` as a user runs it: before a cluster starts, and beside one that runs. */

import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { freePorts } from '../support/ports.js';
import { createStage } from '../support/stage.js';

const stage = createStage();
afterAll(() => stage.close());

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly check: string; readonly state: string }[];
}

/** Runs it to its end. */
async function doctor(...args: string[]) {
  const run = stage.run(['doctor', ...args]);
  const { code } = await run.exited;
  return { code, text: run.stdout(), errors: run.stderr() };
}

const statesOf = (text: string) =>
  (JSON.parse(text) as Report).findings.map(({ check, state }) => [check, state]);

const at = (port: number, dataDir: string): readonly string[] => [
  ...['--port', `${port}`, '--data', dataDir, '--listen', '127.0.0.1', '--host', '127.0.0.1'],
  ...['--max-listeners', '100', '--max-scxs', '2'],
];

test('Before the start all is well; an address of this machine alone is a warning', async () => {
  const port = await freePorts(2);
  const { code, text } = await doctor('--json', ...at(port, join(stage.directory, 'new')));
  expect(statesOf(text)).toEqual([
    ['node', 'good'],
    ['data', 'good'],
    ['files', 'good'],
    ['ports', 'good'],
    ['ports', 'good'],
    ['address', 'warning'],
    ['cluster', 'unknown'],
  ]);
  expect(code).toBe(0);
});

test('A port that another program has is told with its name, and the exit code is 1', async () => {
  const port = await freePorts(2);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { code, text } = await doctor(...at(port, join(stage.directory, 'new')));
  server.close();
  expect(text).toMatch(
    new RegExp(`^problem  Port ${port} is held by node \\(process ${process.pid}\\)`, 'm'),
  );
  expect(code).toBe(1);
});

test('A cluster that runs is well, and another one says that it reaches it', async () => {
  const port = await freePorts(2);
  const [one, other] = await Promise.all([stage.cluster({ port }), stage.cluster()]);
  const settings = at(port, one.dataDir);
  const { code, text, errors } = await doctor('--json', '--from', other.url, ...settings);
  expect(errors).toBe('');
  expect(statesOf(text)).toEqual([
    ['node', 'good'],
    ['data', 'good'],
    ['files', 'good'],
    ['ports', 'good'],
    ['ports', 'good'],
    ['address', 'warning'],
    ['reach', 'good'],
    ['reach from', 'good'],
    ['clock', 'good'],
  ]);
  expect(code).toBe(0);

  // Secrets that others can read.
  chmodSync(join(one.dataDir, 'secret'), 0o644);
  const careless = await doctor(...settings);
  expect(careless.text).toMatch(/^problem {2}Other users can read \S+secret: run chmod 600/m);
  expect(careless.code).toBe(1);

  const running = ['--running', '--port', `${port}`];
  expect(await doctor(...running)).toMatchObject({ code: 0, text: 'good     The cluster runs.\n' });
  one.process.child.kill('SIGTERM');
  await one.process.exited;
  const ended = await doctor(...running);
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.text).toContain('No cluster answers at');
});

test('A wrong setting is told as every command tells it', async () => {
  const { code, errors } = await doctor('--port', 'many');
  expect(code).toBe(2);
  expect(errors).toContain('--port');
});
