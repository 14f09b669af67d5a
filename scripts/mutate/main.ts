/**
 * `npm run mutate [-- FLAGS]`: which rules of the protocol no test holds. Every constant of
 * src/gossamer is changed and every guard is dropped, one at a time, and the tests run until one
 * fails. A mutant that no test notices survives, and is printed: a missing test, or dead code.
 *
 * The tests run in stages, the likeliest and fastest first: the test beside the file, all tests of
 * the protocol, then the paper's claims and whole simulated sessions. Nothing on disk is changed.
 */
import { fork } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createRng } from '../../src/lib/rng.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { type MutatedTests, openMutatedTests } from './mutated-tests.js';

const ROOT = resolve(import.meta.dirname, '../..');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: ['src/gossamer'] },
    sample: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: `${availableParallelism()}` },
    job: { type: 'string' },
    first: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Longer than all stages take without a mutant, on a busy machine. */
const MUTANT_MS_MAX = 2 * 60_000;

const HELP = `npm run mutate [-- FLAGS]
  --only PATH    files below this path (src/gossamer); may be repeated
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
  const all = values.only
    .flatMap(filesBelow)
    .flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')));
  const wanted = Number(values.sample);
  return wanted === 0 ? all : createRng(Number(values.seed)).sample(all, wanted);
}

/** The tests that could notice a change of the file, in the order in which they are asked. */
function stagesOf(file: string): readonly (readonly string[])[] {
  const room = `test/${file.split('/')[1]}/`;
  const beside = file.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
  const first = existsSync(join(ROOT, beside)) ? [[beside]] : [];
  return [...first, [room], ...(values.quick ? [] : [['test/paper/', 'test/sim/']])];
}

async function survives(tests: MutatedTests, mutant: Mutant): Promise<boolean> {
  for (const stage of stagesOf(mutant.file)) if (!(await tests.pass(mutant, stage))) return false;
  return true;
}

const lineOf = ({ file, line, kind, excerpt }: Mutant): string =>
  `${file}:${line} ${kind}: ${excerpt}`;

/** One job's share: every mutant from `first` whose index is `job` modulo `jobs`. */
async function runJob(job: number, jobs: number, first: number): Promise<void> {
  const tests = await openMutatedTests(ROOT);
  for (const [index, mutant] of drawMutants().entries()) {
    if (index < first || index % jobs !== job) continue;
    process.send?.({ index });
    process.send?.({ index, survives: await survives(tests, mutant) });
  }
  await tests.close();
}

/** What a job says when it begins a mutant, and when it has judged it. */
interface Told {
  readonly index: number;
  readonly survives?: boolean;
}

/** A process that judges one job's mutants from `first`; resolves with its end. */
function startJob(job: number, jobs: number, first: number, onTold: (told: Told) => void) {
  const share = ['--job', `${job}`, '--jobs', `${jobs}`, '--first', `${first}`];
  const child = fork(process.argv[1] as string, [...process.argv.slice(2), ...share], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  child.on('message', onTold);
  const ended = new Promise<number | null>((fulfil) => child.once('exit', fulfil));
  return { ended, kill: () => process.kill(-(child.pid as number), 'SIGKILL') };
}

/**
 * One job to its end. A mutant that loops for ever blocks the process that runs it: after
 * MUTANT_MS_MAX the process is killed, the mutant counts as noticed, and another process goes on
 * behind it.
 */
async function runJobToEnd(job: number, jobs: number, onJudged: (told: Told) => void) {
  for (let first = 0; ; ) {
    let timer: NodeJS.Timeout | undefined;
    let stuck: number | undefined;
    const started = startJob(job, jobs, first, (told) => {
      clearTimeout(timer);
      if (told.survives !== undefined) return onJudged(told);
      timer = setTimeout(() => {
        stuck = told.index;
        started.kill();
      }, MUTANT_MS_MAX);
    });
    const code = await started.ended;
    clearTimeout(timer);
    if (stuck === undefined && code !== 0) throw new Error(`job ${job} failed`);
    if (stuck === undefined) return;
    console.error(`does not end: ${stuck}`);
    onJudged({ index: stuck, survives: false });
    first = stuck + 1;
  }
}

/** Runs all jobs; resolves with the survivors. */
async function runJobs(mutants: readonly Mutant[], jobs: number): Promise<readonly Mutant[]> {
  const survivors: Mutant[] = [];
  let done = 0;
  const onJudged = (told: Told): void => {
    const mutant = mutants[told.index];
    if (told.survives === true && mutant !== undefined) {
      survivors.push(mutant);
      console.error(`survives: ${lineOf(mutant)}`);
    }
    if (++done % 20 === 0) console.error(`${done} of ${mutants.length}`);
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => runJobToEnd(job, jobs, onJudged)));
  return survivors;
}

/** Without a mutant all tests pass, or every mutant would seem to be noticed. */
async function checkTests(mutants: readonly Mutant[]): Promise<void> {
  const tests = await openMutatedTests(ROOT);
  const stages = stagesOf(mutants[0]?.file ?? 'src/gossamer');
  for (const stage of stages) {
    if (!(await tests.pass(undefined, stage))) throw new Error(`${stage} fails without a mutant`);
  }
  await tests.close();
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const jobs = Number(values.jobs);
  if (values.job !== undefined) {
    return runJob(Number(values.job), jobs, Number(values.first));
  }
  const mutants = drawMutants();
  await checkTests(mutants);
  const survivors = await runJobs(mutants, jobs);
  if (values.json) {
    return console.log(JSON.stringify({ mutants: mutants.length, survivors }, null, 2));
  }
  for (const mutant of survivors) console.log(lineOf(mutant));
  console.log(`${mutants.length} mutants, ${survivors.length} survivors`);
}

await main();
// Vitest sets the exit code when a test fails, which here is what should happen.
process.exit(0);
