/** The flags that confine a process, and what a process that is started with them may do. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isConfined, OWN_FACTS, permissionFlags } from '../../../src/runtime/system/permissions.js';

const folder = mkdtempSync(join(tmpdir(), 'scattercast permissions '));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
writeFileSync(at('may read'), 'music');
writeFileSync(at('secret'), 'secret');

/** Runs a script with these flags; returns what it prints. */
function run(flags: readonly string[], script: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', script], {
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** The result of an expression, or the code of its error. */
const tried = (flags: readonly string[], expression: string): string =>
  run(
    flags,
    `const fs = require('node:fs'); const { spawnSync } = require('node:child_process');
    try { process.stdout.write(String(${expression})); } catch (error) { console.log(error.code); }`,
  ).trim();

const DENIED = 'ERR_ACCESS_DENIED';
const confined = permissionFlags(true, { read: [at('may read')], write: [at('log')] });

test('A process that is not to be confined gets no flags', () => {
  expect(permissionFlags(false, { read: ['/x'] })).toEqual([]);
  expect(isConfined()).toBe(false);
});

test('A name with commas is one name', () => {
  writeFileSync(at('a, b,c'), 'music');
  const flags = permissionFlags(true, { read: [at('a, b,c')] });
  const read = (name: string): string => `fs.readFileSync(${JSON.stringify(at(name))}, 'utf8')`;
  // Besides, Node remarks on standard error that commas no longer separate names.
  expect(tried(flags, read('a, b,c'))).toMatch(/^music/);
  expect(tried(flags, read('a'))).toContain(DENIED);
});

test('A confined process reads and writes what it was given, and says nothing of its own', () => {
  const read = `fs.readFileSync(${JSON.stringify(at('may read'))}, 'utf8')`;
  expect(tried(confined, read)).toBe('music');
  expect(tried(confined, `fs.appendFileSync(${JSON.stringify(at('log'))}, 'line')`)).toBe(
    'undefined',
  );
  expect(readFileSync(at('log'), 'utf8')).toBe('line');
});

test.each([
  ['a secret beside', `fs.readFileSync(${JSON.stringify(at('secret'))})`],
  ['the same by a way around', `fs.readFileSync(${JSON.stringify(`${folder}/x/../secret`)})`],
  ['users of the machine', `fs.readFileSync('/etc/passwd')`],
  ['the same through its own root', `fs.readFileSync('/proc/self/root/etc/passwd')`],
  ['its environment', `fs.readFileSync('/proc/self/environ')`],
  ['a folder', `fs.readdirSync(${JSON.stringify(folder)})`],
])('A confined process does not read %s', (_what, expression) => {
  expect(tried(confined, expression)).toBe(DENIED);
});

test('A confined process writes nothing else, and makes no link', () => {
  const [secret, link] = [at('secret'), at('link')].map((path) => JSON.stringify(path));
  expect(tried(confined, `fs.writeFileSync(${secret}, '')`)).toBe(DENIED);
  expect(tried(confined, `fs.writeFileSync(${JSON.stringify(at('may read'))}, '')`)).toBe(DENIED);
  expect(tried(confined, `fs.symlinkSync(${secret}, ${link})`)).toBe(DENIED);
  expect(readFileSync(at('secret'), 'utf8')).toBe('secret');
});

test('Only a process that may starts others', () => {
  const spawn = "spawnSync('true').status";
  expect(tried(confined, spawn)).toBe(DENIED);
  expect(tried(permissionFlags(true, { startsProcesses: true }), spawn)).toBe('0');
});

test('Only a process that may starts threads', () => {
  const start = "new (require('worker_threads').Worker)('', { eval: true }).threadId > 0";
  expect(tried(confined, start)).toBe(DENIED);
  expect(tried(permissionFlags(true, { startsThreads: true }), start)).toBe('true');
});

test('A confined process knows that it is, and what it asks of Linux about itself is answered', () => {
  expect(tried(confined, 'process.permission !== undefined')).toBe('true');
  for (const path of OWN_FACTS) {
    const look = path.endsWith('/fd') ? 'readdirSync' : 'readFileSync';
    expect(tried(confined, `fs.${look}('${path}').length > 0`)).toBe('true');
  }
});

test('Every file of /proc and /dev that an SCX may ask for is given to confined processes', () => {
  const source = resolve(import.meta.dirname, '../../../src');
  const rooms = ['scx', 'http', 'runtime', 'overlay', 'icecast', 'cli/processes'];
  const files = rooms.flatMap((room) =>
    readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('permissions.ts'))
      .map((name) => join(source, room, name)),
  );
  // prom-client measures the process.
  const metrics = resolve(source, '../node_modules/prom-client/lib/metrics');
  const modules = readdirSync(metrics).filter((name) => name.endsWith('.js'));
  files.push(...modules.map((name) => join(metrics, name)));
  const texts = files.map((file) => readFileSync(file, 'utf8').replace(/\$\{pid\}/g, 'self'));
  const named = texts.flatMap((text) =>
    [...text.matchAll(/['`"](\/(?:proc|dev)\/[^'`"]+)['`"]/g)].map(([, path]) => path),
  );
  expect(named).toContain('/proc/self/fd');
  for (const path of named) expect(OWN_FACTS).toContain(path);
});
