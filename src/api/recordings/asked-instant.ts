/** The instant from which a listener wants to hear what was played: `?at=TIME`, or `?ago=10m` before now. */
import { urlOf } from '../../lib/url-path.js';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const AGO = /^(\d{1,7})([smh]?)$/;
/** A time of day without a zone is UTC, as no zone is known here. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;
const SECONDS = /^\d{9,11}$/;

function readAgo(text: string, wallMs: number): number | undefined {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  return count === undefined ? undefined : wallMs - Number(count) * (UNITS_MS[unit] ?? 1000);
}

function readAt(text: string): number | undefined {
  if (SECONDS.test(text)) return Number(text) * 1000;
  const [, , , zone] = INSTANT.exec(text) ?? [];
  if (!INSTANT.test(text)) return undefined;
  const ms = Date.parse(zone === undefined ? `${text}Z` : text);
  return Number.isFinite(ms) ? ms : undefined;
}

/** The instant that a query asks for, ms since 1970; null: it is malformed; undefined: none. */
export function instantIn(target: string, wallMs: number): number | null | undefined {
  const query = urlOf(target, 'http://scx')?.searchParams;
  const [ago, at] = [query?.get('ago') ?? null, query?.get('at') ?? null];
  if (ago !== null) return readAgo(ago, wallMs) ?? null;
  if (at !== null) return readAt(at.replace(' ', '+')) ?? null;
  return undefined;
}
