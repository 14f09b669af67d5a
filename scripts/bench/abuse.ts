/**
 * Whether well-behaved listeners notice bad clients. Listeners hear an SCX, newcomers connect at a
 * steady rate, and an operator requests its pages, while other clients attack it: first none (the
 * baseline of this run), then one attack after the other, then all attacks together.
 *
 * The SCX has core 0; listeners, attackers and operator share core 1, the attackers at a lower
 * priority. Memory is compared with its value before each attack. A client that reads nothing is
 * closed a minute after the system's buffers for it are full: with 4 MiB of them and 16 kB/s, after
 * five minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HEAD_BYTES_MAX } from '../../src/http/server/request-head.js';
import { ATTACKS, type AttackName } from '../../test/e2e/support/attacks.js';
import { type Running, start } from '../../test/e2e/support/processes.js';
import { type Benchmark, type Flags, numberOf, type Row, round } from './benchmark.js';
import { type LoadReport, startLoad } from './load/load.js';
import { type Seen, watch } from './load/operator.js';
import { attackOverlay } from './load/overlay-attack.js';
import { compile } from './machine/compile.js';
import { cpuSeconds, loadAverage, pin, privateBytes } from './machine/process-metrics.js';
import { openScattercast } from './rivals/scattercast.js';

const RATE = 200;
const SETTLE_S = 4;
const NEWCOMERS_PER_SECOND = 20;
/** For an SCX to get rid of the last attack's connections, ms. */
const RECOVER_MS = 3000;
/**
 * What the SCX may need above its idle memory: a whole request head for each of KNOCKING_MAX
 * connections at the head gate, some kB for each connection, and garbage that has not been
 * collected.
 */
const MEMORY_BYTES_MAX = { heads: 4096 * HEAD_BYTES_MAX, connection: 16_000, heap: 32e6 } as const;
/** Attacks that hold --bad connections each; the others hold far fewer. */
const HOLDERS: readonly AttackName[] = ['read nothing', 'read 1 byte/s', 'half a request'];

interface Scene {
  readonly load: string;
  readonly good: number;
  readonly bad: number;
  readonly url: string;
  readonly pid: number;
}

interface Attack {
  readonly name: string;
  readonly names: readonly AttackName[];
  /** Of the window. */
  readonly seconds: number;
}

interface Outcome {
  readonly report: LoadReport;
  readonly seen: Seen;
  /** User memory before. */
  readonly idleBytes: number;
  /** Closed because they took nothing. */
  readonly idleClosed: number;
  readonly cpuPerSecond: number;
  readonly answers: string;
}

function startAttack({ url, bad }: Scene, names: readonly string[]): Running {
  const file = join(import.meta.dirname, 'load/attacker.ts');
  return start(process.execPath, [...process.execArgv, file, url, String(bad), ...names]);
}

/** Ends it; returns the answers that it got, such as "200: 17, 431: 4". */
async function endAttack(attack: Running): Promise<string> {
  attack.child.stdin?.end();
  const [line = '{}'] = await attack.line(/^\{.*\}$/m);
  await attack.exited;
  const answers = Object.entries(JSON.parse(line) as Record<string, number>);
  return answers.map(([status, times]) => `${status}: ${times}`).join(', ');
}

/** Number of listeners that the SCX has closed because they took nothing. */
async function idleClosedAt(url: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^\S*listeners_idle_total\S* (\d+)$/m.exec(text)?.[1]);
}

/** One window of the good listeners, under an attack. */
async function endure(scene: Scene, { names, seconds }: Attack): Promise<Outcome> {
  const { load, good, url, pid } = scene;
  const idleBytes = privateBytes(pid);
  const closedBefore = await idleClosedAt(url);
  const wanted = { program: load, listeners: good, rate: RATE, settleS: SETTLE_S, seconds };
  const newcomersPerSecond = NEWCOMERS_PER_SECOND;
  const listening = startLoad({
    ...wanted,
    icy: false,
    nice: false,
    newcomersPerSecond,
    urls: [url],
  });
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
    const idleClosed = (await idleClosedAt(url)) - closedBefore;
    return { report, seen, idleBytes, idleClosed, cpuPerSecond, answers };
  } finally {
    await listening.end();
  }
}

function boundBytes({ good, bad }: Scene, names: readonly AttackName[]): number {
  const { heads, connection, heap } = MEMORY_BYTES_MAX;
  const holders = names.filter((name) => HOLDERS.includes(name)).length;
  return heads + heap + connection * (good + bad * (holders + 1));
}

function row({ name, names, seconds }: Attack, scene: Scene, outcome: Outcome): Row {
  const { report, seen, idleBytes, idleClosed, cpuPerSecond, answers } = outcome;
  const { listeners, newcomers } = report;
  const ms = (value: number | undefined): number => round(value ?? Number.NaN, 0);
  return {
    attack: name,
    seconds,
    'gap p99 ms': ms(listeners.gapMs?.p99),
    'gap worst ms': ms(listeners.gapMs?.worst),
    closed: listeners.closed + listeners.refused + listeners.silent,
    'newcomers p50 ms': ms(newcomers.firstByteMs?.p50),
    'newcomers p99 ms': ms(newcomers.firstByteMs?.p99),
    'newcomers lost': newcomers.refused + newcomers.silent,
    'memory peak MB': round((seen.bytesPeak - idleBytes) / 1e6),
    'memory bound MB': round(boundBytes(scene, names) / 1e6),
    'memory after MB': round((privateBytes(scene.pid) - idleBytes) / 1e6),
    'kernel peak MB': round(seen.kernelBytesPeak / 1e6),
    'closed as idle': idleClosed,
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
  long: { standard: '360', help: 'seconds of the attack that reads nothing, until it is closed' },
  only: {
    standard: '',
    help: 'only attacks whose names contain this; overlay: those at the overlay port',
  },
};

/** No attack, then each attack, then all of them. */
function planOf(given: Flags): readonly Attack[] {
  const [short, long] = [numberOf(given, 'seconds'), numberOf(given, 'long')];
  const all = Object.keys(ATTACKS) as AttackName[];
  const alone = (name: AttackName): Attack => {
    return { name, names: [name], seconds: name === 'read nothing' ? long : short };
  };
  const plan: readonly Attack[] = [
    { name: 'none', names: [], seconds: short },
    ...all.map(alone),
    // Longer than one attack: the first moment, when all begin at once, must not be all that is
    // measured.
    { name: 'all together', names: all, seconds: 3 * short },
  ];
  return plan.filter(({ name }) => name.includes(String(given.only)));
}

export const run: Benchmark['run'] = async (given) => {
  if (given.only === 'overlay') return attackOverlay();
  const directory = mkdtempSync(join(tmpdir(), 'bench-abuse-'));
  const rows: Row[] = [];
  const load = compile('load/load', directory);
  const floor = '';
  const good = numberOf(given, 'listeners');
  const server = await openScattercast({ listeners: good, scxs: 1, floor, tickMs: 0 });
  try {
    const [[pid = -1], [url = '']] = [server.pids, server.urls];
    pin(process.pid, 1);
    pin(pid, 0);
    const scene = { load, good, bad: numberOf(given, 'bad'), url, pid };
    for (const attack of planOf(given)) {
      const outcome = await endure(scene, attack);
      await pause(RECOVER_MS);
      rows.push(row(attack, scene, outcome));
    }
  } finally {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return given.only === '' ? [...rows, ...(await attackOverlay())] : rows;
};
