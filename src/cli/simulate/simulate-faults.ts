/**
 * `scattercast simulate --faults`: runs of a session under faults, one after the other. Each run is
 * printed when it ends; --json prints all of them at the end.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { FaultReport } from '../../simulator/faults/fault-report.js';
import { endOf, type FaultOptions, runFaults, watchMs } from '../../simulator/faults/fault-run.js';
import type { FaultScenario } from '../../simulator/faults/scenario.js';
import type { Settings } from '../options/option.js';
import type { simulateOptions } from '../options/simulate-options.js';
import { recordingTo } from '../recording/simulated-recorder.js';
import { tracingTo } from '../recording/trace-file.js';
import { print, printJson } from '../shell/output.js';
import { createProgress } from '../views/progress-line.js';
import { faultSummaryText, faultText } from './faults-view.js';
import { progressLine } from './simulate-view.js';
import type { TopologySource } from './topology-file.js';

/** When the faults begin, ms: until then the mesh settles. Guess. */
const SETTLE_MS = 60_000;

/** The duration of churn, loss and flapping without --until, ms. */
const LASTING_MS = 60_000;

export interface FaultRuns {
  readonly settings: Settings<typeof simulateOptions>;
  readonly config: GossamerConfig;
  readonly topology: TopologySource;
  readonly scenario: FaultScenario;
}

/** Plays all runs and prints them. A broken invariant is our bug, which the exit code reports. */
export async function simulateFaults(runs: FaultRuns): Promise<void> {
  const { settings } = runs;
  const reports: FaultReport[] = [];
  for (let index = 0; index < settings.runs; index++) {
    const report = play(index, runs);
    reports.push(report);
    if (!settings.json) await print(`${faultText(report)}\n`);
  }
  if (settings.json) await printJson({ settings, reports });
  else if (reports.length > 1) await print(faultSummaryText(reports));
  if (reports.some(({ broken }) => broken !== null)) process.exitCode = EXIT.internal;
}

function lastingMs({ settings: { until }, config }: FaultRuns): number {
  if (until === undefined) return LASTING_MS;
  const least = (SETTLE_MS + watchMs(config)) / 1000;
  if (until > least) return (until - least) * 1000;
  throw new UserError(
    EXIT.usage,
    `--until ${until} is too short: with --faults it must be more than ${least}`,
  );
}

function play(index: number, runs: FaultRuns): FaultReport {
  const { settings, config, scenario } = runs;
  const { scxs, sources } = settings;
  const seed = settings.seed + index;
  const topology = runs.topology(seed, scxs);
  const options: FaultOptions = {
    ...{ topology, seed, scxs, sources, config, scenario },
    settleMs: SETTLE_MS,
    lastingMs: lastingMs(runs),
  };
  const progress = createProgress();
  const endMs = endOf(options);
  const onProgress = (nowMs: number): void =>
    progress.show(progressLine(settings.runs, index * endMs + nowMs, settings.runs * endMs));
  try {
    return recordingTo(index === 0 ? settings.record : undefined, (looks) =>
      tracingTo(index === 0 ? settings.trace : undefined, (observers) =>
        runFaults({ ...options, onProgress, looks, observers }),
      ),
    );
  } finally {
    progress.end();
  }
}
