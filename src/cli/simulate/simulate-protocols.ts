/**
 * `scattercast simulate --protocol`: the same drawn sessions played by several protocols, with the
 * same deaths in their last minute. A table compares the means over all runs; --json prints each.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import {
  type ComparisonOptions,
  type ComparisonReport,
  compare,
} from '../../simulator/rivals/comparison.js';
import type { ProtocolName } from '../../simulator/rivals/protocols.js';
import type { SimulateSettings } from '../options/simulate-options.js';
import { tracingTo } from '../recording/trace-file.js';
import { print, printJson } from '../shell/output.js';
import { createProgress } from '../views/progress-line.js';
import { protocolsText } from './protocols-view.js';
import { progressLine } from './simulate-view.js';
import type { TopologySource } from './topology-file.js';

/** The simulated time of a run without --until, s. Guess: all protocols have settled before. */
const UNTIL_S = 180;

/** Nodes die this long before the end, s. */
const WATCH_S = 60;

/** What sources publish per second without --adus. */
const ADUS = 10;

export interface ProtocolRuns {
  readonly settings: SimulateSettings;
  readonly config: GossamerConfig;
  readonly topology: TopologySource;
  readonly protocols: readonly ProtocolName[];
}

function faultOf({ faults }: SimulateSettings): ComparisonOptions['fault'] {
  if (faults === undefined) return { kind: 'crash', share: 0.1 };
  if (faults.kind === 'crash' || faults.kind === 'vanish') return faults;
  throw new UserError(
    EXIT.usage,
    `--faults ${faults.kind} cannot be compared: with --protocol it must be crash:N% or vanish:N%`,
  );
}

function timesOf({ until = UNTIL_S }: SimulateSettings) {
  if (until > WATCH_S) return { settleMs: 1000 * (until - WATCH_S), watchMs: 1000 * WATCH_S };
  throw new UserError(
    EXIT.usage,
    `--until ${until} is too short: with --protocol it must be more than ${WATCH_S}`,
  );
}

/** The runs in their order: all protocols of a draw, then those of the next one. */
function optionsOf({ settings, config, topology, protocols }: ProtocolRuns): ComparisonOptions[] {
  const { scxs, sources, runs, adus } = settings;
  if (settings.record !== undefined) {
    throw new UserError(EXIT.usage, '--record records a run of Gossamer: leave --protocol out');
  }
  const common = { scxs, sources, config, fault: faultOf(settings), ...timesOf(settings) };
  const seeds = Array.from({ length: runs }, (_, index) => settings.seed + index);
  return seeds.flatMap((seed) => {
    const drawn = topology(seed, scxs);
    const adusPerSecond = adus === 0 ? ADUS : adus;
    return protocols.map((protocol) => ({
      ...{ ...common, protocol, seed, topology: drawn, adusPerSecond },
    }));
  });
}

/** Plays all runs and prints them. */
export async function simulateProtocols(given: ProtocolRuns): Promise<void> {
  const runs = optionsOf(given);
  const progress = createProgress();
  const reports: ComparisonReport[] = [];
  try {
    for (const [index, options] of runs.entries()) {
      const lengthMs = options.settleMs + options.watchMs;
      const onProgress = (nowMs: number): void =>
        progress.show(progressLine(runs.length, index * lengthMs + nowMs, runs.length * lengthMs));
      const trace = index === 0 ? given.settings.trace : undefined;
      reports.push(tracingTo(trace, (observers) => compare({ ...options, onProgress, observers })));
    }
  } finally {
    progress.end();
  }
  if (given.settings.json) await printJson({ settings: given.settings, reports });
  else await print(protocolsText(reports));
}
