/** Values that are times: an instant, or a time from now on. */
import { expecting, type Value } from './values.js';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const FROM_NOW = /^([1-9][0-9]{0,4})([mhd])$/;
/** A day is its end, where it is read; a time without zone is local, as people write it. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A length of time, ms: `30m`, `4h`, `7d`; 0: none. */
export const span: Value<number> = expecting('a length of time like 30m, 4h or 7d, or 0', (raw) => {
  if (raw === 0 || raw === '0') return 0;
  const [, count, unit] = (typeof raw === 'string' && FROM_NOW.exec(raw.trim())) || [];
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit as 'm' | 'h' | 'd'];
});

/** Ms since 1970; undefined if the text is no such time. */
function readInstant(text: string): number | undefined {
  const [, count, unit] = FROM_NOW.exec(text) ?? [];
  if (count !== undefined) return Date.now() + Number(count) * UNITS_MS[unit as 'm' | 'h' | 'd'];
  const [, day, time] = INSTANT.exec(text) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.parse(time === undefined ? `${day}T24:00` : text);
  return Number.isFinite(ms) ? ms : undefined;
}

/** An instant in the future, ms since 1970: `2h`, `7d`, `2026-12-31`, `2026-12-31T20:00`. */
export const future: Value<number> = expecting(
  'a time to come, like 2h, 7d, 2026-12-31 or 2026-12-31T20:00',
  (raw) => {
    const ms = typeof raw === 'string' ? readInstant(raw.trim()) : undefined;
    return ms !== undefined && ms > Date.now() ? ms : undefined;
  },
);
