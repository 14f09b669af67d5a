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
import { readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

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
];

/** CommonJS packages in a bundle call `require`, which ES modules do not have. */
const REQUIRE = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

const { metafile } = await build({
  entryPoints: ENTRIES.map((path) => join(ROOT, 'src', path)),
  absWorkingDir: ROOT,
  outbase: join(ROOT, 'src'),
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

/** The scripts of pages that are written in TypeScript; the others are sent as they are. */
const pages = await build({
  entryPoints: { overlay: join(ROOT, 'web/overlay/main.ts') },
  absWorkingDir: ROOT,
  outdir: join(DIST, 'web'),
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  metafile: true,
});

// What an earlier build has left. Not before the build, as processes may run from `dist` meanwhile.
const outputs = [metafile, pages.metafile].flatMap(({ outputs: all }) => Object.keys(all));
const written = new Set(outputs.map((path) => relative('dist', path)));
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !written.has(relative(DIST, path))) rmSync(path);
}
