/**
 * `scattercast simulate`: sessions of the production machines in a simulated network (§5), and how
 * good the trees are that they build.
 */
import { createLogUpdate } from 'log-update';
import { FAST, type GossamerConfig, PAPER, validateConfig } from '../gossamer/config.js';
import { EXIT, UserError } from '../lib/user-error.js';
import { type ExperimentReport, runExperiment } from '../simulator/experiment.js';
import { sizeOf } from '../simulator/topology/topology.js';
import type { Command } from './command.js';
import type { Settings } from './option.js';
import { progressLine, runText, summaryText } from './simulate-view.js';
import { simulateOptions } from './tables.js';
import { openTopology, type TopologySource } from './topology-file.js';

type SimulateSettings = Settings<typeof simulateOptions>;

export const command: Command<typeof simulateOptions> = {
  story:
    'Plays a session of many SCXs in a simulated network, with the code that runs in production, ' +
    'and measures it as section 5 of the paper does: cost ratio, discovery, stabilisation, link ' +
    'stress, control traffic; beside it the best tree that a search with all knowledge finds. The ' +
    'same seed gives the same run.',
  operands: [],
  options: simulateOptions,
  examples: [
    'scattercast simulate',
    'scattercast simulate --profile paper --runs 5 --until 1200',
    'scattercast simulate --topology rtt:planetlab490.txt.gz --sources 5 --json',
    'scattercast simulate --scxs 10000 --until 300 --join-within 60 --adus 1',
  ],
  run,
};

async function run(settings: SimulateSettings): Promise<void> {
  const config = configOf(settings);
  if (settings.sources > settings.scxs) {
    throw new UserError(EXIT.usage, '--sources must not be more than --scxs');
  }
  const topology = openTopology(settings.topology, settings, settings.scxs);
  const reports: ExperimentReport[] = [];
  for (let index = 0; index < settings.runs; index++) {
    const report = play(index, settings, config, topology);
    reports.push(report);
    if (!settings.json) process.stdout.write(`${runText(report)}\n`);
  }
  if (settings.json) process.stdout.write(`${JSON.stringify({ settings, reports }, null, 2)}\n`);
  else if (reports.length > 1) process.stdout.write(summaryText(reports));
}

function configOf({ profile, degree }: SimulateSettings): GossamerConfig {
  const { added, accepted } = degree;
  const config = {
    ...(profile === 'paper' ? PAPER : FAST),
    addedEdgesMax: added,
    acceptedEdgesMax: accepted,
  };
  const checked = validateConfig(config);
  if (checked.ok) return config;
  throw new UserError(EXIT.usage, checked.problems.map((text) => `--degree: ${text}`).join('\n'));
}

function play(
  index: number,
  settings: SimulateSettings,
  config: GossamerConfig,
  topologyOf: TopologySource,
): ExperimentReport {
  const { scxs, sources, runs, until, joinWithin, adus } = settings;
  const seed = settings.seed + index;
  const topology = topologyOf(seed);
  const size = sizeOf(topology);
  if (size < scxs) {
    throw new UserError(EXIT.usage, `--scxs ${scxs}: the topology has ${size} nodes only`);
  }
  const untilMs = until * 1000;
  const joinWithinMs = joinWithin * 1000;
  const progress = createProgress();
  try {
    return runExperiment({
      ...{ topology, seed, scxs, sources, config, untilMs, joinWithinMs },
      adusPerSecond: adus,
      onProgress: (nowMs) => progress.show(progressLine(index + 1, runs, nowMs, untilMs)),
    });
  } finally {
    progress.end();
  }
}

/** On a terminal only; what is printed goes to standard output, so this does not. */
function createProgress(): { show(line: string): void; end(): void } {
  const output = process.stderr;
  if (!output.isTTY || !(output.columns > 0))
    return { show: () => undefined, end: () => undefined };
  // A hidden cursor would need a handler for Ctrl-C, which a run would keep waiting.
  const update = createLogUpdate(output, { showCursor: true });
  return { show: update, end: () => update.clear() };
}
