/**
 * The command line as a real process, from the build: exit codes, output and signals. What needs no
 * process is tested in command-line.test.ts, because each start of a process takes 0.25 s.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashSecret } from '../../src/runtime/secrets.js';
import { sessionKeyOf, sourceKeyOf } from '../../src/runtime/signing-key.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { nameInId } from '../../src/session/session-id.js';
import { SESSION, type StandIn, startStandIn } from '../client/stand-in.js';
import { joinBytes, makeToneFrames } from '../mp3/make-mp3.js';
import { announcementIn, PASSWORD, SESSION_KEY } from '../session/signed.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMMAND = ['dist/cli/main.js'];
const NAME = ['--name', nameInId(SESSION)];
/** The source password of the stand-in's session. */
const OPEN = { SCATTERCAST_PASSWORD: PASSWORD };
const AT = ['--cluster', 'a', '--announcement', 'b'];

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory = '';
let standIn: StandIn;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cli-test-'));
  standIn = await startStandIn();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await standIn.close();
});

/** The environment of the test without settings of ours. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SCATTERCAST_')),
  );

const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  new Promise((done) => {
    const env = { ...environment(), ...more };
    const child = execFile(
      process.execPath,
      [...COMMAND, ...args],
      { cwd: ROOT, env },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });

/** What a front end answers to `GET /status`. */
const statusOf = (sessions: readonly object[]): string =>
  JSON.stringify({
    cluster: { url: 'http://c.example:8000', version: '1.0.0', startedAt: '2026-01-01T00:00:00Z' },
    sessions,
  });

const lines = (text: string): string[] => text.trimEnd().split('\n');

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

