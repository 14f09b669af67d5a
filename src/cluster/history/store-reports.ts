/** What is read of the history: charts, and listening for reports. */
import type { Database } from 'node-sqlite3-wasm';
import {
  type HistoryChart,
  type ListeningRow,
  type SeriesKind,
  type Span,
  STEPS,
} from '../../api/dashboard/history-rows.js';
import { type Row, rowsOf } from './store-file.js';

/** What a chart shows. */
export interface ChartQuery extends Span {
  readonly kind: SeriesKind;
  /** Of the spans that are read, s: one of STEPS. */
  readonly resolution: number;
  /** Between two points, s: a multiple of the resolution. */
  readonly step: number;
  readonly seriesMax: number;
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

/** The listeners over a time. */
export function chartOf(db: Database, query: ChartQuery): HistoryChart {
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

/** The listening to each session in a time, by name. */
export function listeningIn(db: Database, { from, to }: Span): readonly ListeningRow[] {
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
