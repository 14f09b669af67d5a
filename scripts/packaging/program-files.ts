/**
 * The program as packages install it: the build, which has all npm packages in it, its pages, a
 * Node that runs it, and the licences of all that. Nothing else is needed on the machine.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { BUNDLED, licenceTexts } from '../bundled-packages.js';

export const ROOT = resolve(import.meta.dirname, '../..');

/** A file of the checkout as text. */
export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PARTS = ['dist', 'web', 'package.json'];

/** Throws a UserError if there is no build. */
export function checkBuild(): void {
  if (existsSync(join(ROOT, 'dist/cli/main.js'))) return;
  throw new UserError(EXIT.file, 'there is no build in dist: run npm run build first');
}

/** Puts program and Node below `folder`. Throws a UserError if there is no build. */
export function placeProgram(folder: string): void {
  checkBuild();
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  cpSync(process.execPath, join(folder, 'bin/node'));
}

/** What a lock file says about one installed package; the root has the path ''. */
interface Locked {
  readonly dev?: boolean;
  readonly license?: string;
  readonly version?: string;
}

/** The licences of the npm packages in the build, each under its path. */
function npmLicences(): readonly string[] {
  const { packages } = JSON.parse(textOf('npm-shrinkwrap.json')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const isBuilt = (path: string, { dev }: Locked): boolean =>
    path !== '' && (dev !== true || BUNDLED.some((name) => path === `node_modules/${name}`));
  const built = Object.entries(packages).filter(([path, locked]) => isBuilt(path, locked));
  return built.flatMap(([path, { license = 'unknown', version = '' }]) => {
    if (!existsSync(join(ROOT, path))) return [];
    const name = path.slice('node_modules/'.length);
    return [`${name} ${version} (${license})`, ...licenceTexts(name)];
  });
}

/** Node's own licence: in its archive it lies beside `bin`, in packages among the documents. */
function nodeLicence(): string {
  const prefix = resolve(dirname(process.execPath), '..');
  const places = ['LICENSE', 'share/doc/nodejs/LICENSE', 'share/doc/nodejs/copyright'];
  const found = places.map((place) => join(prefix, place)).find(existsSync);
  const where = `https://github.com/nodejs/node/blob/${process.version}/LICENSE`;
  return `Node.js ${process.version}: ${found === undefined ? where : readFileSync(found, 'utf8')}`;
}

const RULE = `\n\n${'-'.repeat(72)}\n\n`;

/** The licences of Node and of the npm packages, in one text. */
export const licences = (): string => [nodeLicence().trim(), ...npmLicences()].join(RULE);

/** README, CHANGELOG and the documents, put into `folder`. */
export function placeDocuments(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  for (const path of ['README.md', 'CHANGELOG.md', ...docs.map((name) => join('docs', name))]) {
    writeFileSync(join(folder, basename(path)), textOf(path));
  }
}
