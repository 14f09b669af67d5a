/**
 * `scattercast figures`: reproduces the figures of the paper's section 5 from simulated sessions of
 * the machines that run in production, and adds figures that the paper does not have.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError } from '../../lib/user-error.js';
import { packageFile } from '../../runtime/package-files.js';
import { scopeOf } from '../../simulator/figures/sessions/scope.js';
import { type FiguresSettings, figuresOptions } from '../options/simulate-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson, remark } from '../shell/output.js';
import { describeTime } from '../simulate/expected-time.js';
import { makeFigures } from './make-figures.js';

export const command: Command<typeof figuresOptions> = {
  story:
    'Plays sessions in a simulated network, with the code that runs in production, and draws from ' +
    'them figures 6 to 15 of the paper and some more: a report that any browser opens, pictures ' +
    "(SVG) and data (CSV). Each picture shows the paper's own numbers, as far as its text gives " +
    'them. The same seed gives the same data.',
  operands: [],
  options: figuresOptions,
  examples: ['scattercast figures --quick', 'scattercast figures --out report --draws 10'],
  run,
};

async function run(settings: FiguresSettings): Promise<void> {
  if (settings.quick && settings.full) {
    throw new UserError(EXIT.usage, '--quick and --full: choose one');
  }
  const { out, seed, json } = settings;
  const matrix = settings.rtts ?? projectMatrix();
  if (matrix === undefined) {
    remark('no file of measured round trips (--rtts FILE): planetlab490 is left out');
  }
  const scope = scopeOf({ ...settings, hasMatrix: matrix !== undefined });
  const start = performance.now();
  const page = await makeFigures({ out, scope, seed, matrix });
  const seconds = (performance.now() - start) / 1000;
  await (json ? printJson({ page }) : print(`${page}\n`));
  remark(`done in ${describeTime(seconds)}`);
}

/** The matrix of round trips of a checkout of the project; an installed package has none. */
function projectMatrix(): string | undefined {
  const path = fileURLToPath(packageFile('test/fixtures/topologies/planetlab490.txt.gz'));
  return existsSync(path) ? path : undefined;
}
