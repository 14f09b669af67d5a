/** The form of a benchmark: it declares its flags, runs, and returns the rows of its table. */
import { EXIT, UserError } from '../../src/lib/user-error.js';
import type { Flag, Flags } from '../flags.js';

export type { Flag, Flags } from '../flags.js';

export type Row = Readonly<Record<string, string | number>>;

export interface Benchmark {
  readonly flags: Readonly<Record<string, Flag>>;
  run(flags: Flags): Promise<Row[]>;
}

/** A flag's positive number. Throws a UserError for anything else. */
export function numberOf(flags: Flags, name: string): number {
  const value = Number(flags[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UserError(EXIT.usage, `--${name} takes a positive number`);
}

/** A flag's words, separated by commas. */
export const wordsOf = (flags: Flags, name: string): readonly string[] =>
  String(flags[name]).split(',');

export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
