/** Threads, started from the build or, in tests and benchmarks, from the sources with tsx. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { isSource, packageFile } from './package-files.js';

/** A thread needs a loader of its own for TypeScript. */
const loadSource = (file: URL): string => `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(file.href)});
});`;

/**
 * Starts a thread. `name` is the path of its module below `src`, without extension;
 * scripts/build.ts must list it as an entry.
 */
export const startThread = (name: string, options: WorkerOptions = {}): Worker =>
  isSource
    ? new Worker(loadSource(packageFile(`src/${name}.ts`)), { ...options, eval: true })
    : new Worker(packageFile(`dist/${name}.js`), options);
