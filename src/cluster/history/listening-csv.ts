/**
 * Listening as CSV (RFC 4180), for reports to licensors: a line for each session, and each day if that is
 * wanted. docs/operating.md describes the columns.
 *
 * Names of sessions come from strangers. A spreadsheet takes a field that begins with `=`, `+`, `-`, `@`, a tab or a
 * line end for a formula, so such a field gets an apostrophe before it.
 */
import type { ListeningRow } from '../../api/dashboard/history-rows.js';

const COLUMNS = [
  ...['session', 'from', 'to', 'listener_hours', 'peak_listeners', 'average_listeners'],
  ...['starts', 'measured_hours'],
] as const;

export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

const HOUR_MS = 3_600_000;

/** A text as one field. */
export function csvText(text: string): string {
  const safe = /^[\s]*[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const instant = (s: number): string => new Date(s * 1000).toISOString().replace('.000Z', 'Z');
const hours = (ms: number): string => (ms / HOUR_MS).toFixed(4);

/** One line, with its end. */
export function csvLine(row: ListeningRow): string {
  const { session, from, to, measuredMs, listeningMs, peak, starts } = row;
  const average = measuredMs === 0 ? 0 : listeningMs / measuredMs;
  const fields = [
    ...[csvText(session), instant(from), instant(to), hours(listeningMs), peak],
    ...[average.toFixed(2), starts, hours(measuredMs)],
  ];
  return `${fields.join(',')}\r\n`;
}