describe('The command line', () => {
  test('prints the help of a command', async () => {
    const { code, stdout, stderr } = await run(['help', 'status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: scattercast status /);
  });

  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [[], /no command is given/],
    [['broadcast', ...AT, '--from', 'ftp://me:hackme@h/m'], /--from must be the URL of a stream/],
    [['scx'], /started by a cluster/],
    [['fallback'], /started by an SCX/],
  ])('answers %j in one line and with exit code 2', async (args, pattern) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(lines(stderr)).toEqual([expect.stringMatching(/^scattercast: /)]);
    expect(stderr).toMatch(pattern);
    expect(stderr).not.toContain('hackme');
  });

  test('has an exit code of its own for each kind of problem', async () => {
    const nobody = ['--cluster', 'http://127.0.0.1:9'];
    const text = file('text.mp3', 'no music');
    standIn.answers.set('POST /attach', { status: 404, body: '{"error":"not announced"}' });
    const target = ['--announcement', 'http://radio.example/x.xml'];
    const good = file('good.mp3', joinBytes((await makeToneFrames()).slice(0, 5)));
    const [unreachable, refused, noFile] = await Promise.all([
      run(['status', ...nobody]),
      run(['broadcast', '--cluster', standIn.url, ...target, good]),
      run(['broadcast', ...nobody, ...target, text, join(directory, 'none.mp3')]),
    ]);
    expect([unreachable.code, refused.code, noFile.code]).toEqual([4, 5, 6]);
    expect(refused.stderr).toBe('scattercast: the cluster says: not announced\n');
    expect(lines(noFile.stderr)).toHaveLength(2);
    standIn.answers.delete('POST /attach');
  });

  test('reads the configuration file that --config or the variable names', async () => {
    const config = file('config.json', JSON.stringify({ cluster: standIn.url }));
    standIn.answers.set('GET /status', { status: 200, body: statusOf([]) });
    const [flag, variable] = await Promise.all([
      run(['status', '--config', config]),
      run(['status'], { SCATTERCAST_CONFIG: config }),
    ]);
    expect(flag).toMatchObject({ code: 0, stderr: '' });
    expect(flag.stdout).toMatch(/^no sessions/);
    expect(variable).toEqual(flag);
    const bad = file('bad.json', '{"clustr": "x", "prot": 1}');
    const refused = await run(['status', '--config', bad]);
    expect(refused.code).toBe(2);
    expect(lines(refused.stderr)).toHaveLength(2);
    expect(await run(['status', '--config', '/none.json'])).toMatchObject({ code: 6 });
  });

  test('writes an announcement for any web server, and publishes nothing', async () => {
    const location = ['--rendezvous', 'http://a.example:8000/rendezvous/radio.example/night'];
    const path = join(directory, 'night.xml');
    const before = standIn.requests.length;
    const about = ['--title', 'Night & Day', '--genre', 'jazz'];
    const announce = ['announce', ...NAME, ...about, ...location, '--output'];
    const toFile = await run([...announce, path]);
    const toPipe = await run([...announce, '-']);
    const secretIn = (text: string, what = 'source password') =>
      new RegExp(`^${what}: (\\S+) `, 'm').exec(text)?.[1] ?? '';
    expect(toFile).toMatchObject({ code: 0, stdout: '' });
    for (const [xml, printed] of [
      [readFileSync(path, 'utf8'), toFile.stderr],
      [toPipe.stdout, toPipe.stderr],
    ] as const) {
      const { publicKey: key } = sessionKeyOf(secretIn(printed, 'admin token'));
      const station = await sourceKeyOf(secretIn(printed), key);
      expect(announcementIn(xml)).toMatchObject({
        ...{ title: 'Night & Day', genre: 'jazz', rendezvous: [location[1]], key },
        sources: [{ name: 'station', key: station.publicKey, priorityMax: 255 }],
        adminKey: hashSecret(secretIn(printed, 'admin password')),
      });
    }
    const written = announcementIn(readFileSync(path, 'utf8'));
    const other = await run([...announce, path]);
    expect(other).toMatchObject({ code: 5, stderr: expect.stringContaining('with another key') });
    const env = { SCATTERCAST_TOKEN: secretIn(toFile.stderr, 'admin token') };
    expect(await run([...announce, path], env)).toEqual({ code: 0, stdout: '', stderr: '' });
    const again = announcementIn(readFileSync(path, 'utf8'));
    expect(again.issuedMs).toBeGreaterThan(written.issuedMs);
    expect(again.sources).toEqual(written.sources);
    expect(secretIn((await run([...announce, path, '--new-password'], env)).stderr)).not.toBe('');
    expect(announcementIn(readFileSync(path, 'utf8')).sources).not.toEqual(written.sources);
    expect(standIn.requests.length).toBe(before);
    expect((await run(['announce', ...NAME, '--output', '-'])).code).toBe(2);
  });

  test('announces all channels of a session as UDP', async () => {
    const location = ['--rendezvous', 'http://a.example:8000/rendezvous/radio.example/night'];
    const { stdout } = await run(['announce', ...NAME, ...location, '--udp', '--output', '-']);
    const channels = [{ unicast: 'udp' }, { unicast: 'udp' }];
    expect(parseAnnouncement(stdout)).toMatchObject({ value: { channels } });
  });

  test('--channel names further channels, at the rate that they may have', async () => {
    const location = ['--rendezvous', '127.0.0.1:9'];
    const announced = ['announce', ...NAME, ...location, '--output', '-', '--channel'];
    const { stdout } = await run([...announced, '7:slides:64', '--channel', '8']);
    const { channels } = announcementIn(stdout);
    expect(channels.slice(2)).toEqual([
      { id: 7, description: 'slides', unicast: 'tcp', rateKbps: 64 },
      { id: 8, unicast: 'tcp' },
    ]);
    for (const wrong of ['1:sound', 'slides', '7:slides:fast']) {
      const { code, stderr } = await run([...announced, wrong]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('must be like 7:slides:64')]);
    }
  });

  test('publishes an announcement with the cluster as its rendezvous, and prints its URL alone', async () => {
    const url = `${standIn.url}/announcements/radio.example/night.xml`;
    const line = 'PUT /announcements/radio.example/night.xml';
    const about = { session: nameInId(SESSION), key: SESSION_KEY.publicKey };
    const body = JSON.stringify({ url, ...about, listen: `${standIn.url}/listen` });
    standIn.answers.set(line, { status: 201, body });
    const { code, stdout } = await run(['announce', '--cluster', standIn.url, ...NAME]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${url}\n` });
    const sent = standIn.requests.find((request) => request.line === line);
    expect(parseAnnouncement(sent?.body ?? '')).toMatchObject({
      value: { rendezvous: [`${standIn.url}/rendezvous/radio.example/night`] },
    });
  });

  test('broadcasts a file to its end, with plain lines on a pipe', async () => {
    const song = file('a_song.mp3', joinBytes((await makeToneFrames()).slice(0, 12)));
    const target = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
    const { code, stdout, stderr } = await run(['broadcast', ...target, song], OPEN);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines(stdout)).toEqual([
      expect.stringMatching(/^on the air at SCX 127\.0\.0\.1:\d+$/),
      'now playing: a song',
      'leaving',
    ]);
  });

  test('broadcasts a file whose name is not UTF-8', async () => {
    const name = Buffer.concat([
      Buffer.from(`${directory}/caf`),
      Buffer.of(0xe9, 0x2e, 0x6d, 0x70, 0x33),
    ]);
    writeFileSync(name, joinBytes((await makeToneFrames()).slice(0, 12)));
    const target = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
    // Node cannot give such an argument, but a shell can.
    const words = [process.execPath, ...COMMAND, 'broadcast', ...target];
    const script = 'cd "$1"; shift; exec "$@" "$DIR"/caf*.mp3';
    const child = spawn('sh', ['-c', script, '-', ROOT, ...words], {
      env: { ...environment(), ...OPEN, DIR: directory },
    });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(lines(stdout)).toContain('now playing: café');
  });

  test('ends a broadcast in order at Ctrl-C', async () => {
    const song = file('loop.mp3', joinBytes((await makeToneFrames()).slice(0, 12)));
    const target = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
    const child = spawn(process.execPath, [...COMMAND, 'broadcast', '--loop', ...target, song], {
      cwd: ROOT,
      env: { ...environment(), ...OPEN },
      stdio: 'ignore',
    });
    const count = standIn.visits.length;
    await standIn.until(() => (standIn.visits[count]?.adus.length ?? 0) > 3);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await standIn.until(() => standIn.visits[count]?.ended === true);
    expect(standIn.visits[count]?.messages.at(-1)).toBe('amLeaving');
  });

  test('runs on when the disk is full and no log line can be written', async () => {
    const full = openSync('/dev/full', 'w');
    const where = ['--port', '0', '--listen', '127.0.0.1', '--data', join(directory, 'full')];
    const args = [
      ...COMMAND,
      'cluster',
      ...where,
      '--host',
      '127.0.0.1',
      '--scx-ports',
      '9998-9999',
    ];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: environment(),
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    const ended = once(child, 'exit');
    const first = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    expect(`${first[0]}`).toContain('the cluster is ready');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('ends quietly when the reader of its output has gone', async () => {
    const sessions = Array.from({ length: 3000 }, () => ({
      ...{
        session: nameInId(SESSION),
        key: SESSION_KEY.publicKey,
        path: 'radio.example/night',
        title: null,
        listenUrl: 'http://x',
      },
      ...{ announcementUrl: null, kept: true, onAir: false, listeners: 0, sources: 0, scxs: [] },
    }));
    standIn.answers.set('GET /status', { status: 200, body: statusOf(sessions) });
    const args = [...COMMAND, 'status', '--json', '--cluster', standIn.url];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: environment() });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    const [code] = await once(child, 'exit');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
