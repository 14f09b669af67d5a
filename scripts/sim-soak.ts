/**
 * `npm run sim-soak -- --seeds N --from SEED`: plays the drawn sessions of test/sim, checkers on,
 * for as many seeds as patience allows. Odd seeds play the fast profile, even ones the paper's. The
 * first that fails ends it, with the command that plays it again.
 */
import { parseArgs } from 'node:util';
import { explain } from '../test/sim/replay.js';
import { drawScenario, playScenario } from '../test/sim/scenario.js';

const SEEDS = 1000;

/** A line each so many seeds. */
const PROGRESS_SEEDS = 20;

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  console.error(`sim-soak: --${name} must be a whole number from 1, got ${text}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: `${SEEDS}` },
    from: { type: 'string', default: '1' },
  },
});
const seeds = wholeNumber('seeds', values.seeds);
const from = wholeNumber('from', values.from);
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
