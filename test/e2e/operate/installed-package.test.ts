/**
 * The package as a user gets it: a checkout is packed, installed globally into a directory with
 * spaces in its path, and run from there. Nothing of the checkout is then in reach, so a file that
 * the tarball lacks, or a dependency that only development has, shows here.
 *
 * The package carries its lock file (npm-shrinkwrap.json). So npm needs no answer of the registry:
 * it installs the same versions that `npm ci` has put into its cache.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, ROOT, type Running, start, until } from '../support/processes.js';

/** What an installation may weigh, MB; the libraries with their types are 0.8 of it. */
const INSTALLED_MB_MAX = 36;

const directory = mkdtempSync(join(tmpdir(), 'scattercast package-'));
const prefix = join(directory, 'a user', 'of npm');
const installed = join(prefix, 'lib', 'node_modules', 'scattercast');
const running: Running[] = [];

afterAll(async () => {
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ exited }) => exited));
  rmSync(directory, { recursive: true, force: true });
});

/**
 * The environment of a user's shell: without what the npm that runs the tests has set for itself.
 */
const environment = (): NodeJS.ProcessEnv => {
  const kept = /^npm_config_(cache|registry|userconfig)$/;
  const own = ([name]: [string, unknown]): boolean => !/^npm_/i.test(name) || kept.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(own));
};

/** Runs npm to its end; returns its stdout. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline'], {
    ...{ cwd, env: environment() },
    stdio: 'pipe',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The installed command. */
function scattercast(...args: string[]): Running {
  const env = { ...environment(), SCATTERCAST_CONFIG: '', TMPDIR: directory };
  const started = start(join(prefix, 'bin', 'scattercast'), args, env);
  running.push(started);
  return started;
}

/** All files below a directory, as paths relative to it. */
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));

/**
 * A copy of the checkout, to be packed: packing builds, and other tests run from this checkout's
 * build at the same time.
 */
function copyCheckout(): string {
  const copy = join(directory, 'checkout');
  const left = new Set(['.git', 'node_modules', 'dist'].map((name) => join(ROOT, name)));
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !left.has(source) });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  // As an earlier build leaves it behind when a source file moves.
  mkdirSync(join(copy, 'dist'));
  writeFileSync(join(copy, 'dist', 'moved-away.js'), '');
  return copy;
}

let packed: string[] = [];
beforeAll(async () => {
  const copy = copyCheckout();
  const [report] = JSON.parse(await npm(copy, 'pack', '--json', '--pack-destination', directory));
  packed = report.files.map((file: { path: string }) => file.path);
  mkdirSync(prefix, { recursive: true });
  await npm(directory, 'install', '--global', '--prefix', prefix, join(directory, report.filename));
  rmSync(copy, { recursive: true });
}, 300_000);

test('The tarball holds the build, the pages, the texts and what deploys it, no more', () => {
  const entries = [
    ...['dist/cli/main.js', 'dist/cli/simulate/job-worker.js'],
    ...['dist/client/encode/encode-thread.js', 'dist/cluster/cluster.js'],
    ...['dist/cluster/history/store-thread.js', 'dist/cluster/history/node-sqlite3-wasm.wasm'],
    ...['dist/web/overlay.js', 'dist/web/dashboard.js', 'dist/web/dashboard.css'],
    ...['dist/library/gossamer.js', 'dist/library/simulator.js'],
    'dist/transcode/transcode-thread.js',
    'dist/bundled-licences.txt',
  ];
  const chunks = packed.filter((path) => /^dist\/chunks\/[\w-]+-[A-Z0-9]{8}\.js$/.test(path));
  const shared = packed.filter((path) => /^dist\/library\/shared-[A-Z0-9]{8}\.js$/.test(path));
  const types = packed.filter((path) => /^dist\/types\/[\w/-]+\.d\.ts$/.test(path));
  const built = [...entries, ...chunks, ...shared, ...types];
  expect(chunks.length).toBeGreaterThan(10);
  expect(types).toContain('dist/types/library/simulator.d.ts');
  /** Pages that are built are there as `dist/web`. */
  const isSource = (path: string): boolean =>
    /^(common|dashboard|overlay)\//.test(path) || path === 'tsconfig.json';
  const pages = filesBelow(join(ROOT, 'web'))
    .filter((path) => !isSource(path))
    .map((path) => `web/${path}`);
  const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'npm-shrinkwrap.json', 'package.json'];
  const deployment = ['acme', 'container', 'monitoring', 'systemd'].flatMap((folder) =>
    filesBelow(join(ROOT, 'scripts/packaging', folder)).map(
      (path) => `scripts/packaging/${folder}/${path}`,
    ),
  );
  const all = [...built, ...pages, ...texts, '.dockerignore', ...deployment];
  expect(packed.toSorted()).toEqual(all.toSorted());
});

