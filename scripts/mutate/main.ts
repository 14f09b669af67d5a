/**
 * `npm run mutate [-- FLAGS]`: which rules of the protocol no test holds. Every constant of
 * src/gossamer is changed and every guard is dropped, one at a time, and the tests run until one
 * fails. A mutant that no test notices survives, and is printed: a missing test, or dead code.
 *
 * The tests run in stages, the likeliest and fastest first: the test beside the file, all tests of
 * the protocol, then the paper's claims and whole simulated sessions. Nothing on disk is changed.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createRng } from '../../src/lib/rng.js';
import { type Mutant, mutantsOf } from './mutants.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** A mutant that makes a test run for ever is noticed, too, ms. */
const STAGE_MS_MAX = 300_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'src/gossamer' },
    sample: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: `${availableParallelism()}` },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `npm run mutate [-- FLAGS]
  --only PATH    files below this path (src/gossamer)
  --sample N     N mutants drawn at random; 0: all (0)
  --seed N       of that draw (1)
  --jobs N       mutants at a time (all cores)
  --quick        without the last stage, test/paper and test/sim
  --json         the survivors as JSON`;

function filesBelow(path: string): readonly string[] {
  if (path.endsWith('.ts')) return [path];
  return (readdirSync(join(ROOT, path), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(path, name))
    .sort();
}

function drawMutants(): readonly Mutant[] {
  const all = filesBelow(values.only).flatMap((file) =>
    mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')),
  );
  const wanted = Number(values.sample);
  return wanted === 0 ? all : createRng(Number(values.seed)).sample(all, wanted);
}

/** The tests that could notice a change of the file, in the order in which they are asked. */
function stagesOf(file: string): readonly (readonly string[])[] {
  const room = `test/${file.split('/')[1]}`;
  const beside = file.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
  const first = existsSync(join(ROOT, beside)) ? [[beside]] : [];
  return [...first, [room], ...(values.quick ? [] : [['test/paper', 'test/sim']])];
}

/** Whether all these tests pass with the mutant; undefined: without any. */
function passes(mutant: Mutant | undefined, tests: readonly string[]): Promise<boolean> {
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', config, '--bail=1', '--maxWorkers=1', ...tests];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: 'ignore',
    env: { ...process.env, SCATTERCAST_MUTANT: JSON.stringify(mutant ?? null) },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), STAGE_MS_MAX);
  return new Promise((fulfil) =>
    child.once('exit', (code) => {
      clearTimeout(timer);
      fulfil(code === 0);
    }),
  );
}

async function survives(mutant: Mutant): Promise<boolean> {
  for (const tests of stagesOf(mutant.file)) if (!(await passes(mutant, tests))) return false;
  return true;
}

const lineOf = ({ file, line, kind, excerpt }: Mutant): string =>
  `${file}:${line} ${kind}: ${excerpt}`;

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const mutants = drawMutants();
  for (const tests of stagesOf(mutants[0]?.file ?? values.only)) {
    if (!(await passes(undefined, tests))) throw new Error(`${tests} fails without a mutant`);
  }
  const survivors: Mutant[] = [];
  const waiting = mutants.values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const mutant of waiting) {
      if (await survives(mutant)) {
        survivors.push(mutant);
        console.error(`survives: ${lineOf(mutant)}`);
      }
      if (++done % 20 === 0) console.error(`${done} of ${mutants.length}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  if (values.json)
    return console.log(JSON.stringify({ mutants: mutants.length, survivors }, null, 2));
  for (const mutant of survivors) console.log(lineOf(mutant));
  console.log(`${mutants.length} mutants, ${survivors.length} survivors`);
}

await main();
