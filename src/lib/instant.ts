/** Instants in documents: one written form each, so that what is signed has one form. */
import { excerpt } from './excerpt.js';
import { bad, good, type Result } from './result.js';

const FORM = /^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** `2026-01-31T12:00:00.000Z`. */
export const printInstant = (ms: number): string => new Date(ms).toISOString();

/** Reads that form: ms since 1970. */
export function parseInstant(what: string, text: string): Result<number> {
  const ms = FORM.test(text) ? Date.parse(text) : Number.NaN;
  // A day that the month does not have would be read as one of the next month.
  if (Number.isFinite(ms) && printInstant(ms) === text) return good(ms);
  return bad(`${what} must be a time like 2026-01-31T12:00:00.000Z, got ${excerpt(text)}`);
}
