/**
 * `npm run package -- deb [--out DIR] [--compression xz]` makes what a machine is installed from,
 * of the build in `dist` and the Node that runs it. `npm run package -- drill deb` installs it
 * on a machine made for that, `drill container` builds and runs the image, and `drill npm` installs
 * and runs the npm package.
 */
import { parseArgs } from 'node:util';
import { UserError } from '../../src/lib/user-error.js';
import { buildDebianPackage, isCompression } from './debian-package.js';
import { drillContainers } from './drill/container-drill.js';
import { drillInstallation } from './drill/installation-drill.js';
import { drillNpm } from './drill/npm-drill.js';

const USAGE =
  'npm run package -- deb [--out DIR] [--compression xz|gzip|none], or -- drill deb|container|npm';

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

async function build(args: string[]): Promise<void> {
  const options = { out: { type: 'string' }, compression: { type: 'string' } } as const;
  const { out = '.', compression = 'xz' } = parseArgs({ args, options }).values;
  if (!isCompression(compression)) fail(USAGE);
  console.log(await buildDebianPackage({ out, compression }));
}

async function drill([of]: readonly string[]): Promise<void> {
  if (of === 'container') return drillContainers();
  if (of === 'npm') return drillNpm();
  if (of !== 'deb') fail(USAGE);
  const { log, held } = await drillInstallation();
  console.log(log.trimEnd());
  process.exitCode = held ? 0 : 1;
}

const [what, ...args] = process.argv.slice(2);
try {
  if (what === 'deb') await build(args);
  else if (what === 'drill') await drill(args);
  else fail(USAGE);
} catch (error) {
  const isUsers =
    error instanceof UserError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  if (isUsers) fail((error as Error).message);
  throw error;
}
