/**
 * Builds `dist`: bundles the program and its packages into an entry for each kind of process and
 * thread, and chunks of modules that several of them share or load later; and the scripts of pages
 * that are written in TypeScript, from `web` to `dist/web`. `npm run check` has
 * checked the types.
 *
 * Processes start often, and somebody waits: a cluster starts an SCX for its first listener and
 * after each crash, and tests start hundreds of processes. Without bundles Node finds, reads and
 * links 300 modules, 95 of them zod's, for an SCX. Processor time from the start to the first line,
 * against 74 ms for an empty program (measured, minimum of 12 starts): an SCX 166 ms instead of
 * 309, `broadcast` 201 instead of 348, `cluster` 243 instead of 459.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundledLicences } from './bundled-packages.js';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/**
 * Files that are run: the command line, and threads (src/runtime/thread.ts). A test of a front
 * end's own process imports the cluster.
 */
const ENTRIES = [
  'cli/main.ts',
  'cli/simulate/job-worker.ts',
  'client/encode/encode-thread.ts',
  'cluster/cluster.ts',
  'cluster/history/store-thread.ts',
  'transcode/transcode-thread.ts',
];

const LIBRARIES = ['gossamer', 'simulator'];

/** SQLite (WebAssembly) looks for its binary beside the script that it is bundled into. */
const SQLITE = 'cluster/history/node-sqlite3-wasm';

/** CommonJS packages in a bundle use `require` and `__dirname`, which ES modules do not have. */
const REQUIRE = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __dirname = import.meta.dirname;`;

const { metafile } = await build({
  entryPoints: {
    ...Object.fromEntries(
      ENTRIES.map((path) => [path.replace(/\.ts$/, ''), join(ROOT, 'src', path)]),
    ),
    [SQLITE]: join(ROOT, 'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm'),
  },
  loader: { '.wasm': 'copy' },
  absWorkingDir: ROOT,
  outdir: DIST,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: REQUIRE },
  metafile: true,
});

/** Scripts of pages that are written in TypeScript, with their styles; the others are sent as they are. */
const pages = await build({
  entryPoints: [
    { in: join(ROOT, 'web/overlay/main.ts'), out: 'overlay' },
    { in: join(ROOT, 'web/dashboard/main.tsx'), out: 'dashboard' },
    { in: join(ROOT, 'web/dashboard/dashboard.css'), out: 'dashboard' },
  ],
  absWorkingDir: ROOT,
  outdir: join(DIST, 'web'),
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  metafile: true,
});

/** What others import: see `exports` of package.json. Names are kept, for traces of errors. */
const libraries = await build({
  entryPoints: LIBRARIES.map((name) => join(ROOT, 'src/library', `${name}.ts`)),
  absWorkingDir: ROOT,
  outdir: join(DIST, 'library'),
  chunkNames: 'shared-[hash]',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'neutral',
  mainFields: ['module', 'main'],
  format: 'esm',
  target: 'es2022',
  metafile: true,
});

/** The paths of a type file and of all that it imports, relative to `dist`, added to `found`. */
function addTypes(path: string, found: Set<string>): void {
  if (found.has(path)) return;
  found.add(path);
  const text = readFileSync(join(DIST, path), 'utf8');
  for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
    addTypes(join(dirname(path), `${name}.d.ts`), found);
  }
}

/** Writes the types of the libraries; returns the files that are needed, relative to `dist`. */
function writeTypes(): Set<string> {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'src/library'], { cwd: ROOT });
  const found = new Set<string>();
  for (const name of LIBRARIES) addTypes(`types/library/${name}.d.ts`, found);
  return found;
}

const LICENCES = 'bundled-licences.txt';
writeFileSync(join(DIST, LICENCES), `${bundledLicences()}\n`);

// What an earlier build has left. Not before the build, as processes may run from `dist` meanwhile.
const metafiles = [metafile, pages.metafile, libraries.metafile];
const outputs = metafiles.flatMap(({ outputs: all }) => Object.keys(all));
const written = new Set([
  ...[LICENCES, ...writeTypes()],
  ...outputs.map((path) => relative('dist', path)),
]);
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !written.has(relative(DIST, path))) rmSync(path);
}
