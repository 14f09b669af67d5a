/**
 * Time to tune in: from the request at the front end to the first byte of audio.
 *
 * Warm: the cluster's SCX of the session is running. Cold: there is none; the spare becomes it, joins
 * the session over the overlay, gets the recent frames from its parent, and answers. Without spare: its
 * process is started first. The broadcast comes from another cluster. For comparison, in the same run: a
 * bare HTTP answer of the same front end, which shows what any request costs on this machine. What a
 * spare costs: the memory that the machine has back when it ends.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { listen } from '../../test/e2e/support/audio.js';
import { CLIP, until } from '../../test/e2e/support/processes.js';
import { type Cluster, createStage } from '../../test/e2e/support/stage.js';
import { type Benchmark, numberOf, type Row } from './benchmark.js';

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

function row(what: string, samplesMs: readonly number[]): Row {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    what,
    runs: sorted.length,
    'p50 ms': round(at(sorted, 0.5)),
    'p95 ms': round(at(sorted, 0.95)),
    'max ms': round(at(sorted, 1)),
  };
}

async function tuneIn(cluster: Cluster, path: string): Promise<number> {
  const listener = listen(`${cluster.url}${path}`);
  const ms = await listener.firstByteMs;
  listener.stop();
  return ms;
}

/** The spare is ready, and no SCX runs. */
const isAtRest = async (cluster: Cluster): Promise<boolean> => {
  const { scxs, spares = [] } = (await cluster.status()).cluster;
  return scxs === 0 && spares.every(({ ready }) => ready);
};

async function tuneInCold(cluster: Cluster, path: string): Promise<number> {
  await until('the cluster to be at rest', () => isAtRest(cluster));
  return tuneIn(cluster, path);
}

/** The memory of the spare that it shares with no other process, MB. */
async function spareMbOf(cluster: Cluster): Promise<number> {
  await until('the cluster to be at rest', () => isAtRest(cluster));
  const { spares = [] } = (await cluster.status()).cluster;
  const memory = readFileSync(`/proc/${spares[0]?.pid}/smaps_rollup`, 'utf8');
  const kiB = [...memory.matchAll(/^Private_\w+: +(\d+) kB$/gm)].map(([, size]) => Number(size));
  return (kiB.reduce((sum, size) => sum + size, 0) * 1024) / 1e6;
}

async function repeat(times: number, measure: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < times; run++) samples.push(await measure());
  return samples;
}

export const flags: Benchmark['flags'] = {
  runs: { standard: '30', help: 'measurements of each kind' },
};

export const run: Benchmark['run'] = async (given) => {
  const runs = numberOf(given, 'runs');
  const stage = createStage();
  try {
    const home = await stage.cluster();
    const warm = await stage.cluster({ extra: ['--linger', '600'] });
    // All that is launched here is for one address, and more often than one listener could ask.
    const often = ['--linger', '1', '--max-foreign-scxs-per-address', '48'];
    const cold = await stage.cluster({ extra: [...often, '--spare', '1'] });
    const without = await stage.cluster({ extra: often });
    const announcement = await stage.announce(home, 'scattercast://bench.example/tune-in');
    await stage.broadcast(home, announcement, '--loop', CLIP);
    const path = `/listen?announcement=${encodeURIComponent(announcement)}`;
    await tuneIn(warm, path);
    await pause(3000);
    const bare = await repeat(runs, async () => {
      const startedAt = performance.now();
      await (await fetch(`${warm.url}/healthz`)).text();
      return performance.now() - startedAt;
    });
    const warmMs = await repeat(runs, () => tuneIn(warm, path));
    // In turn, as the load of the machine changes.
    const withoutMs: number[] = [];
    const spareMb: number[] = [];
    const coldMs = await repeat(runs, async () => {
      withoutMs.push(await tuneInCold(without, path));
      spareMb.push(await spareMbOf(cold));
      return tuneInCold(cold, path);
    });
    return [
      ...[row('bare request', bare), row('warm', warmMs), row('cold', coldMs)],
      row('cold, without spare', withoutMs),
      {
        what: `a spare: ${at(
          spareMb.toSorted((a, b) => a - b),
          0.5,
        ).toFixed(1)} MB`,
      },
    ];
  } finally {
    await stage.close();
  }
};
