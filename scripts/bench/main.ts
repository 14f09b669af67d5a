/**
 * `npm run bench -- NAME [--json] [FLAGS]`: measures, prints a table, and with --json the numbers.
 * Each benchmark has flags of its own; `npm run bench -- NAME --help` lists them. Benchmarks never
 * pass or fail: they report. A shared machine is noisy, so quote medians, and ratios to what was
 * measured in the same run.
 */
import { UserError } from '../../src/lib/user-error.js';
import { failUsage, readFlags } from '../flags.js';
import type { Benchmark, Flags, Row } from './benchmark.js';

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  'tune-in': () => import('./tune-in.js'),
  listeners: () => import('./listeners.js'),
  abuse: () => import('./abuse.js'),
  udp: () => import('./udp.js'),
  drills: () => import('./drills.js'),
  'side-by-side': () => import('./side-by-side.js'),
  soak: () => import('./soak.js'),
  parsing: () => import('./parsing.js'),
  trust: () => import('./trust.js'),
  liars: () => import('./liars.js'),
  directory: () => import('./directory.js'),
  locating: () => import('./locating.js'),
  map: () => import('./map.js'),
  pages: () => import('./pages.js'),
  rewind: () => import('./rewind.js'),
  redirector: () => import('./redirector.js'),
  simulator: () => import('./simulator.js'),
  renditions: () => import('./renditions.js'),
  rivals: () => import('./rivals.js'),
  limit: () => import('./limit.js'),
  history: () => import('./history.js'),
  multicast: () => import('./multicast.js'),
  narrow: () => import('./narrow.js'),
  clicks: () => import('./clicks.js'),
  levels: () => import('./levels.js'),
  'shared-tree': () => import('./shared-tree.js'),
  'name-dropper': () => import('./name-dropper.js'),
};

/** A table with more fields than this is printed with its fields as rows. */
const WIDE = 8;

function print(rows: readonly Row[]): void {
  const fields = Object.keys(rows[0] ?? {});
  if (fields.length <= WIDE) return console.table(rows);
  const values = (field: string) => rows.map((row) => row[field] ?? '');
  console.table(Object.fromEntries(fields.map((field) => [field, values(field)])));
}

async function measure(name: string, benchmark: Benchmark, flags: Flags): Promise<void> {
  const rows = await benchmark.run(flags);
  if (flags.json === true) console.log(JSON.stringify({ benchmark: name, rows }, null, 2));
  else print(rows);
}

const [name = '', ...args] = process.argv.slice(2);
const load = BENCHMARKS[name];
if (load === undefined) {
  failUsage(`no benchmark is called "${name}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
}
const benchmark = await load();
const json = { standard: false, help: 'print the numbers as JSON' } as const;
const flags = readFlags(`npm run bench -- ${name}`, { ...benchmark.flags, json }, args);
await measure(name, benchmark, flags).catch((error: unknown) => {
  if (error instanceof UserError) failUsage(error.message);
  throw error;
});
