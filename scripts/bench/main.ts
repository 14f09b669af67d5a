/**
 * `npm run bench -- NAME [--json] [--runs N]`: measures, prints a table, and with --json the numbers.
 * Benchmarks never pass or fail: they tell. The machine is shared and noisy, so quote medians and the
 * ratio to what was measured in the same run.
 */
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.js';

const BENCHMARKS: Readonly<Record<string, () => Promise<{ run: Benchmark }>>> = {
  'tune-in': () => import('./tune-in.js'),
};

function fail(message: string): never {
  console.error(`${message}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const [name = ''] = positionals;
const load = BENCHMARKS[name] ?? fail(`no benchmark is called "${name}"`);
const runs = values.runs === undefined ? undefined : Number(values.runs);
if (runs !== undefined && !(runs >= 1)) fail('--runs takes a positive number');
const rows = await (await load()).run({ runs });
if (values.json) console.log(JSON.stringify({ benchmark: name, rows }, null, 2));
else console.table(rows);
