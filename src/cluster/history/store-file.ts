/**
 * The SQLite file of the history: its settings, its tables, and how it is opened. One that is damaged, or of
 * another kind, is moved to `FILE.broken`, and a new one is begun.
 */
import { renameSync, rmSync } from 'node:fs';
import sqlite, { type Database } from 'node-sqlite3-wasm';

export interface StoreFile {
  readonly file: string;
  readonly bytesMax: number;
}

const VERSION = 1;
const PAGE_BYTES = 4096;

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

/** A row that was read. */
export type Row = Readonly<Record<string, number | string>>;

export const rowsOf = (
  db: Database,
  sql: string,
  values: readonly (number | string)[],
): readonly Row[] => db.all(sql, [...values]) as unknown as readonly Row[];

export const numberIn = (db: Database, sql: string): number =>
  Number(Object.values(db.get(sql) ?? { none: 0 })[0]);

/** Whether the file itself is damaged, so that a new one helps. */
export const isDamaged = (error: unknown): boolean =>
  /malformed|not a database|other version/.test(String(error));

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
function openFile({ file, bytesMax }: StoreFile): Database {
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

/** Opens the file, or a new one if it is damaged; throws if the disk does not let it. */
export function openOrReplace(options: StoreFile): { db: Database; isReplaced: boolean } {
  try {
    return { db: openFile(options), isReplaced: false };
  } catch (error) {
    if (!isDamaged(error)) throw error;
    renameSync(options.file, `${options.file}.broken`);
    rmSync(`${options.file}-journal`, { force: true });
    return { db: openFile(options), isReplaced: true };
  }
}
