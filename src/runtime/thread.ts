/** Threads of ours: their files, also in development, where a thread needs a loader of its own. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

const loadSource = (file: URL): string => `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(file.href)});
});`;

/** Starts the thread whose file stands beside the module `from`; `name` is without extension. */
export function startThread(name: string, from: string, options: WorkerOptions = {}): Worker {
  const isSource = from.endsWith('.ts');
  const file = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, from);
  return isSource
    ? new Worker(loadSource(file), { ...options, eval: true })
    : new Worker(file, options);
}
