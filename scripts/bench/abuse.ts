/**
 * Whether good listeners notice bad clients. Some listeners hear an SCX, newcomers come all the time, and an
 * operator looks at its pages, while others attack it: first nobody does (the baseline of this
 * run), then one attack after the other, then all of them together.
 *
 * The SCX has core 0; the good, the bad and the operator share core 1, the bad being nice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ATTACKS } from '../../test/e2e/attacks.js';
import { type Running, start } from '../../test/e2e/stage.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import { type LoadReport, startLoad } from './load.js';
import { compile } from './native.js';
import { type Seen, watch } from './operator.js';
import { cpuSeconds, loadAverage, pin, privateBytes } from './process-figures.js';
import { openScattercast } from './scattercast.js';

const RATE = 200;
const SETTLE_S = 4;
const NEWCOMERS_PER_SECOND = 20;
/** For an SCX to get rid of the last attack's connections, ms. */
const RECOVER_MS = 3000;

interface Scene {
  readonly load: string;
  readonly good: number;
  readonly bad: number;
  readonly seconds: number;
  readonly url: string;
  readonly pid: number;
  readonly idleBytes: number;
}

interface Outcome {
  readonly report: LoadReport;
  readonly seen: Seen;
  readonly cpuPerSecond: number;
  readonly answers: string;
}

function startAttack({ url, bad }: Scene, names: readonly string[]): Running {
  const file = join(import.meta.dirname, 'attacker.ts');
  return start(process.execPath, [...process.execArgv, file, url, String(bad), ...names]);
}

/** Ends it; returns what it was answered, such as "200: 17, 431: 4". */
async function endAttack(attack: Running): Promise<string> {
  attack.child.stdin?.end();
  const [line = '{}'] = await attack.line(/^\{.*\}$/m);
  await attack.exited;
  const answers = Object.entries(JSON.parse(line) as Record<string, number>);
  return answers.map(([status, times]) => `${status}: ${times}`).join(', ');
}

/** One window of the good listeners, under the attacks of these names. */
async function endure(scene: Scene, names: readonly string[]): Promise<Outcome> {
  const { load, good, seconds, url, pid } = scene;
  const wanted = { program: load, listeners: good, rate: RATE, settleS: SETTLE_S, seconds };
  const newcomersPerSecond = NEWCOMERS_PER_SECOND;
  const listening = startLoad({ ...wanted, icy: false, newcomersPerSecond, urls: [url] });
  try {
    await listening.steady;
    const before = { cpu: cpuSeconds(pid), at: performance.now() };
    const stopWatching = watch(url, pid);
    const attack = names.length > 0 ? startAttack(scene, names) : undefined;
    const report = await listening.report;
    const elapsedS = (performance.now() - before.at) / 1000;
    const cpuPerSecond = (cpuSeconds(pid) - before.cpu) / elapsedS;
    const seen = await stopWatching();
    const answers = attack === undefined ? '' : await endAttack(attack);
    return { report, seen, cpuPerSecond, answers };
  } finally {
    await listening.end();
  }
}

function row(name: string, { idleBytes, pid }: Scene, outcome: Outcome): Row {
  const { report, seen, cpuPerSecond, answers } = outcome;
  const { listeners, newcomers } = report;
  const ms = (value: number | undefined): number => round(value ?? Number.NaN, 0);
  return {
    attack: name,
    'gap p99 ms': ms(listeners.gapMs?.p99),
    'gap worst ms': ms(listeners.gapMs?.worst),
    closed: listeners.closed + listeners.refused + listeners.silent,
    'newcomers p50 ms': ms(newcomers.firstByteMs?.p50),
    'newcomers p99 ms': ms(newcomers.firstByteMs?.p99),
    'newcomers lost': newcomers.refused + newcomers.silent,
    'memory peak MB': round((seen.bytesPeak - idleBytes) / 1e6),
    'memory after MB': round((privateBytes(pid) - idleBytes) / 1e6),
    '/status worst ms': ms(seen.statusMs),
    '/healthz worst ms': ms(seen.healthzMs),
    'pages late': `${seen.late} of ${seen.looks}`,
    'CPU s/s': round(cpuPerSecond, 2),
    loadavg: loadAverage(),
    answers,
  };
}

export const flags: Benchmark['flags'] = {
  listeners: { standard: '200', help: 'good listeners' },
  bad: { standard: '1000', help: 'connections of each attack that holds them' },
  seconds: { standard: '20', help: 'of each attack' },
};

export const run: Benchmark['run'] = async (given) => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-abuse-'));
  const rows: Row[] = [];
  const load = compile('load', directory);
  const floor = '';
  const good = numberOf(given, 'listeners');
  const server = await openScattercast({ listeners: good, scxs: 1, floor, tickMs: 0 });
  try {
    const [[pid = -1], [url = '']] = [server.pids, server.urls];
    pin(process.pid, 1);
    pin(pid, 0);
    const idleBytes = privateBytes(pid);
    const bad = numberOf(given, 'bad');
    const scene = { load, good, bad, seconds: numberOf(given, 'seconds'), url, pid, idleBytes };
    const singles = Object.keys(ATTACKS).map((name) => [name, [name]] as const);
    const plan = [['nobody', []], ...singles, ['all together', Object.keys(ATTACKS)]] as const;
    for (const [name, names] of plan) {
      const outcome = await endure(scene, names);
      await pause(RECOVER_MS);
      rows.push(row(name, scene, outcome));
    }
  } finally {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return rows;
};
