/**
 * The history in one SQLite file. Each sample is added to its fine span, which is kept for a day, and to
 * its coarse span, which is kept for 30 days: so nothing has to be rolled up later, and whatever stops the
 * process leaves both complete up to the last transaction.
 *
 * Bounded: the file by `bytesMax`, which SQLite itself enforces; when it is reached, the oldest quarter of
 * the fine spans goes, or of the coarse ones if there are hardly any fine ones. SERIES_MAX names; what
 * comes further is counted in OTHERS (store-series.ts). EVENTS_MAX events.
 *
 * All functions wait for the disk, and throw what it says: they run in a thread (store-thread.ts).
 */
import { statSync } from 'node:fs';
import type { Database, Statement } from 'node-sqlite3-wasm';
import {
  type Batch,
  type HistoryChart,
  type HistoryEvent,
  KEPT_S,
  type ListeningRow,
  type Span,
  STEPS,
} from '../../api/dashboard/history-rows.js';
import { openOrReplace, type Row, rowsOf, type StoreFile } from './store-file.js';
import { type ChartQuery, chartOf, listeningIn } from './store-reports.js';
import { createSeriesIds, type SeriesIds } from './store-series.js';

export interface StoreOptions extends StoreFile {
  readonly seriesMax?: number;
}

export interface Store {
  /** A file that could not be used was moved away when this one was opened. */
  readonly isReplaced: boolean;
  /** Adds all of it, or throws and adds nothing; true if old spans had to make room. */
  add(batch: Batch): boolean;
  /** Removes what is too old. `now`: s since 1970. */
  trim(now: number): void;
  chart(query: ChartQuery): HistoryChart;
  /** What was listened to in a time, each session once, by name. */
  listening(span: Span): readonly ListeningRow[];
  /** The newest first. */
  events(countMax: number): readonly HistoryEvent[];
  readonly bytes: number;
  close(): void;
}

const SERIES_MAX = 5000;
const EVENTS_MAX = 5000;
/** A day ahead of this clock: what is later was written while the clock was wrong, s. */
const AHEAD_S = 86_400;

const ADD = `
  insert into samples values (?, ?, ?, ?, ?, ?, ?)
  on conflict do update set measured = measured + excluded.measured,
    listening = listening + excluded.listening,
    peak = max(peak, excluded.peak), starts = starts + excluded.starts`;

const isFull = (error: unknown): boolean => /database or disk is full/.test(String(error));

/** Removes the oldest quarter of what is kept finely, or coarsely if there is hardly any of that. */
function makeRoom(db: Database): void {
  for (const { step, least } of [
    { step: STEPS.fine, least: 3600 },
    { step: STEPS.coarse, least: 0 },
  ]) {
    const sql = 'select min(at) as first, max(at) as last from samples where step = ?';
    const { first, last } = (db.get(sql, [step]) ?? {}) as Row;
    const span = Number(last ?? 0) - Number(first ?? 0);
    if (first === null || span < least) continue;
    const until = Number(first) + Math.max(step, span / 4);
    db.run('delete from samples where step = ? and at < ?', [step, until]);
    return;
  }
}

/** A statement that has failed is of no use any more, so each transaction has its own. */
function withStatement(db: Database, sql: string, work: (statement: Statement) => void): void {
  const statement = db.prepare(sql);
  try {
    work(statement);
  } finally {
    finalize(statement);
  }
}

/** SQLite says again why the statement has failed. */
function finalize(statement: Statement): void {
  try {
    statement.finalize();
  } catch {
    // It was thrown before.
  }
}

function addTo(db: Database, ids: SeriesIds, add: Statement, all: Batch): void {
  db.exec('begin');
  const last = new Map<number, number>();
  for (const { kind, name, at, measuredMs, listeningMs, peak, starts } of all.samples) {
    const id = ids.idOf(kind, name, at);
    for (const step of Object.values(STEPS)) {
      add.run([step, Math.floor(at / step) * step, id, measuredMs, listeningMs, peak, starts]);
    }
    last.set(id, at);
  }
  for (const [id, at] of last) db.run('update series set last = ? where id = ?', [at, id]);
  for (const { at, kind, session, text } of all.events) {
    const sql = 'insert into events (at, kind, session, text) values (?, ?, ?, ?)';
    db.run(sql, [at, kind, session, text]);
  }
  db.exec('commit');
}

function trimNow(db: Database, now: number): void {
  for (const step of ['fine', 'coarse'] as const) {
    const sql = 'delete from samples where step = ? and (at < ? or at > ?)';
    db.run(sql, [STEPS[step], now - KEPT_S[step], now + AHEAD_S]);
  }
  db.run('delete from series where last < ?', [now - KEPT_S.coarse]);
  db.run('delete from events where at < ? or id <= (select max(id) from events) - ?', [
    (now - KEPT_S.coarse) * 1000,
    EVENTS_MAX,
  ]);
}

/** Opens the store; throws if the disk does not let it. */
export function openStore(options: StoreOptions): Store {
  const { db, isReplaced } = openOrReplace(options);
  const ids = createSeriesIds(db, options.seriesMax ?? SERIES_MAX);
  const attempt = (batch: Batch): void => {
    try {
      withStatement(db, ADD, (adding) => addTo(db, ids, adding, batch));
    } catch (error) {
      ids.forget();
      if (db.inTransaction) db.exec('rollback');
      throw error;
    }
  };
  return {
    isReplaced,
    add: (batch) => {
      try {
        attempt(batch);
        return false;
      } catch (error) {
        if (!isFull(error)) throw error;
        makeRoom(db);
        attempt(batch);
        return true;
      }
    },
    trim: (now) => {
      trimNow(db, now);
      ids.forget();
    },
    chart: (query) => chartOf(db, query),
    listening: (span) => listeningIn(db, span),
    events: (countMax) =>
      rowsOf(db, 'select at, kind, session, text from events order by id desc limit ?', [
        countMax,
      ]) as unknown as readonly HistoryEvent[],
    get bytes() {
      return statSync(options.file).size;
    },
    close: () => db.close(),
  };
}
