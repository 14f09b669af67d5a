/**
 * What a listener costs, and how long it waits for its first byte: at an SCX, at Icecast and at the
 * least program that can serve, one after the other in the same run, all at 128 kbit/s and with the
 * same load.
 *
 * The server has core 0; the load, the source and our other processes share core 1. All listeners
 * connect at the given rate, as in a reconnect storm. When they have settled (the bursts are out,
 * and V8 has compiled the hot functions), a window of some seconds measures what they cost and what
 * they get. On a shared machine processor time is the number to trust: waits and gaps grow with the
 * load of others. Gaps count from a listener's first byte on, through the storm. The rate of the
 * slowest listener is known to one write, which is 1/20 of a window of 20 s.
 *
 * Capacity is the number of listeners that a core could serve at that cost, summed over the SCXs:
 * it is extrapolated. SCXs share nothing but the machine, so a second one (--scxs 2, each with its
 * part of the listeners) doubles it exactly if a listener costs no more than with one. That can be
 * seen on a machine of two cores, where the second SCX shares its core with the load, which
 * therefore has a lower priority.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { type Benchmark, type Flags, numberOf, type Row, round, wordsOf } from './benchmark.js';
import { type LoadReport, startLoad } from './load/load.js';
import { compile } from './machine/compile.js';
import {
  cpuSeconds,
  loadAverage,
  openFilesMax,
  pin,
  privateBytes,
} from './machine/process-metrics.js';
import { openFloor } from './rivals/floor.js';
import { openIcecast } from './rivals/icecast.js';
import type { Rival, RivalOptions, RivalServer } from './rivals/rival.js';
import { openScattercast } from './rivals/scattercast.js';

const RIVALS: Readonly<Record<string, Rival>> = {
  icecast: openIcecast,
  scattercast: openScattercast,
  floor: openFloor,
};
const BYTES_PER_SECOND = 16_000;
/** Open files that a server needs besides those of its listeners. */
const SPARE_FILES = 500;

/** The measurement of one server. */
interface Measured {
  readonly name: string;
  readonly listeners: number;
  /** Of each server process. */
  readonly cpusPerSecond: readonly number[];
  readonly bytesPerListener: number;
  readonly report: LoadReport;
  /** Of the whole machine, other processes included. */
  readonly loadAverage: number;
}

