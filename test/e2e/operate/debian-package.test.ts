/**
 * The Debian package, built and unpacked: what it holds, and that it plays sound from there. That
 * a machine with systemd installs, upgrades and purges it is shown by `npm run package -- drill deb`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import { has, mpg123Errors } from '../support/players.js';
import { CLIP, ROOT, type Running, start, until } from '../support/processes.js';

const directory = mkdtempSync(join(tmpdir(), 'scattercast debian '));
const [tree, control] = [join(directory, 'a tree'), join(directory, 'control')];
const running: Running[] = [];
let contents: readonly (readonly string[])[] = [];

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' });

const controlFile = (name: string): string => readFileSync(join(control, name), 'utf8');

/** The installed command. */
function scattercast(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const own = { ...process.env, SCATTERCAST_CONFIG: '', HOME: directory, ...env };
  const started = start(join(tree, 'usr/bin/scattercast'), args, own);
  running.push(started);
  return started;
}

beforeAll(() => {
  const build = ['tsx', 'scripts/packaging/main.ts', 'deb', '--compression', 'none'];
  const path = run('npx', ...build, '--out', directory).trim();
  run('dpkg-deb', '--extract', path, tree);
  run('dpkg-deb', '--control', path, control);
  contents = run('dpkg-deb', '--contents', path)
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/));
});

afterAll(async () => {
  for (const { child } of running.toReversed()) child.kill('SIGTERM');
  await Promise.all(running.map(({ exited }) => exited));
  rmSync(directory, { recursive: true, force: true });
});

test('The files belong to root, only root can write them, and they lie where they may', () => {
  const odd = contents.filter(
    ([mode = '', owner, , , , path = '']) =>
      owner !== 'root/root' ||
      !/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/.test(mode) ||
      !/^\.\/(etc|usr|lib\/systemd\/system|lib)?(\/|$)/.test(path),
  );
  expect(odd).toEqual([]);
  const runs = contents.filter(([mode]) => mode === '-rwxr-xr-x').map((columns) => columns[5]);
  const hook = './usr/lib/scattercast/bin/acme-hook';
  expect(runs).toEqual(['./usr/bin/scattercast', hook, './usr/lib/scattercast/bin/node']);
});

test('The control files are complete, and the sums are those of the files', () => {
  expect(readdirSync(control).toSorted()).toEqual([
    'conffiles',
    'control',
    'md5sums',
    'postinst',
    'postrm',
    'prerm',
  ]);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(controlFile('control')).toContain(`\nVersion: ${version}\n`);
  expect(controlFile('control')).toMatch(/^Depends: adduser, libc6 \(>= 2\.\d+\), libstdc\+\+6/m);
  for (const path of controlFile('conffiles').trim().split('\n')) {
    expect(path).toMatch(/^\/etc\//);
    expect(statSync(join(tree, path)).isFile()).toBe(true);
  }
  const sums = controlFile('md5sums')
    .trim()
    .split('\n')
    .map((line) => line.split('  '));
  const files = contents.filter(([mode = '']) => mode.startsWith('-'));
  expect(sums.length).toBe(files.length);
  for (const [sum, path = ''] of sums) {
    const bytes = readFileSync(join(tree, path));
    expect([path, createHash('md5').update(bytes).digest('hex')]).toEqual([path, sum]);
  }
});

test('The scripts of the package are valid for the shell that runs them', () => {
  for (const name of ['postinst', 'prerm', 'postrm']) {
    expect(statSync(join(control, name)).mode & 0o777).toBe(0o755);
    run('sh', '-n', join(control, name));
  }
  run('bash', '-n', 'scripts/packaging/drill/guest.sh');
});

test('The manual page and the list of changes are where Debian has them', () => {
  const read = (path: string): string => gunzipSync(readFileSync(join(tree, path))).toString();
  expect(read('usr/share/man/man1/scattercast.1.gz')).toContain('\n.SS cluster ');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(read('usr/share/doc/scattercast/changelog.gz')).toContain(`scattercast (${version}) `);
});

test('The licences of Node and of every package in the build are there', () => {
  const text = readFileSync(join(tree, 'usr/share/doc/scattercast/third-party-licences'), 'utf8');
  expect(text).toContain(`Node.js ${process.version}`);
  for (const name of ['express', 'zod', 'mpg123-decoder', 'node-sqlite3-wasm', 'preact']) {
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  }
});

test.skipIf(!has('systemd-analyze'))('The service is confined', () => {
  const unit = join(tree, 'lib/systemd/system/scattercast.service');
  // Exposure from 0 to 100; without the settings it is 96.
  run('systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', unit);
});

test.skipIf(!has('mpg123'))('The unpacked package plays sound', async () => {
  const dataDir = join(directory, 'data');
  const listen = ['--host', '127.0.0.1', '--listen', '127.0.0.1', '--scx-ports', 'any'];
  const cluster = scattercast(['cluster', '--port', '0', '--data', dataDir, ...listen]);
  const [, url = ''] = await cluster.line(/ready at (\S+)/);
  const name = 'scattercast://radio.example/night';
  const announced = scattercast(['announce', '--cluster', url, '--data', dataDir, '--name', name]);
  const [, password = ''] = await announced.line(/^source password: (\S+) /m);
  const target = ['--cluster', url, '--announcement', 'radio.example/night'];
  scattercast(['broadcast', ...target, '--loop', CLIP], { SCATTERCAST_PASSWORD: password });
  await until('the session to be on the air', async () => {
    const { sessions } = (await (await fetch(`${url}/status`)).json()) as ClusterStatus;
    return sessions.some(({ onAir }) => onAir);
  });
  expect(await mpg123Errors(`${url}/listen/radio.example/night.mp3`, 40)).toBe('');
  // It runs with its own Node.
  const program = run('readlink', `/proc/${cluster.pid}/exe`).trim();
  expect(program).toBe(join(tree, 'usr/lib/scattercast/bin/node'));
});
