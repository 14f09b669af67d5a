/**
 * The history for the operator: listening as CSV (listening-csv.ts), and what charts show, as JSON. Both
 * are only for the holder of the operator's token, and change nothing.
 *
 * Bounded: times are cut to those that are kept; EXPORTS_MAX exports at a time, each of which is read a day
 * at a time and not faster than it is taken.
 */
import { once } from 'node:events';
import { type Request, type Response, Router } from 'express';
import { KEPT_S, type SeriesKind, type Span, STEPS } from '../../api/dashboard/history-rows.js';
import { good } from '../../lib/result.js';
import type { Ownership } from '../announcements/ownership.js';
import { type Refusal, route } from '../web/methods.js';
import { type OrProblem, type Problem, problem, refused } from '../web/problem.js';
import type { History } from './history.js';
import { CSV_HEADER, csvLine } from './listening-csv.js';

export interface HistoryRoutesOptions {
  /** Undefined: the operator wants none. */
  readonly history: Pick<History, 'chart' | 'listening'> | undefined;
  readonly ownership: Pick<Ownership, 'objectionToOperate'>;
}

const HISTORY_CSV = '/api/history.csv';
const HISTORY_CHART = '/api/dashboard/history';

const DAY_S = 86_400;
const EXPORTS_MAX = 4;
/** A reader that takes nothing for so long is let go, ms. */
const UNREAD_MS = 60_000;

const NONE = problem(404, 'This cluster keeps no history: it was started with --history 0.');
const BUSY = { ...problem(503, 'Too much of the history is read now: try again.'), retryAfter: 10 };
const unreadable = (error: unknown): Problem => ({
  ...problem(503, `The history cannot be read now: ${(error as Error).message}.`),
  retryAfter: 30,
});

const HOW =
  'must be a day like 2026-01-31 or a time like 2026-01-31T18:00Z, both in UTC; a day as "to" is included.';
const FORM = /^20\d\d-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/;

/** A time in s since 1970; a day without a time is its beginning, or its end. */
function timeIn(value: unknown, name: 'from' | 'to', standard: number): OrProblem<number> {
  if (value === undefined || value === '') return good(standard);
  const text = typeof value === 'string' && FORM.test(value) ? value : '';
  const ms = Date.parse(text);
  const isThere = Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10));
  if (!isThere) return refused(problem(400, `"${name}" ${HOW}`));
  const isDay = text.length === 10;
  return good(ms / 1000 + (isDay && name === 'to' ? DAY_S : 0));
}

/** The time that is asked for, cut to what is kept, in whole coarse spans. */
function spanIn({ query }: Request, now: number): OrProblem<Span> {
  const to = timeIn(query.to, 'to', now);
  const from = timeIn(query.from, 'from', now - KEPT_S.coarse);
  if (!to.ok) return to;
  if (!from.ok) return from;
  if (from.value >= to.value) return refused(problem(400, '"from" must be before "to".'));
  const whole = (time: number): number => Math.floor(time / STEPS.coarse) * STEPS.coarse;
  const oldest = now - KEPT_S.coarse - DAY_S;
  const last = whole(Math.min(to.value, now) + STEPS.coarse - 1);
  return good({ from: whole(Math.max(from.value, oldest)), to: last });
}

/** The days of a time, the first and the last one in part. */
function daysOf({ from, to }: Span): readonly Span[] {
  const days: Span[] = [];
  for (let at = from; at < to; at = days.at(-1)?.to ?? to) {
    days.push({ from: at, to: Math.min(to, (Math.floor(at / DAY_S) + 1) * DAY_S) });
  }
  return days;
}

const dayText = (s: number): string => new Date(s * 1000).toISOString().slice(0, 10);

/** What is asked for, and the times that make one line of a session each. */
function exportOf(
  request: Request,
  now: number,
): OrProblem<{ span: Span; parts: readonly Span[] }> {
  const span = spanIn(request, now);
  if (!span.ok) return span;
  const { per = 'day' } = request.query;
  if (per !== 'day' && per !== 'session') {
    return refused(problem(400, '"per" must be day or session.'));
  }
  const days = daysOf(span.value);
  const isWhole = per === 'session' && days.length > 0;
  return good({ span: span.value, parts: isWhole ? [span.value] : days });
}

