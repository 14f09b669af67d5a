/**
 * What earlier sound costs: the disk and the processor time of a recording, and a listener who rewinds beside one who is live.
 *
 * Hours are recorded at once, at 128 kbit/s, and given to a cluster, where a session goes on behind them. Then its SCX
 * serves listeners: live ones, such as hear the same place of the recording, which share what is read, and such as are each at
 * a place of their own. The SCX has core 0, the load core 1. Memory does not shrink between the rows, so the first are the
 * surest. Last come listeners who catch up with what is live; each checks every frame.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HOUR_MS, hourOf, hourStart } from '../../src/api/recordings/recording-files.js';
import { until } from '../../test/e2e/support/processes.js';
import { createStage, type Stage } from '../../test/e2e/support/stage.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import { startLoad } from './load/load.js';
import { compile } from './machine/compile.js';
import { cpuSeconds, loadAverage, pin, privateBytes } from './machine/process-metrics.js';
import { numberedAudio } from './players/numbered-audio.js';
import { catchUp } from './rewind/catch-up.js';
import { record } from './rewind/record.js';
import { scxPid, streamUrl } from './rivals/scattercast.js';

const PATH = 'bench.example/rewind';
const FOLDER = 'bench.example/made';
const BYTES_PER_SECOND = 16_000;
const DAY_HOURS = 24;
/** New listeners in a second. */
const RATE = 100;
/** What the session has recorded before the first listener, ms. */
const RECORDED_MS = 15_000;

export const flags: Benchmark['flags'] = {
  listeners: { standard: '200', help: 'listeners in each row; at most 1000' },
  hours: { standard: '3', help: 'whole hours that are recorded at once' },
  settle: { standard: '20', help: 'from the last first byte to the window, s' },
  seconds: { standard: '30', help: 'the window of each row' },
};

/** An SCX with a recording. */
interface Scene {
  readonly pid: number;
  /** Of the live stream. */
  readonly url: string;
}

async function measureRecording(root: string, fromMs: number, hours: number): Promise<Row> {
  const { bytes, cpuSeconds: used } = await record({ root, folder: FOLDER, fromMs, hours });
  return {
    what: `${hours} h are recorded`,
    'GB a day': round(((bytes / hours) * DAY_HOURS) / 1e9, 3),
    'CPU s per hour': round(used / hours, 2),
  };
}

/** Announces a session that is kept, gives it the hours that were made, and broadcasts. */
async function openScene(stage: Stage, made: string, hours: number): Promise<Scene> {
  const kept = `${hours + 1}h`;
  const cluster = await stage.cluster({ extra: ['--keep-max', kept, '--linger', '600'] });
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`, '--keep', kept);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  await stage.broadcast(cluster, announcement, '--loop', file);
  const creator = join(cluster.dataDir, 'recordings', 'bench.example');
  const [name = ''] = await until('the recording', async () => {
    mkdirSync(creator, { recursive: true });
    const found = readdirSync(creator);
    return found.length > 0 && found;
  });
  for (const each of readdirSync(made)) renameSync(join(made, each), join(creator, name, each));
  await pause(RECORDED_MS);
  const pid = await scxPid(cluster);
  pin(pid, 0);
  return { pid, url: await streamUrl(cluster, announcement) };
}

async function measureIdle({ pid }: Scene, seconds: number): Promise<number> {
  const before = cpuSeconds(pid);
  await pause(seconds * 1000);
  return (cpuSeconds(pid) - before) / seconds;
}

interface Plan {
  readonly load: string;
  readonly listeners: number;
  readonly settleS: number;
  readonly seconds: number;
  /** Processor time of the SCX without a listener, s/s. */
  readonly idle: number;
}

async function measureListeners(
  { pid }: Scene,
  what: string,
  urls: readonly string[],
  plan: Plan,
): Promise<Row> {
  const { load, listeners, settleS, seconds, idle } = plan;
  const memory = privateBytes(pid);
  const wanted = { program: load, listeners, rate: RATE, settleS, seconds, urls };
  const running = startLoad({ ...wanted, icy: false, nice: false, newcomersPerSecond: 0 });
  try {
    await running.steady;
    const [startedAt, before] = [performance.now(), cpuSeconds(pid)];
    const report = await running.report;
    const used = ((cpuSeconds(pid) - before) * 1000) / (performance.now() - startedAt);
    const { refused, closed, silent, gapMs } = report.listeners;
    return {
      what: `${listeners} ${what}`,
      'SCX % of a core': round(used * 100),
      'us/listener/s': round(((used - idle) / listeners) * 1e6),
      'MB before': round(memory / 1e6),
      'MB with them': round(privateBytes(pid) / 1e6),
      'rate got': round(report.bytes / report.seconds / BYTES_PER_SECOND / listeners, 3),
      'gap worst ms': round(gapMs?.worst ?? Number.NaN, 0),
      'refused, closed, silent': refused + closed + silent,
      loadavg: loadAverage(),
    };
  } finally {
    await running.end();
  }
}

const secondsOf = (ms: number): string => String(Math.floor(ms / 1000));

async function measureScene(
  stage: Stage,
  scene: Scene,
  fromMs: number,
  given: Record<string, number>,
) {
  const { listeners = 0, hours = 0, settle: settleS = 0, seconds = 0 } = given;
  const load = compile('load/load', stage.directory);
  const idle = await measureIdle(scene, seconds);
  const plan = { load, listeners, settleS, seconds, idle };
  const at = (ms: number): string => `${scene.url}?at=${secondsOf(ms)}`;
  const places = Array.from({ length: listeners }, (_, index) =>
    at(fromMs + (index / listeners) * hours * HOUR_MS),
  );
  const rows = [
    { what: 'no listener', 'SCX % of a core': round(idle * 100) },
    await measureListeners(scene, 'live', [scene.url], plan),
    await measureListeners(scene, 'at one place', [at(fromMs)], plan),
    await measureListeners(scene, 'each at its own place', places, plan),
  ];
  return [...rows, await catchUp({ url: scene.url, listeners: 50, seconds })];
}

export const run: Benchmark['run'] = async (flagged) => {
  const names = ['listeners', 'hours', 'settle', 'seconds'] as const;
  const given = Object.fromEntries(names.map((name) => [name, numberOf(flagged, name)]));
  const { hours = 0 } = given;
  const root = mkdtempSync(join(tmpdir(), 'bench-rewind-'));
  const stage = createStage();
  try {
    pin(process.pid, 1);
    const fromMs = (hourStart(hourOf(Date.now())) ?? 0) - hours * HOUR_MS;
    const recording = await measureRecording(root, fromMs, hours);
    const scene = await openScene(stage, join(root, FOLDER), hours);
    return [recording, ...(await measureScene(stage, scene, fromMs, given))];
  } finally {
    await stage.close();
    rmSync(root, { recursive: true, force: true });
  }
};