interface Plan {
  readonly load: string;
  readonly rate: number;
  readonly settleS: number;
  readonly seconds: number;
  readonly icy: boolean;
  readonly scxs: number;
  readonly floor: string;
  readonly tickMs: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** One SCX on each core: the first server on core 0, the second on core 1, and so on. */
const pinAll = (pids: readonly number[]): void =>
  pids.forEach((pid, index) => {
    pin(pid, index);
  });

async function measure(
  { load, rate, settleS, seconds, icy }: Plan,
  server: RivalServer,
  listeners: number,
): Promise<Omit<Measured, 'name'>> {
  const { pids, urls } = server;
  pinAll(pids);
  const idleBytes = sum(pids.map(privateBytes));
  const nice = pids.length > 1;
  const wanted = { program: load, listeners, rate, seconds, icy, nice, urls };
  const running = startLoad({ ...wanted, settleS, newcomersPerSecond: 0 });
  try {
    await running.steady;
    const startedAt = performance.now();
    const before = pids.map(cpuSeconds);
    const report = await running.report;
    const elapsedS = (performance.now() - startedAt) / 1000;
    const cpusPerSecond = pids.map((pid, i) => (cpuSeconds(pid) - (before[i] ?? 0)) / elapsedS);
    const bytesPerListener = (sum(pids.map(privateBytes)) - idleBytes) / listeners;
    return { listeners, cpusPerSecond, bytesPerListener, report, loadAverage: loadAverage() };
  } finally {
    await running.end();
  }
}

function rivalOf(name: string): Rival {
  const rival = RIVALS[name];
  if (rival !== undefined) return rival;
  const known = Object.keys(RIVALS).join(', ');
  throw new UserError(EXIT.usage, `no rival is called "${name}"; there are: ${known}`);
}

async function measureRival(name: string, plan: Plan, listeners: number): Promise<Measured> {
  const options: RivalOptions = { ...plan, listeners };
  const server = await rivalOf(name)(options);
  try {
    return { name, ...(await measure(plan, server, listeners)) };
  } finally {
    await server.close();
  }
}

/** The number of listeners that got the full rate: what others did not get has cost nothing. */
const served = ({ report }: Measured): number => report.bytes / report.seconds / BYTES_PER_SECOND;

const microseconds = (one: Measured): number => (sum(one.cpusPerSecond) / served(one)) * 1e6;

/** Each process has the same share of the listeners. */
const capacity = (one: Measured): number =>
  sum(one.cpusPerSecond.map((cpu) => served(one) / one.cpusPerSecond.length / cpu));

/** Its cost in units of another's; absent without the other. */
function ratio(one: Measured, all: readonly Measured[], name: string): Row {
  const other = all.find((each) => each.name === name);
  return other === undefined
    ? {}
    : { [`x ${name}`]: round(microseconds(one) / microseconds(other), 2) };
}

function row(one: Measured, all: readonly Measured[], plan: Plan): Row {
  const { listeners, report } = one;
  const { firstByteMs, gapMs, refused, closed, silent, slowestBytes } = report.listeners;
  const times = (value: number | undefined): number => round(value ?? Number.NaN, 0);
  return {
    server: one.name,
    listeners,
    icy: plan.icy ? 'yes' : 'no',
    'CPU s/s': one.cpusPerSecond.map((cpu) => cpu.toFixed(3)).join(' + '),
    'us/listener/s': round(microseconds(one)),
    capacity: round(capacity(one), 0),
    ...ratio(one, all, 'icecast'),
    ...ratio(one, all, 'floor'),
    'kB/listener': round(one.bytesPerListener / 1000),
    'first byte p50 ms': times(firstByteMs?.p50),
    'p99 ms': times(firstByteMs?.p99),
    'gap p50 ms': times(gapMs?.p50),
    'gap p99 ms': times(gapMs?.p99),
    'gap worst ms': times(gapMs?.worst),
    'rate got': round(served(one) / listeners, 3),
    'rate of the slowest': round(slowestBytes / report.seconds / BYTES_PER_SECOND, 3),
    refused,
    closed,
    silent,
    'load CPU s/s': round(report.cpuSeconds / report.seconds, 2),
    loadavg: one.loadAverage,
  };
}

function planOf(flags: Flags, directory: string): Plan {
  return {
    load: compile('load/load', directory),
    floor: compile('rivals/floor', directory),
    rate: numberOf(flags, 'rate'),
    settleS: numberOf(flags, 'settle'),
    seconds: numberOf(flags, 'seconds'),
    icy: flags.icy === true,
    scxs: numberOf(flags, 'scxs'),
    tickMs: numberOf(flags, 'tick'),
  };
}

function countsOf(flags: Flags): number[] {
  const counts = wordsOf(flags, 'listeners').map((word) =>
    numberOf({ listeners: word }, 'listeners'),
  );
  const files = Math.max(...counts) + SPARE_FILES;
  if (files <= openFilesMax()) return counts;
  const limit = `only ${openFilesMax()} open files are allowed here`;
  throw new UserError(EXIT.usage, `${limit}; raise it with: ulimit -n ${files}`);
}

export const flags: Benchmark['flags'] = {
  listeners: { standard: '4000,8000', help: 'numbers of listeners, one run for each' },
  rate: { standard: '1500', help: 'connects per second' },
  settle: { standard: '30', help: 'from the last first byte to the window' },
  seconds: { standard: '20', help: 'the window in which the settled listeners are measured' },
  icy: { standard: false, help: 'listeners ask for titles (Icy-MetaData: 1)' },
  rivals: { standard: 'icecast,scattercast,floor', help: 'which servers are measured' },
  scxs: { standard: '1', help: 'SCXs of the session; each has its share of the listeners' },
  tick: { standard: '1000', help: "the floor's interval, ms: the SCX's --write-interval" },
};

export const run: Benchmark['run'] = async (given) => {
  const counts = countsOf(given);
  const names = wordsOf(given, 'rivals');
  names.forEach(rivalOf);
  const directory = mkdtempSync(join(tmpdir(), 'bench-listeners-'));
  const rows: Row[] = [];
  try {
    const plan = planOf(given, directory);
    pin(process.pid, 1);
    for (const count of counts) {
      const all: Measured[] = [];
      for (const name of names) {
        all.push(await measureRival(name, plan, count));
      }
      rows.push(...all.map((one) => row(one, all, plan)));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return rows;
};
