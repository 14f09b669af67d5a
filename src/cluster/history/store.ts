/**
 * The history in one SQLite file. Each sample is added to its fine span, which is kept for a day, and to
 * its coarse span, which is kept for 30 days: so nothing has to be rolled up later, and whatever stops the
 * process leaves both complete up to the last transaction.
 *
 * Bounded: the file by `bytesMax`, which SQLite itself enforces; when it is reached, the oldest quarter of
 * the fine spans goes, or of the coarse ones if there are hardly any fine ones. SERIES_MAX names; what
 * comes further is counted in OTHERS. EVENTS_MAX events.
 *
 * A file that is damaged, or of another kind, is moved to `FILE.broken`, and a new one is begun.
 *
 * All functions wait for the disk, and throw what it says: they run in a thread (store-thread.ts).
 */
import { renameSync, rmSync, statSync } from 'node:fs';
import sqlite, { type Database, type Statement } from 'node-sqlite3-wasm';
import {
  type Batch,
  type HistoryChart,
  type HistoryEvent,
  KEPT_S,
  type ListeningRow,
  type SeriesKind,
  type Span,
  STEPS,
} from '../../api/dashboard/history-rows.js';

export interface StoreOptions {
  readonly file: string;
  readonly bytesMax: number;
  readonly seriesMax?: number;
}

