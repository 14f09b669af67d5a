/** Signals to real processes, with and without a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { afterTest } from '../../after-test.js';
import { type StandIn, startStandIn } from '../../client/stand-in.js';
import { PASSWORD } from '../../session/signed.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const CLIP = join(ROOT, 'web/demo/clip.mp3');

let standIn: StandIn;
let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'signal-test-'));
  standIn = await startStandIn();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await standIn.close();
});

const broadcastArguments = (): readonly string[] => {
  const session = ['--cluster', standIn.url, '--announcement', 'http://radio.example/x.xml'];
  const target = [...session, '--password', PASSWORD];
  return [MAIN, 'broadcast', '--loop', ...target, CLIP];
};

/** The number of frames that the last broadcaster has sent. */
const framesOf = (): number => standIn.visits.at(-1)?.adus.length ?? 0;

const onAir = (visits: number): Promise<void> =>
  standIn.until(() => standIn.visits.length > visits && framesOf() > 3);

async function endOf(child: ChildProcess): Promise<readonly unknown[]> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  return ended;
}

describe('SIGHUP', () => {
  test.each([['node'], ['nohup']])(
    'does not end a broadcast without a terminal (%s)',
    async (starter) => {
      const visits = standIn.visits.length;
      const words = [process.execPath, ...broadcastArguments()];
      const [file = '', ...rest] = starter === 'nohup' ? ['nohup', ...words] : words;
      const child = spawn(file, rest, { stdio: 'ignore', cwd: directory });
      await onAir(visits);
      child.kill('SIGHUP');
      const frames = framesOf();
      await standIn.until(() => framesOf() > frames + 40);
      expect(await endOf(child)).toEqual([0, null]);
    },
  );

  test('ends a broadcast in order when its terminal is closed', async () => {
    const visits = standIn.visits.length;
    const line = [process.execPath, ...broadcastArguments()].map((word) => `'${word}'`).join(' ');
    // `script` is the terminal.
    const terminal = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], { stdio: 'pipe' });
    const visit = standIn.visits.length;
    await onAir(visits);
    terminal.kill('SIGKILL');
    await standIn.until(() => standIn.visits[visit]?.ended === true);
    expect(standIn.visits[visit]?.messages.at(-1)).toBe('amLeaving');
  });

  test.each([
    ['nohup', 'exec nohup'],
    ['a script that ignores it', "trap '' HUP;"],
  ])('does not end a broadcast of %s when its terminal is closed', async (_what, starter) => {
    const visits = standIn.visits.length;
    const pidFile = join(directory, `pid-${visits}`);
    const words = [process.execPath, ...broadcastArguments()].map((word) => `'${word}'`);
    const lines = `${starter} ${words.join(' ')} & echo $! > ${pidFile}; wait`;
    const script = ['-qec', starter.startsWith('trap') ? lines : `(${lines})`, '/dev/null'];
    const terminal = spawn('script', script, { stdio: 'pipe', cwd: directory });
    await onAir(visits);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    afterTest(() => void process.kill(pid, 'SIGKILL'));
    const visit = standIn.visits.length - 1;
    process.kill(pid, 'SIGHUP'); // as the end of the shell does
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    const frames = framesOf();
    await standIn.until(() => framesOf() > frames + 40);
    expect(standIn.visits[visit]?.ended).toBe(false);
  });

  test('does not end a cluster without a terminal, which says so', async () => {
    const where = ['--port', '0', '--listen', '127.0.0.1', '--host', '127.0.0.1'];
    const data = ['--data', join(directory, 'data'), '--scx-ports', 'any'];
    const child = spawn(process.execPath, [MAIN, 'cluster', ...where, ...data]);
    const said = createInterface(child.stderr)[Symbol.asyncIterator]();
    await once(child.stdout, 'data');
    child.kill('SIGHUP');
    let line = '';
    while (!line.includes('SIGHUP')) line = `${(await said.next()).value ?? 'SIGHUP: none'}`;
    expect(line).toContain('the cluster goes on');
    expect(await endOf(child)).toEqual([0, null]);
  });
});
