/**
 * `scattercast simulate`: sessions of the production machines in a simulated network (§5). It
 * measures how good their trees are or, with `--faults`, what listeners would notice of faults.
 */
import { FAST, type GossamerConfig, PAPER, validateConfig } from '../../gossamer/core/config.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { ExperimentReport } from '../../simulator/experiment/experiment.js';
import type { TransitStubOptions } from '../../simulator/topology/transit-stub.js';
import { type SimulateSettings, simulateOptions } from '../options/simulate-options.js';
import type { Command } from '../shell/command.js';
import { print, printJson } from '../shell/output.js';
import { createProgress } from '../views/progress-line.js';
import type { Job, TopologySpec } from './job.js';
import { playJobs } from './job-pool.js';
import { simulateFaults } from './simulate-faults.js';
import { simulateProtocols } from './simulate-protocols.js';
import { progressLine, runText, summaryText } from './simulate-view.js';
import { openTopology } from './topology-file.js';

/** The simulated time of a run without --until, s: the paper's runs settle within it. */
const UNTIL_S = 600;

export const command: Command<typeof simulateOptions> = {
  story:
    'Runs a session of many SCXs in a simulated network, with the code that runs in production, ' +
    'and measures what section 5 of the paper measures: cost ratio, discovery, stabilisation, link ' +
    'stress, control traffic. For comparison it shows the best tree that a search with full ' +
    'knowledge finds. With --faults the sources publish like an MP3 of 128 kbit/s, the faults begin ' +
    'after 60 s, and recovery, pauses and missed frames are measured. With --protocol other ' +
    'protocols of the literature play the same sessions. The same seed gives the same run.',
  operands: [],
  options: simulateOptions,
  examples: [
    'scattercast simulate',
    'scattercast simulate --profile paper --runs 5 --until 1200',
    'scattercast simulate --faults crash:30% --runs 5',
    'scattercast simulate --until 120 --record run.jsonl',
    'scattercast simulate --protocol all --runs 3',
    'scattercast simulate --topology rtt:planetlab490.txt.gz --sources 5 --json',
    'scattercast simulate --scxs 10000 --until 300 --join-within 60 --adus 1',
  ],
  run,
};

async function run(settings: SimulateSettings): Promise<void> {
  const { scxs, sources, runs, json, faults } = settings;
  const config = configOf(settings);
  if (sources > scxs)
    throw new UserError(
      EXIT.usage,
      `--sources ${sources} is too many: it must not be more than --scxs, ${scxs}`,
    );
  const topology = { spec: settings.topology, transitStub: transitStubOf(settings) };
  if (settings.protocol !== undefined) {
    const open = openTopology(topology.spec, topology.transitStub);
    return simulateProtocols({ settings, config, topology: open, protocols: settings.protocol });
  }
  if (faults !== undefined) {
    const open = openTopology(topology.spec, topology.transitStub);
    return simulateFaults({ settings, config, topology: open, scenario: faults });
  }
  const jobs = Array.from({ length: runs }, (_, index) => jobOf(settings, topology, config, index));
  const reports = await play(jobs, (report) => {
    if (!json) void print(`${runText(report)}\n`);
  });
  if (json) await printJson({ settings, reports });
  else if (reports.length > 1) await print(summaryText(reports));
}

function jobOf(
  settings: SimulateSettings,
  topology: TopologySpec,
  config: GossamerConfig,
  index: number,
): Job {
  const { scxs, sources, until = UNTIL_S, joinWithin, adus } = settings;
  return {
    ...{ topology, seed: settings.seed + index, scxs, sources, config },
    record: index === 0 ? settings.record : undefined,
    trace: index === 0 ? settings.trace : undefined,
    ...{ untilMs: until * 1000, joinWithinMs: joinWithin * 1000, adusPerSecond: adus },
  };
}

/** The settings of the generator only: they are copied to other threads with each job. */
function transitStubOf(settings: SimulateSettings): TransitStubOptions {
  const { transitDomains, transitNodes, stubs, stubNodes } = settings;
  const { domainDensity, transitDensity, stubDensity } = settings;
  return {
    ...{ transitDomains, transitNodes, stubs, stubNodes },
    ...{ domainDensity, transitDensity, stubDensity },
  };
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

async function play(
  jobs: readonly Job[],
  onReport: (report: ExperimentReport) => void,
): Promise<ExperimentReport[]> {
  const progress = createProgress();
  const nowMs = jobs.map(() => 0);
  const untilMs = jobs.reduce((sum, job) => sum + job.untilMs, 0);
  try {
    return await playJobs(jobs, {
      onProgress: (job, instant) => {
        nowMs[job] = instant;
        const sum = nowMs.reduce((total, each) => total + each, 0);
        progress.show(progressLine(jobs.length, sum, untilMs));
      },
      onReport: (report) => {
        progress.end();
        onReport(report);
      },
    });
  } finally {
    progress.end();
  }
}
