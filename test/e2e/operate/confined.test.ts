/**
 * The processes that read what strangers send may use no files but their own: tried with the very
 * flags with which a real cluster has started them. That they still do all their work is shown by
 * all other tests of clusters, in which they are confined as well.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CLIP, ROOT, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
afterAll(() => stage.close());

const SESSION = 'scattercast://radio.example/night';

const argumentsOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1);

/** The flags of node that a process was started with. */
function flagsOf(pid: number): readonly string[] {
  const words = argumentsOf(pid);
  return words.slice(0, words.indexOf(join(ROOT, 'dist/cli/main.js')));
}

/** The processes that play fallbacks for a cluster's SCXs. */
function fallbacksOf(scxPid: number): readonly number[] {
  const children = readFileSync(`/proc/${scxPid}/task/${scxPid}/children`, 'utf8');
  return children
    .trim()
    .split(' ')
    .map(Number)
    .filter((pid) => argumentsOf(pid).includes('fallback'));
}

/** Whether a process with these flags can do that to a file; 'yes', or the code of the error. */
async function tried(flags: readonly string[], verb: string, path: string): Promise<string> {
  const script = `try { require('node:fs').${verb}(${JSON.stringify(path)}, ''); console.log('yes'); }
    catch (error) { console.log(error.code); }`;
  const { exited, stdout } = start(process.execPath, [...flags, '-e', script]);
  await exited;
  return stdout().trim();
}

async function onlyScxOf(cluster: Cluster) {
  return until('an SCX', async () => (await cluster.scxs())[0]);
}

test('An SCX reads no secret of its cluster and nothing of the machine, and writes only its log', async () => {
  const cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, SESSION, '--fallback', CLIP);
  const scx = await onlyScxOf(cluster);
  const flags = flagsOf(scx.pid);
  const inData = (path: string): string => join(cluster.dataDir, path);
  for (const path of ['secret', 'admin-token', 'front-end.lock', `run/${scx.id}.json`]) {
    expect([path, await tried(flags, 'readFileSync', inData(path))]).toEqual([
      path,
      'ERR_ACCESS_DENIED',
    ]);
  }
  for (const path of [
    '/etc/passwd',
    `/proc/${process.pid}/environ`,
    '/proc/self/root/etc/passwd',
  ]) {
    expect([path, await tried(flags, 'readFileSync', path)]).toEqual([path, 'ERR_ACCESS_DENIED']);
  }
  const page = join(ROOT, 'dist/cli/main.js');
  expect(await tried(flags, 'appendFileSync', page)).toBe('ERR_ACCESS_DENIED');
  expect(await tried(flags, 'appendFileSync', inData('access.log'))).toBe('yes');

  // It measures itself as any other process.
  const metrics = await (await fetch(new URL('/metrics', scx.httpUrl))).text();
  for (const name of ['resident_memory_bytes', 'open_fds', 'max_fds']) {
    const [, value] = new RegExp(`^process_${name}\\{.*\\} (\\S+)$`, 'm').exec(metrics) ?? [];
    expect([name, Number(value) > 10]).toEqual([name, true]);
  }

  // So is its fallback, which parses a file that a stranger may have uploaded.
  const [fallback = 0] = await until('the fallback', () => {
    const found = fallbacksOf(scx.pid);
    return found.length > 0 && found;
  });
  const itsFlags = flagsOf(fallback);
  expect(await tried(itsFlags, 'readFileSync', inData('secret'))).toBe('ERR_ACCESS_DENIED');
  expect(await tried(itsFlags, 'appendFileSync', inData('access.log'))).toBe('ERR_ACCESS_DENIED');
  await until('the fallback to be on the air', async () =>
    (await cluster.status()).sessions.some(({ onAir }) => onAir),
  );
  await stage.withdraw(cluster, announcement);
});

test('The successor of an SCX is confined as well', async () => {
  const cluster = await stage.cluster();
  await stage.announce(cluster, SESSION);
  const before = await onlyScxOf(cluster);
  const drained = stage.run([...cluster.arguments, '--drain']);
  expect(await drained.exited).toEqual({ code: 0, signal: null });
  const after = await until('the successor', async () =>
    (await cluster.scxs()).find(({ pid }) => pid !== before.pid),
  );
  expect(await tried(flagsOf(after.pid), 'readFileSync', join(cluster.dataDir, 'secret'))).toBe(
    'ERR_ACCESS_DENIED',
  );
});

test('An operator can give SCXs all files', async () => {
  const cluster = await stage.cluster({ extra: ['--unconfined'] });
  await stage.announce(cluster, SESSION);
  const { pid } = await onlyScxOf(cluster);
  expect(
    flagsOf(pid).filter((flag) => flag.includes('permission') || flag.includes('allow')),
  ).toEqual([]);
});
