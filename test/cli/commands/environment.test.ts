/** Real processes in environments that lack something: each says what is missing, and what to do. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../../client/stand-in.js';

const MAIN = resolve(import.meta.dirname, '../../../dist/cli/main.js');
const CLUSTER = ['cluster', '--port', '0', '--listen', '127.0.0.1', '--scx-ports', 'any'];

let standIn: StandIn;
let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'environment-test-'));
  chmodSync(directory, 0o755);
  standIn = await startStandIn();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await standIn.close();
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  [file, ...before]: readonly [string, ...string[]] = [process.execPath],
): Promise<Outcome> =>
  new Promise((done) => {
    const options = { env: { PATH: process.env.PATH, ...env }, cwd: directory };
    const child = execFile(file, [...before, MAIN, ...words], options, (_error, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });

describe('A cluster without --data', () => {
  test.each([[{ HOME: '' }], [{ HOME: 'relative' }], [{ HOME: '', XDG_STATE_HOME: 'relative' }]])(
    'in the environment %j asks for it',
    async (env) => {
      const { code, stderr } = await run(CLUSTER, env);
      expect(stderr).toMatch(
        /^scattercast: this user has no home directory .* --data, or set HOME\n$/,
      );
      expect(code).toBe(2);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test.runIf(process.getuid?.() === 0)('of a user without an entry asks for it', async () => {
    const other = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'] as const;
    const { code, stderr } = await run(CLUSTER, {}, [...other, process.execPath]);
    expect(stderr).toMatch(/^scattercast: this user has no home directory/);
    expect(code).toBe(2);
  });
});

describe('A process', () => {
  test('without a directory for temporary files says how to name one', async () => {
    const { code, stderr } = await run(['demo', '--port', '0'], { TMPDIR: '/none' });
    expect(stderr).toMatch(
      /^scattercast: no temporary files .* \/none: there is no .*; set TMPDIR/,
    );
    expect(code).toBe(6);
  });

  test('with little address space asks a cluster as always', async () => {
    standIn.answers.set('GET /status', {
      status: 200,
      body: JSON.stringify({ cluster: { url: '', version: '', startedAt: '' }, sessions: [] }),
    });
    const limited = ['sh', '-c', 'ulimit -v 5000000; exec "$@"', '-', process.execPath] as const;
    const words = ['status', '--cluster', standIn.url];
    expect(await run(words, {}, [...limited])).toMatchObject({ code: 0, stderr: '' });
  });

  test('that cannot drain a cluster gives the cause', async () => {
    const data = join(directory, 'drained');
    mkdirSync(data);
    execFileSync('sh', ['-c', `echo secret > '${data}/secret'`]);
    const words = ['cluster', '--drain', '--data', data, '--port', '1', '--listen', '127.0.0.1'];
    const { code, stderr } = await run(words, {});
    expect(stderr).toMatch(/no cluster answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
    expect(code).toBe(4);
  });

  test('whose data directory hangs says so', async () => {
    const data = join(directory, 'hanging');
    mkdirSync(data);
    execFileSync('mkfifo', [join(data, 'secret')]);
    const child = spawn(process.execPath, [MAIN, ...CLUSTER, '--data', data]);
    const ended = once(child, 'exit');
    const said: string[] = [];
    for await (const line of createInterface(child.stderr)) {
      said.push(line);
      if (line.includes('hang')) break;
    }
    expect(said.at(-1)).toBe(
      `the cluster still waits for its files in ${data}: does that file system hang?`,
    );
    child.kill('SIGKILL');
    await ended;
  });
});
