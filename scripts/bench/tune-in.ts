/**
 * Time to tune in: from the request at the front end to the first byte of audio.
 *
 * Warm: the cluster's SCX of the session is running. Cold: there is none; it is started, joins the
 * session over the overlay, gets the recent frames from its parent, and answers. The broadcast
 * comes from another cluster. For comparison, in the same run: a bare HTTP answer of the same front
 * end, which shows what any request costs on this machine.
 */
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
    const cold = await stage.cluster({ extra: ['--linger', '0'] });
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
    const coldMs = await repeat(runs, async () => {
      await until('no SCX', async () => (await cold.scxs()).length === 0);
      return tuneIn(cold, path);
    });
    return [row('bare request', bare), row('warm', warmMs), row('cold', coldMs)];
  } finally {
    await stage.close();
  }
};
