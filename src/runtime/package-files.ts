/**
 * Files of the package: its pages, its version, the file of a thread. They are found from the
 * package's root, not from the module that needs them: the build joins modules into a few files
 * (scripts/build.ts), so the place of a module is not that of its source. The root is the nearest
 * folder upwards that has a package.json, for a checkout and for an installed package alike.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Whether this process runs from the sources, as tests and benchmarks do. */
export const isSource: boolean = import.meta.url.endsWith('.ts');

const ROOT = rootAbove(new URL('.', import.meta.url));

function rootAbove(folder: URL): URL {
  const isRoot = existsSync(new URL('package.json', folder)) || folder.pathname === '/';
  return isRoot ? folder : rootAbove(new URL('..', folder));
}

/** The URL of a file of the package; `path` is relative to its root. */
export const packageFile = (path: string): URL => new URL(path, ROOT);

/** The version of the package that is running. Throws if the installation is damaged. */
export function packageVersion(): string {
  const about = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return (about as { readonly version: string }).version;
}
