/**
 * What the history of a front end costs: 30 days of some sessions are written into a store, then it is measured
 * how large the file is, how long the thread takes to write another minute, to read charts and a month as
 * CSV, and how long the front end itself takes for one look a second. All times are processor time; the share of
 * a core is that of looks and writes.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEPT_S, type Sample, STEPS } from '../../src/api/dashboard/history-rows.js';
import type { ScxStatus } from '../../src/api/scx-status.js';
import { csvLine } from '../../src/cluster/history/listening-csv.js';
import { createSampler } from '../../src/cluster/history/sampler.js';
import { openStore, type Store } from '../../src/cluster/history/store.js';
import { type Benchmark, type Row, round, wordsOf } from './benchmark.js';

export const flags: Benchmark['flags'] = {
  sessions: {
    standard: '1,10,50',
    help: 'sessions that are always on the air; a row for each number',
  },
};

const DAY_S = 86_400;
const BYTES_MAX = 2_000_000_000;
const LOOKS = 600;

const nameOf = (session: number): string => `station-${session}.example/programme`;

/** A sample of each session, and of all. */
function samplesAt(at: number, sessions: number, spanS: number): readonly Sample[] {
  const one = (kind: Sample['kind'], name: string, listeners: number): Sample => ({
    ...{ kind, name, at, measuredMs: spanS * 1000, listeningMs: listeners * spanS * 1000 },
    ...{ peak: listeners, starts: 3 },
  });
  const each = Array.from({ length: sessions }, (_, index) =>
    one('session', nameOf(index), Math.round(200 + 150 * Math.sin(at / 14_000 + index))),
  );
  return [one('total', '', 200 * sessions), ...each];
}

/** Thirty days: coarse spans, and the fine ones of the last day. */
function fill(store: Store, sessions: number, now: number): void {
  const add = (from: number, to: number, spanS: number): void => {
    for (let at = from; at < to; at += DAY_S / 24) {
      const spans = Array.from({ length: DAY_S / 24 / spanS }, (_, index) => at + index * spanS);
      const samples = spans.flatMap((span) => samplesAt(span, sessions, spanS));
      store.add({ samples, events: [] });
    }
    store.trim(now);
  };
  for (let day = 30; day > 1; day--) {
    add(now - day * DAY_S, now - (day - 1) * DAY_S, STEPS.coarse);
  }
  add(now - DAY_S, now, STEPS.fine);
}

/** Processor time, ms: the same on a busy machine. */
function msOf(work: () => unknown): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** One look of the front end at what its SCXs have told, ms. */
function lookMs(sessions: number): number {
  const sampler = createSampler();
  const statuses = Array.from({ length: sessions }, (_, index) => ({
    session: nameOf(index),
    listeners: 200,
    playing: 'a',
  })) as unknown as readonly Pick<ScxStatus, 'session' | 'listeners' | 'playing'>[];
  const look = (at: number): void => {
    const seen = statuses.map(({ session, listeners }) => ({
      ...({ kind: 'session', name: session, listeners, startsTotal: at } as const),
    }));
    sampler.see(seen, at * 1000, at * 1000);
    if (at % 60 === 0) sampler.take();
  };
  const total = msOf(() => {
    for (let at = 0; at < LOOKS; at++) look(at);
  });
  return total / LOOKS;
}

function measure(file: string, sessions: number): Row {
  const now = Math.floor(Date.now() / DAY_S / 1000) * DAY_S;
  const memoryBefore = process.memoryUsage().rss;
  const store = openStore({ file, bytesMax: BYTES_MAX });
  const fillS = msOf(() => fill(store, sessions, now)) / 1000;
  const minute = Array.from({ length: 6 }, (_, index) => now + index * STEPS.fine);
  const write = msOf(() =>
    store.add({
      samples: minute.flatMap((at) => samplesAt(at, sessions, STEPS.fine)),
      events: [],
    }),
  );
  const chart = (from: number, step: number, resolution: number): number =>
    msOf(() => store.chart({ from, to: now, step, resolution, kind: 'session', seriesMax: 8 }));
  const month = { from: now - KEPT_S.coarse, to: now };
  const csv = msOf(() => store.listening(month).map(csvLine));
  const look = lookMs(sessions);
  const row = {
    sessions,
    'file MB': round(statSync(file).size / 1e6),
    'fill s': round(fillS),
    'look ms': round(look, 3),
    'write of a minute ms': round(write),
    '% of a core': round((100 * (look * 60 + write)) / 60_000, 3),
    'chart of a day ms': round(chart(now - DAY_S, 120, STEPS.fine)),
    'chart of 30 days ms': round(chart(month.from, 7200, STEPS.coarse)),
    'CSV of 30 days ms': round(csv),
    'memory MB': round((process.memoryUsage().rss - memoryBefore) / 1e6),
  };
  store.close();
  return row;
}

export const run: Benchmark['run'] = async (given) => {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-history-'));
  try {
    return wordsOf(given, 'sessions').map((count) =>
      measure(join(folder, `${count}.db`), Math.max(1, Number.parseInt(count, 10))),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
