/** The report of a failed scenario, with all that is needed to replay it. */
import type { Scenario } from './scenario.js';

/** The seed, all that was drawn from it, and the command that plays it alone. */
export const explain = (scenario: Scenario, error: unknown): Error =>
  new Error(
    [
      `seed ${scenario.seed}: ${error instanceof Error ? error.message : String(error)}`,
      `scenario: ${JSON.stringify(scenario)}`,
      `replay: npm run sim-soak -- --from ${scenario.seed} --seeds 1`,
    ].join('\n'),
    { cause: error },
  );
