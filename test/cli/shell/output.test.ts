/**
 * Output of real processes into pipes, full disks and readers that go away: it is complete, or the
 * exit code says that it is not.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameInId } from '../../../src/session/session-id.js';
import { SESSION, type StandIn, startStandIn } from '../../client/stand-in.js';
import { PASSWORD, SESSION_KEY } from '../../session/signed.js';

const MAIN = resolve(import.meta.dirname, '../../../dist/cli/main.js');

/** More than a pipe takes at once, and than `ulimit -f 8` allows. */
const SESSIONS = 500;

let standIn: StandIn;
let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'output-test-'));
  standIn = await startStandIn();
  const session = {
    ...{ session: nameInId(SESSION), key: SESSION_KEY.publicKey, path: 'radio.example/night' },
    ...{ title: 'a\u001b[2J\u009b2J\u202eb' },
    ...{ listenUrl: 'http://x', announcementUrl: null, kept: true, onAir: false },
    ...{ listeners: 0, sources: 0, scxs: [], genre: '\u001b]0;owned\u0007' },
  };
  const body = JSON.stringify({
    cluster: { url: 'http://c.example:8000', version: '1.0.0', startedAt: '2026-01-01T00:00:00Z' },
    sessions: Array.from({ length: SESSIONS }, () => session),
  });
  standIn.answers.set('GET /status', { status: 200, body });
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

/** Runs a line of the shell, in which `scattercast` is ours. */
const shell = (line: string): Promise<Outcome> =>
  new Promise((done) => {
    const script = `scattercast() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`;
    const env = { ...process.env, STATUS: standIn.url, DIR: directory };
    const options = { env, maxBuffer: 2 ** 26 };
    const child = execFile('bash', ['-c', script], options, (_error, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });

const sessionsIn = (json: string): number =>
  (JSON.parse(json) as { readonly sessions: readonly unknown[] }).sessions.length;

describe('Output', () => {
  test('into a pipe is complete, however slowly it is read', async () => {
    const read = '| { read -r first; echo "$first"; cat; }';
    const { stdout } = await shell(`scattercast status --json --cluster $STATUS ${read}`);
    expect(sessionsIn(stdout)).toBe(SESSIONS);
  });

  test.each([
    ['status --json --cluster $STATUS'],
    ['status --cluster $STATUS'],
    ['simulate --scxs 4 --until 20 --json'],
    ['simulate --scxs 4 --until 20'],
    ['simulate --scxs 4 --faults crash:30%'],
    ['announce --name scattercast://a.example/b --rendezvous a.example:1 --output -'],
    ['--help'],
    ['cluster --help'],
    ['--version'],
  ])('of %s on a full disk is missed, and the exit code is 6', async (command) => {
    const { code, stderr } = await shell(`scattercast ${command} > /dev/full`);
    expect(stderr).toContain('scattercast: cannot write to standard output: the disk is full\n');
    expect(code).toBe(6);
  });

  test('of which only the beginning has room in a file is missed', async () => {
    const limited = '(ulimit -f 8; scattercast status --json --cluster $STATUS > $DIR/cut.json)';
    const { code, stderr } = await shell(limited);
    expect(stderr).toMatch(/cannot write to standard output: the file would be larger/);
    expect(code).toBe(6);
    expect(readFileSync(join(directory, 'cut.json')).length).toBeGreaterThan(0);
  });

  test('with secrets that standard error has no room for is missed', async () => {
    const location = '--rendezvous a.example:1 --output $DIR/a.xml';
    const announce = `scattercast announce --name scattercast://a.example/b ${location}`;
    expect((await shell(`${announce} 2> /dev/full`)).code).toBe(6);
  });

  test('that a failure has on a full disk leaves its exit code', async () => {
    expect((await shell('scattercast status 2> /dev/full')).code).toBe(2);
  });

  test('is not missed by a reader that has read enough', async () => {
    const line = 'scattercast status --json --cluster $STATUS | head -1; echo $PIPESTATUS';
    expect(await shell(line)).toEqual({ code: 0, stdout: '{\n0\n', stderr: '' });
  });

  test('contains nothing that steers a terminal, as a table or as JSON', async () => {
    const table = await shell('scattercast status --cluster $STATUS');
    const json = await shell('scattercast status --json --cluster $STATUS');
    for (const { stdout } of [table, json]) {
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    expect(JSON.parse(json.stdout).sessions[0].title).toBe('a\u001b[2J\u009b2J\u202eb');
    const name = "$'none\\e]0;x\\a.mp3'";
    const target = '--cluster $STATUS --announcement a.example/b';
    const broken = await shell(`scattercast broadcast ${target} ${name}`);
    expect(broken.stderr).toMatch(/cannot read none\uFFFD\]0;x\uFFFD\.mp3: there is no such file/);
  });

  test('that cannot be written does not end a broadcast, but its exit code tells', async () => {
    const full = openSync('/dev/full', 'w');
    const target = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
    const clip = resolve(import.meta.dirname, '../../../web/demo/clip.mp3');
    const child = spawn(process.execPath, [MAIN, 'broadcast', '--loop', ...target, clip], {
      stdio: ['ignore', full, full],
      env: { ...process.env, SCATTERCAST_PASSWORD: PASSWORD },
    });
    closeSync(full);
    await standIn.until(() => (standIn.visits.at(-1)?.adus.length ?? 0) > 3);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([6, null]);
  });
});

describe('The answer of announce', () => {
  const url = 'http://c.example/announcements/radio.example/night.xml';
  const announce = `scattercast announce --cluster $STATUS --name ${nameInId(SESSION)}`;
  const drawn = '([a-hjkmnp-z2-9]{6}-){3}[a-hjkmnp-z2-9]{6}';
  const secret = expect.stringMatching(new RegExp(`^${drawn}$`));
  const secrets = { password: secret, token: secret, adminPassword: secret };

  beforeAll(() => {
    const about = { session: nameInId(SESSION), key: SESSION_KEY.publicKey };
    const body = JSON.stringify({ url, ...about, listen: 'http://x' });
    standIn.answers.set('PUT /announcements/radio.example/night.xml', { status: 201, body });
  });

  test('in a pipe is the URL alone; secrets go to standard error', async () => {
    const { code, stdout, stderr } = await shell(`URL=$(${announce}); echo "[$URL]"`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `[${url}]\n` });
    const line = (what: string): string => `${what}: ${drawn} {3}\\(.*\\)\\n`;
    const lines = ['source password', 'admin token', 'admin password'].map(line);
    expect(stderr).toMatch(new RegExp(`^${lines.join('')}$`));
  });

  test('on a terminal has the secrets, too', async () => {
    const quoted = `'${process.execPath}' '${MAIN}' announce --cluster $STATUS --name ${nameInId(SESSION)}`;
    const { stdout } = await shell(`script -qec "${quoted} 2> /dev/null" /dev/null`);
    expect(stdout).toContain(url);
    expect(stdout).toMatch(new RegExp(`admin token: ${drawn} `));
  });

  test('as JSON is one document, which is printed even if a later step fails', async () => {
    const whole = await shell(`${announce} --json`);
    expect({ ...whole, stdout: JSON.parse(whole.stdout) }).toEqual({
      code: 0,
      stdout: { url, ...secrets },
      stderr: '',
    });
    const half = await shell(`${announce} --json --webhook http://h.example`);
    expect(half.code).not.toBe(0);
    expect(JSON.parse(half.stdout)).toEqual({ url, ...secrets });
  });
});
