/**
 * The npm drill: packs this checkout, and from the tarball installs with `npm install -g` and runs with
 * `npx`, each for a user who has nothing yet: an empty home, an empty cache, a cluster on free ports, a
 * broadcast, and mpg123. Prints the time from the first command to sound. It needs mpg123, the registry
 * that npm is configured for, and a minute; nothing stays.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { checkBuild, ROOT } from '../program-files.js';
import { checkPrograms } from './needs.js';

const SESSION = 'radio.example/night';
const CLIP = join(ROOT, 'web/demo/clip.mp3');
/** An installation that takes longer has failed, ms. */
const SOUND_MS_MAX = 180_000;
const LOOK_MS = 100;
/** What a user would not be given: the settings of the npm that runs this. */
const KEPT = /^npm_config_(registry|userconfig)$/i;

/** A user's shell in a home of its own. */
interface Shell {
  readonly home: string;
  /** Runs a command to its end; returns what it prints. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): string;
  /** Starts one that is ended with the shell. */
  start(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  close(): Promise<void>;
}

function openShell(home: string): Shell {
  mkdirSync(home, { recursive: true });
  const own = Object.entries(process.env).filter(
    ([name]) => KEPT.test(name) || !/^(npm_|SCATTERCAST_)/i.test(name),
  );
  const user = { ...Object.fromEntries(own), HOME: home, npm_config_cache: join(home, 'cache') };
  const running: ChildProcess[] = [];
  return {
    home,
    run: (program, args, env) =>
      execFileSync(program, args, { cwd: home, env: { ...user, ...env }, encoding: 'utf8' }),
    start: (program, args, env) => {
      const stdio = ['ignore', 'pipe', 'pipe'] as const;
      // A group of its own: npx is a shell around the program.
      const options = { cwd: home, env: { ...user, ...env }, stdio: [...stdio], detached: true };
      const child = spawn(program, args, options);
      running.push(child);
      return child;
    },
    close: async () => {
      for (const child of running.toReversed()) {
        if (child.exitCode !== null || child.pid === undefined) continue;
        const ended = once(child, 'exit');
        process.kill(-child.pid, 'SIGTERM');
        await ended;
      }
    },
  };
}

/** The address of the cluster that this process has started. */
async function readyAt(cluster: ChildProcess): Promise<string> {
  let said = '';
  for (const stream of [cluster.stdout, cluster.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  const until = performance.now() + SOUND_MS_MAX;
  while (performance.now() < until && cluster.exitCode === null) {
    const url = /the cluster is ready at (\S+)/.exec(said)?.[1];
    if (url !== undefined) return url;
    await pause(LOOK_MS);
  }
  throw new UserError(EXIT.refused, `the cluster did not start: ${said}`);
}

const sounds = (url: string): boolean => {
  const { status, stderr } = spawnSync('mpg123', ['-q', '-t', '-n', '100', url]);
  return status === 0 && stderr.length === 0;
};

/** Starts a cluster with `command`, announces, broadcasts, and waits for sound. */
async function play(shell: Shell, command: readonly string[]): Promise<void> {
  const [program = '', ...prefix] = command;
  const data = ['--data', join(shell.home, 'data')];
  const places = ['--port', '0', '--host', '127.0.0.1', '--listen', '127.0.0.1'];
  const flags = [...places, '--scx-ports', 'any', ...data];
  const url = await readyAt(shell.start(program, [...prefix, 'cluster', ...flags]));
  const name = ['--name', `scattercast://${SESSION}`, '--json'];
  const printed = shell.run(program, [...prefix, 'announce', '--cluster', url, ...data, ...name]);
  const { password } = JSON.parse(printed) as { password: string };
  const target = ['--cluster', url, '--announcement', SESSION, '--loop', CLIP];
  const secret = { SCATTERCAST_PASSWORD: password };
  shell.start(program, [...prefix, 'broadcast', ...target], secret).stdout?.resume();
  const until = performance.now() + SOUND_MS_MAX;
  while (!sounds(`${url}/listen/${SESSION}.mp3`)) {
    if (performance.now() > until)
      throw new UserError(EXIT.unreachable, 'waited in vain for sound');
    await pause(LOOK_MS);
  }
}

/** One way, from nothing to sound. */
async function timed(
  what: string,
  home: string,
  way: (shell: Shell) => Promise<void>,
): Promise<void> {
  const shell = openShell(home);
  const since = performance.now();
  try {
    await way(shell);
    const seconds = ((performance.now() - since) / 1000).toFixed(1).padStart(6);
    console.log(`${seconds} s  ${what}: FROM THE FIRST COMMAND TO SOUND`);
  } finally {
    await shell.close();
  }
}

/** Runs the drill; prints a line for each way. Throws at the first that makes no sound. */
export async function drillNpm(): Promise<void> {
  checkPrograms('npm', 'npx', 'mpg123');
  checkBuild();
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-drill-'));
  try {
    const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const packed = execFileSync('npm', flags, { cwd: ROOT, encoding: 'utf8' });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    const tarball = join(folder, filename);
    await timed('npm install -g', join(folder, 'installs'), async (shell) => {
      const prefix = join(shell.home, 'prefix');
      shell.run('npm', ['install', '--global', '--no-audit', '--prefix', prefix, tarball]);
      await play(shell, [join(prefix, 'bin/scattercast')]);
    });
    await timed('npx', join(folder, 'runs'), (shell) =>
      play(shell, ['npx', '--yes', '--package', tarball, 'scattercast']),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