/** What a chart shows. */
export interface ChartQuery extends Span {
  readonly kind: SeriesKind;
  /** Of the spans that are read, s: one of STEPS. */
  readonly resolution: number;
  /** Between two points, s: a multiple of the resolution. */
  readonly step: number;
  readonly seriesMax: number;
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

const VERSION = 1;
const SERIES_MAX = 5000;
const EVENTS_MAX = 5000;
const PAGE_BYTES = 4096;
/** Names of sessions beyond those that there is room for. */
export const OTHERS = '(others)';
/** A day ahead of this clock: what is later was written while the clock was wrong, s. */
const AHEAD_S = 86_400;

const SETTINGS = `
  pragma locking_mode = exclusive;
  pragma journal_mode = truncate;
  pragma synchronous = normal;
  pragma cache_size = -2048;
  pragma temp_store = memory;`;

const SCHEMA = `
  create table series (
    id integer primary key, kind text not null, name text not null, last integer not null,
    unique (kind, name));
  create table samples (
    step integer, at integer, series integer,
    measured integer not null, listening integer not null,
    peak integer not null, starts integer not null,
    primary key (step, at, series)) without rowid;
  create table events (
    id integer primary key, at integer not null, kind text not null,
    session text not null, text text not null);
  pragma user_version = ${VERSION};`;

const ADD = `
  insert into samples values (?, ?, ?, ?, ?, ?, ?)
  on conflict do update set measured = measured + excluded.measured,
    listening = listening + excluded.listening,
    peak = max(peak, excluded.peak), starts = starts + excluded.starts`;

type Row = Readonly<Record<string, number | string>>;

const rowsOf = (db: Database, sql: string, values: readonly (number | string)[]): readonly Row[] =>
  db.all(sql, [...values]) as unknown as readonly Row[];

const numberIn = (db: Database, sql: string): number =>
  Number(Object.values(db.get(sql) ?? { none: 0 })[0]);

const isDamaged = (error: unknown): boolean =>
  /malformed|not a database|other version/.test(String(error));
const isFull = (error: unknown): boolean => /database or disk is full/.test(String(error));

/** Rejects a file that SQLite reads without an error, and that is none of ours. */
function checkVersion(db: Database): void {
  const isNew = numberIn(db, 'select count(*) from sqlite_master') === 0;
  if (isNew) db.exec(`begin;${SCHEMA}commit;`);
  if (numberIn(db, 'pragma user_version') !== VERSION) throw new Error('other version');
  if (`${Object.values(db.get('pragma quick_check(1)') ?? {})[0]}` !== 'ok') {
    throw new Error('malformed');
  }
}

/** The data directory is locked by its front end, so a lock of the file is that of one that was killed. */
function openFile({ file, bytesMax }: StoreOptions): Database {
  rmSync(`${file}.lock`, { recursive: true, force: true });
  const db = new sqlite.Database(file);
  try {
    db.exec(SETTINGS);
    checkVersion(db);
    db.exec(`pragma max_page_count = ${Math.max(64, Math.floor(bytesMax / PAGE_BYTES))}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openOrReplace(options: StoreOptions): { db: Database; isReplaced: boolean } {
  try {
    return { db: openFile(options), isReplaced: false };
  } catch (error) {
    if (!isDamaged(error)) throw error;
    renameSync(options.file, `${options.file}.broken`);
    rmSync(`${options.file}-journal`, { force: true });
    return { db: openFile(options), isReplaced: true };
  }
}

/** The numbers of the names; those that a transaction has added count once it is written. */
function createSeriesIds(db: Database, seriesMax: number) {
  const known = new Map<string, number>(); // bounded by seriesMax
  const find = (kind: SeriesKind, name: string): number | undefined => {
    const row = db.get('select id from series where kind = ? and name = ?', [kind, name]);
    return row === null ? undefined : Number((row as Row).id);
  };
  const make = (kind: SeriesKind, name: string, at: number): number => {
    const isRoom = numberIn(db, 'select count(*) from series') < seriesMax;
    if (!isRoom && name !== OTHERS) return idOf(kind, OTHERS, at);
    const sql = 'insert into series (kind, name, last) values (?, ?, ?)';
    return Number(db.run(sql, [kind, name, at]).lastInsertRowid);
  };
  const idOf = (kind: SeriesKind, name: string, at: number): number => {
    const key = `${kind} ${name}`;
    const id = known.get(key) ?? find(kind, name) ?? make(kind, name, at);
    if (known.size < seriesMax) known.set(key, id);
    return id;
  };
  return { idOf, forget: () => known.clear() };
}

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

type SeriesIds = ReturnType<typeof createSeriesIds>;

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

/** Of one series: what was listened and measured at each point. */
type Points = ReadonlyMap<number, { readonly listening: number; readonly measured: number }>;

const WITHIN = 'p.step = ? and p.at >= ? and p.at < ?';

/** The points of some series, read at once: the rows of a time lie together, those of a series do not. */
function pointsOf(db: Database, query: ChartQuery, ids: readonly number[]): readonly Points[] {
  const { from, to, step, resolution } = query;
  const sql = `select p.series as id, (p.at - ?) / ? as point,
      sum(p.listening) as listening, sum(p.measured) as measured
    from samples p where ${WITHIN} and p.series in (${ids.map(() => '?')}) group by id, point`;
  const byId = new Map(
    ids.map((id) => [id, new Map<number, { listening: number; measured: number }>()]),
  );
  for (const row of rowsOf(db, sql, [from, step, resolution, from, to, ...ids])) {
    const sums = { listening: Number(row.listening), measured: Number(row.measured) };
    byId.get(Number(row.id))?.set(Number(row.point), sums);
  }
  return ids.map((id) => byId.get(id) ?? new Map());
}

/** The series with the most listening. */
const largestOf = (
  db: Database,
  { kind, resolution, from, to, seriesMax }: ChartQuery,
): readonly Row[] =>
  rowsOf(
    db,
    `select s.id as id, s.name as name from samples p join series s on s.id = p.series
     where ${WITHIN} and s.kind = ? group by s.id order by sum(p.listening) desc, s.name limit ?`,
    [resolution, from, to, kind, seriesMax],
  );

function chartOf(db: Database, query: ChartQuery): HistoryChart {
  const { from, to, step } = query;
  const whole = db.get("select id from series where kind = 'total'") as Row | null;
  const largest = largestOf(db, query);
  const ids = [Number(whole?.id ?? -1), ...largest.map(({ id }) => Number(id))];
  const [total = new Map(), ...others] = pointsOf(db, query, ids);
  const averages = (of: Points): readonly (number | null)[] =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, point) => {
      const measured = total.get(point)?.measured ?? 0;
      return measured === 0 ? null : (of.get(point)?.listening ?? 0) / measured;
    });
  const series = largest.map(({ name }, index) => ({
    name: `${name}`,
    values: averages(others[index] ?? new Map()),
  }));
  return { from, to, step, total: averages(total), series };
}

function listeningIn(db: Database, { from, to }: Span): readonly ListeningRow[] {
  const sql = `select s.name as name, sum(p.measured) as measured, sum(p.listening) as listening,
      max(p.peak) as peak, sum(p.starts) as starts
    from samples p join series s on s.id = p.series
    where p.step = ? and p.at >= ? and p.at < ? and s.kind = 'session' group by s.id order by s.name`;
  return rowsOf(db, sql, [STEPS.coarse, from, to]).map((row) => ({
    ...{ session: `${row.name}`, from, to },
    ...{ measuredMs: Number(row.measured), listeningMs: Number(row.listening) },
    ...{ peak: Number(row.peak), starts: Number(row.starts) },
  }));
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

/** Whether the file itself is damaged, so that a new one helps. */
export { isDamaged };
