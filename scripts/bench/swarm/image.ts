/**
 * The image of a test bed: the build in `dist`, this machine's Node and the libraries that it loads,
 * as the Dockerfile puts them together. It is imported, so no registry and no builder is needed.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import type { Bed, Machine } from './bed.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const PROGRAM = 'usr/lib/scattercast';
/** The user of the Dockerfile's image. */
const USER = 10001;

const INSTRUCTIONS = [
  'ENV PATH=/usr/bin',
  'ENV HOME=/var/lib/scattercast',
  'ENV SCATTERCAST_DATA_DIR=/var/lib/scattercast',
  `USER ${USER}:${USER}`,
  'ENTRYPOINT ["/usr/bin/scattercast"]',
  'CMD ["cluster"]',
  'HEALTHCHECK --interval=2s --timeout=5s --start-period=20s CMD ["/usr/bin/scattercast","doctor","--running"]',
];

function placeFiles(tree: string): void {
  const place = (path: string, at = path): void => {
    mkdirSync(join(tree, dirname(at)), { recursive: true });
    cpSync(realpathSync(path), join(tree, at));
  };
  place(process.execPath, '/usr/bin/node');
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [library] of libraries.matchAll(/\/[^ )]+/g)) place(library);
  for (const part of ['dist', 'web', 'package.json']) {
    cpSync(join(ROOT, part), join(tree, PROGRAM, part), { recursive: true });
  }
  const start = `#!/usr/bin/node\nimport("/${PROGRAM}/dist/cli/main.js");\n`;
  writeFileSync(join(tree, 'usr/bin/scattercast'), start, { mode: 0o755 });
  mkdirSync(join(tree, 'tmp'));
  chmodSync(join(tree, 'tmp'), 0o1777);
  mkdirSync(join(tree, 'var/lib/scattercast'), { recursive: true });
  chownSync(join(tree, 'var/lib/scattercast'), USER, USER);
}

/** Imports the image into every engine of the bed, by this name. */
export function importImage({ directory, machines }: Bed, name: string): void {
  if (!existsSync(join(ROOT, 'dist/cli/main.js'))) {
    throw new UserError(EXIT.file, 'there is no build in dist: run npm run build first');
  }
  const tree = join(directory, 'image');
  const tar = join(directory, 'image.tar');
  placeFiles(tree);
  execFileSync('tar', ['-C', tree, '-cf', tar, '.']);
  const changes = INSTRUCTIONS.flatMap((line) => ['--change', line]);
  for (const machine of machines) machine.docker('import', ...changes, tar, name);
}

/** The same image under another name, with a program that ends at once. */
export function importBroken({ directory, machines }: Bed, name: string): void {
  const tar = join(directory, 'image.tar');
  const changes = [...INSTRUCTIONS.filter((line) => !/^(ENTRYPOINT|CMD)/.test(line)), BROKEN];
  for (const machine of machines) {
    machine.docker('import', ...changes.flatMap((line) => ['--change', line]), tar, name);
  }
}

/**
 * The same image under the same names, for one machine, whose programs believe that it is so much later, ms.
 * Time is read by `Date` only, also for header fields.
 */
export function skewClock(
  { directory }: Bed,
  machine: Machine,
  names: readonly string[],
  aheadMs: number,
): void {
  const folder = join(directory, 'skewed');
  const preload = `${PROGRAM}/dist/skew.mjs`;
  mkdirSync(join(folder, dirname(preload)), { recursive: true });
  writeFileSync(join(folder, preload), SKEW.replace('AHEAD', `${aheadMs}`));
  const tar = join(directory, 'skewed.tar');
  cpSync(join(directory, 'image.tar'), tar);
  execFileSync('tar', ['-C', folder, '-rf', tar, `./${preload}`]);
  const all = [...INSTRUCTIONS, `ENV NODE_OPTIONS=--import=/${preload}`];
  const changes = all.flatMap((line) => ['--change', line]);
  for (const name of names) machine.docker('import', ...changes, tar, name);
}

const SKEW = `
const Real = Date;
const now = () => Real.now() + AHEAD;
globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
};
`;

const BROKEN = 'ENTRYPOINT ["/usr/bin/node","-e","process.exit(1)"]';
