/**
 * `npm run sim-soak -- --seeds N --from SEED`: plays the drawn sessions of test/sim, checkers on,
 * for as many seeds as patience allows. Odd seeds play the fast profile, even ones the paper's. The
 * first that fails ends it, with the command that plays it again.
 */
import { explain } from '../test/sim/replay.js';
import { drawScenario, playScenario } from '../test/sim/scenario.js';
import { type Flags, failUsage, readFlags } from './flags.js';

/** A line each so many seeds. */
const PROGRESS_SEEDS = 20;

const FLAGS = {
  seeds: { standard: '1000', help: 'sessions to play' },
  from: { standard: '1', help: 'the first seed' },
};

function wholeNumber(flags: Flags, name: string): number {
  const value = Number(flags[name]);
  if (Number.isInteger(value) && value >= 1) return value;
  return failUsage(`--${name} must be a whole number from 1, got ${flags[name]}`);
}

const flags = readFlags('npm run sim-soak --', FLAGS, process.argv.slice(2));
const seeds = wholeNumber(flags, 'seeds');
const from = wholeNumber(flags, 'from');
const totals = { delivered: 0, missed: 0 };

for (let count = 1; count <= seeds; count++) {
  const scenario = drawScenario(from + count - 1);
  try {
    const { delivered, missed } = playScenario(scenario);
    totals.delivered += delivered;
    totals.missed += missed;
  } catch (error) {
    console.error(explain(scenario, error).message);
    process.exit(1);
  }
  if (count % PROGRESS_SEEDS !== 0 && count !== seeds) continue;
  const { delivered, missed } = totals;
  console.log(`${count} of ${seeds} seeds held; ${delivered} ADUs delivered, ${missed} given up`);
}
