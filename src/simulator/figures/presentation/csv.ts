/** Comma-separated values as RFC 4180 has them, with a line for the columns' names. */

export type Value = string | number | null | undefined;

export interface Data {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Digits that mean something; more would only make files differ. */
const DIGITS = 6;

/** What is not known is an empty field. */
function fieldOf(value: Value): string {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? `${Number(value.toPrecision(DIGITS))}` : '';
  }
  const text = value ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The data as a file. */
export const csvOf = ({ columns, rows }: Data): string =>
  [columns, ...rows].map((row) => `${row.map(fieldOf).join(',')}\n`).join('');