async function write(response: Response, text: string): Promise<void> {
  if (response.write(text) || response.destroyed) return;
  const timer = setTimeout(() => response.destroy(), UNREAD_MS);
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
  clearTimeout(timer);
}

async function sendCsv(
  history: Pick<History, 'listening'>,
  span: Span,
  parts: readonly Span[],
  response: Response,
): Promise<void> {
  const name = `listening-${dayText(span.from)}-to-${dayText(span.to - 1)}.csv`;
  const [first, ...others] = parts;
  let rows = first === undefined ? [] : await history.listening(first);
  response.set({ 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store' });
  response.set('Content-Disposition', `attachment; filename="${name}"`);
  response.write(CSV_HEADER);
  for (const next of [...others, undefined]) {
    await write(response, rows.map(csvLine).join(''));
    if (response.destroyed) return;
    if (next !== undefined) rows = await history.listening(next);
  }
  response.end();
}

/** What a chart of each range reads; the points are about as many as a screen has columns. */
const RANGES = {
  hour: { spanS: 3600, step: STEPS.fine, resolution: STEPS.fine },
  day: { spanS: DAY_S, step: 12 * STEPS.fine, resolution: STEPS.fine },
  week: { spanS: 7 * DAY_S, step: 6 * STEPS.coarse, resolution: STEPS.coarse },
  month: { spanS: 30 * DAY_S, step: 24 * STEPS.coarse, resolution: STEPS.coarse },
} as const;
const KINDS: readonly SeriesKind[] = ['session', 'country', 'cluster', 'machine'];
/** As many colours as can be told apart. */
const SERIES_MAX = 8;

const isRange = (name: unknown): name is keyof typeof RANGES =>
  typeof name === 'string' && Object.hasOwn(RANGES, name);

function chartQuery({ query }: Request, now: number) {
  const range = query.range ?? 'day';
  const kind = KINDS.find((one) => one === (query.by ?? 'session'));
  if (!isRange(range) || kind === undefined) return undefined;
  const { spanS, step, resolution } = RANGES[range];
  const to = (Math.floor(now / step) + 1) * step;
  return { kind, from: to - spanS, to, step, resolution, seriesMax: SERIES_MAX };
}

const NO_CHART = problem(
  400,
  '"range" must be hour, day, week or month, and "by" session, country, cluster or machine.',
);

/** The routes of the history. */
export function historyRoutes({ history, ownership }: HistoryRoutesOptions): Router {
  let exports = 0;
  const now = (): number => Math.floor(Date.now() / 1000);

  const exportCsv = async (request: Request, response: Response): Promise<Refusal> => {
    const objection = await ownership.objectionToOperate(request);
    if (objection !== undefined) return objection;
    if (history === undefined) return NONE;
    const order = exportOf(request, now());
    if (!order.ok) return order.problem;
    if (exports >= EXPORTS_MAX) return BUSY;
    exports++;
    try {
      await sendCsv(history, order.value.span, order.value.parts, response);
    } catch (error) {
      if (!response.headersSent) return unreadable(error);
      response.destroy();
    } finally {
      exports--;
    }
    return undefined;
  };

  const showChart = async (request: Request, response: Response): Promise<Refusal> => {
    const objection = await ownership.objectionToOperate(request);
    if (objection !== undefined) return objection;
    if (history === undefined) return NONE;
    const query = chartQuery(request, now());
    if (query === undefined) return NO_CHART;
    try {
      const chart = await history.chart(query);
      response.set('Cache-Control', 'no-store').json(chart);
      return undefined;
    } catch (error) {
      return unreadable(error);
    }
  };

  const router = Router({ caseSensitive: true });
  route(router, HISTORY_CSV, { GET: exportCsv });
  route(router, HISTORY_CHART, { GET: showChart });
  return router;
}
