/** Comma-separated values (RFC 4180), with a header line. */

export type Value = string | number | null | undefined;

export interface Data {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Significant digits; more would only make files differ. */
const DIGITS = 6;

/** An unknown value is an empty field. */
function fieldOf(value: Value): string {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? `${Number(value.toPrecision(DIGITS))}` : '';
  }
  const text = value ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The data as the text of a file. */
export const csvOf = ({ columns, rows }: Data): string =>
  [columns, ...rows].map((row) => `${row.map(fieldOf).join(',')}\n`).join('');
