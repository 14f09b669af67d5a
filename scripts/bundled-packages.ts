/**
 * Packages that are in the build, and need not be installed beside it: the scripts of pages have them inside, or
 * they are so large that an installation should hold them once. So they are development
 * dependencies; their licences lie in the build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PACKAGES = resolve(import.meta.dirname, '../node_modules');

export const BUNDLED: readonly string[] = ['node-sqlite3-wasm', 'preact', 'uplot'];

const LICENCE = /^(licen[cs]e|notice)/i;

/** The licences and notices of an installed package. */
export function licenceTexts(name: string): readonly string[] {
  const folder = join(PACKAGES, name);
  const files = readdirSync(folder).filter((file) => LICENCE.test(file));
  return files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
}

/** Those of the bundled packages, in one text. */
export const bundledLicences = (): string =>
  BUNDLED.map((name) => [name, ...licenceTexts(name)].join('\n\n')).join('\n\n\n');
