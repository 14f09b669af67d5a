/**
 * `npm run fuzz [-- --minutes 60] [--seed SEED] [--only NAME]`: gives every parser of outside bytes
 * drawn inputs, one round after the other, and prints the seed of each round. Ends with an error at
 * the first input that makes a parser throw, or that takes it far longer than its length explains; the
 * seed draws that input again. The gate runs one short round (test/attacks/parsers.test.ts).
 */
import fc from 'fast-check';
import { type HostileInput, hostileInput, readInput } from '../test/attacks/hostile-bytes.js';
import { type OutsideParser, PARSERS } from '../test/attacks/parsers.js';
import { failUsage, readFlags } from './flags.js';

const RUNS = 1000;
/**
 * An input that takes longer, three times in a row, is reported: inputs have at most 64 KiB, which
 * linear parsers read in a few ms.
 */
const SLOW_MS = 100;

const FLAGS = {
  minutes: { standard: '60', help: 'how long' },
  seed: { standard: '', help: 'the seed of the first round; otherwise it is drawn' },
  only: { standard: '', help: 'only parsers whose names contain this' },
};

const flags = readFlags('npm run fuzz --', FLAGS, process.argv.slice(2));
const minutes = Number(flags.minutes);
if (!(minutes > 0)) failUsage(`--minutes must be a positive number, got ${flags.minutes}`);
const firstSeed = flags.seed === '' ? Math.floor(Math.random() * 2 ** 31) : Number(flags.seed);
if (!Number.isInteger(firstSeed)) failUsage(`--seed must be a whole number, got ${flags.seed}`);
const parsers = PARSERS.filter(({ name }) => name.includes(String(flags.only)));
if (parsers.length === 0) {
  failUsage(
    `no parser's name contains "${flags.only}"; there are:\n  ${PARSERS.map(({ name }) => name).join('\n  ')}`,
  );
}

/** The processor time of this process, ms: on a busy machine it waits, which no parser can help. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The shortest time of three readings, ms; a collection of garbage makes single ones slow. */
function fastestMs(parser: OutsideParser, input: HostileInput): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && fastest > SLOW_MS; run++) {
    const begun = processorMs();
    readInput(parser, input);
    fastest = Math.min(fastest, processorMs() - begun);
  }
  return fastest;
}

function round(parser: OutsideParser, seed: number): void {
  const property = fc.property(hostileInput(parser), (input) => {
    const ms = fastestMs(parser, input);
    if (ms > SLOW_MS) throw new Error(`${input.bytes.length} bytes take ${Math.round(ms)} ms`);
  });
  fc.assert(property, { seed, numRuns: RUNS });
}

const until = performance.now() + minutes * 60_000;
let inputs = 0;
for (let seed = firstSeed; ; seed++) {
  console.log(`seed ${seed}: ${inputs} inputs so far`);
  for (const parser of parsers) {
    try {
      round(parser, seed);
    } catch (error) {
      const { message, cause } = error as Error;
      console.error(`${parser.name}: ${message}`, cause ?? '');
      console.error(`again: npm run fuzz -- --seed ${seed} --only '${parser.name}'`);
      process.exit(1);
    }
    inputs += RUNS;
  }
  if (performance.now() > until) break;
}
console.log(`${inputs} inputs, no failure`);