test(`An installation weighs at most ${INSTALLED_MB_MAX} MB`, () => {
  const blocks = filesBelow(installed).map((path) => statSync(join(installed, path)).blocks);
  const bytes = blocks.reduce((sum, count) => sum + count * 512, 0);
  expect(bytes / 2 ** 20).toBeLessThan(INSTALLED_MB_MAX);
});

test('The installed command knows its version and its commands', async () => {
  const [version, help] = [scattercast('--version'), scattercast('--help')];
  expect(await version.exited).toEqual({ code: 0, signal: null });
  expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await help.exited).toEqual({ code: 0, signal: null });
  for (const command of ['cluster', 'announce', 'broadcast', 'demo', 'figures']) {
    expect(help.stdout()).toContain(`  ${command} `);
  }
});

/** Runs a program beside the installed package to its end; returns its output. */
async function runBeside(command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd: join(prefix, 'lib'), stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(output);
  return output;
}

/** The block of docs/library.md with that head, e.g. `js gossamer`. */
function documented(head: string): string {
  const text = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
  const [, block] = text.match(new RegExp(`\`\`\`${head}\n([^]*?)\`\`\``)) ?? [];
  if (block === undefined) throw new Error(`docs/library.md has no block "${head}"`);
  return block;
}

/** Writes the documented program beside the installed package and runs it. */
function runDocumented(name: string): Promise<string> {
  const file = join(prefix, 'lib', `${name}.mjs`);
  writeFileSync(file, documented(`js ${name}`));
  return runBeside(process.execPath, file);
}

test('The examples of docs/library.md do what it says with the installed libraries', async () => {
  const outputs = await Promise.all(['gossamer', 'simulator'].map(runDocumented));
  expect(outputs[0]).toBe(documented('text gossamer'));
  expect(outputs[1]).toMatch(/^(FAST|PAPER): ratio \d\.\d\d, \d+ bytes\/s per SCX$/m);
});

test('The libraries have types, which need no others', async () => {
  const file = join(prefix, 'lib', 'typed.ts');
  writeFileSync(
    file,
    `import { createGossamer, type Effect, FAST, type Input, type Machine } from 'scattercast/gossamer';
    import { createWorld, type World } from 'scattercast/simulator';
    export const create: (...a: Parameters<typeof createGossamer>) => Machine<Input, Effect> = createGossamer;
    export const world: World = createWorld({ seed: 1, config: FAST, delayMs: () => 5 });
    // @ts-expect-error: a world needs a seed
    createWorld({ config: FAST, delayMs: () => 5 });`,
  );
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023', '--types', ''];
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  expect(await runBeside(tsc, ...flags, '--module', 'nodenext', file)).toBe('');
});

test('The installed demo plays its clip, and has its page', async () => {
  const demo = scattercast('demo', '--port', '0');
  const [, url = ''] = await demo.line(/mpg123 (http:\/\/localhost:\d+\/listen\/\S+\.mp3)/);
  const listener = listen(url);
  await listener.firstByteMs;
  await until('a second of audio', () => listener.bytes().length > 16_000);
  listener.stop();
  const alignment = align(listener.bytes(), framesOfFile(CLIP));
  expect(alignment).toMatchObject({ breakAt: undefined });
  expect(alignment.frames).toBeGreaterThan(alignment.leadIn + 10);
  expect(await (await fetch(new URL('/', url))).text()).toContain('<html');
  demo.child.kill('SIGINT');
  expect(await demo.exited).toEqual({ code: 0, signal: null });
});

test('The installed figures are drawn without the measured round trips of a checkout', async () => {
  const out = join(directory, 'my figures');
  const figures = scattercast('figures', '--quick', '--draws', '1', '--scxs', '4', '--out', out);
  expect(await figures.exited).toEqual({ code: 0, signal: null });
  expect(figures.stdout()).toBe(`${join(out, 'index.html')}\n`);
  expect(figures.stderr()).toContain('(--rtts FILE): planetlab490 is left out');
  expect(readdirSync(out)).toContain('figure-06.svg');
});
