/** The names of what is counted, each with a number. Bounded: `seriesMax` names; what comes further is OTHERS. */
import type { Database } from 'node-sqlite3-wasm';
import type { SeriesKind } from '../../api/dashboard/history-rows.js';
import { numberIn, type Row } from './store-file.js';

/** Names of sessions beyond those that there is room for. */
export const OTHERS = '(others)';

/** The numbers of the names; those that a transaction has added count once it is written. */
export function createSeriesIds(db: Database, seriesMax: number) {
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

export type SeriesIds = ReturnType<typeof createSeriesIds>;
