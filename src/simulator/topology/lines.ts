/**
 * The lines of a topology file. Both formats are text: words between blanks, and `#` starts a
 * comment. Such a file is often written by a script, so a reader does not stop at the first
 * problem: it collects them, each with its line, and the user can correct all of them at once.
 */
import type { Result } from '../../lib/result.js';
import { createFindings } from '../../session/findings.js';

/** A line that is not empty. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly words: readonly string[];
}

/** The lines of a text, without comments and empty lines, one at a time. */
export function* linesOf(text: string): Generator<Line> {
  let number = 0;
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const [content = ''] = text.slice(start, end).split('#', 1);
    const words = content.split(/\s+/).filter((word) => word !== '');
    number++;
    if (words.length > 0) yield { number, words };
    start = end + 1;
  }
}

/** The problems of one file. */
export interface LineFindings {
  /** Adds a problem of a line, or with undefined of the file as a whole. */
  add(line: Line | undefined, problem: string): void;
  readonly empty: boolean;
  refuse(): Result<never>;
}

/** Creates an empty list. 20 problems are kept, the others are counted. */
export function createLineFindings(): LineFindings {
  const findings = createFindings();
  return {
    add: (line, problem) =>
      findings.add(line === undefined ? problem : `line ${line.number}: ${problem}`),
    get empty() {
      return findings.empty;
    },
    refuse: findings.refuse,
  };
}

/** The most characters of a wrong word that a problem shows. */
const EXCERPT_LENGTH_MAX = 20;

/** A wrong word, as a problem shows it. */
export const excerptOf = (word = ''): string => JSON.stringify(word.slice(0, EXCERPT_LENGTH_MAX));

/** A whole number from 0 to below a bound; undefined for anything else. */
export function readIndex(word: string | undefined, bound: number): number | undefined {
  if (word === undefined || !/^\d{1,9}$/.test(word)) return undefined;
  const value = Number(word);
  return value < bound ? value : undefined;
}

/** The largest distance, ms: an hour. */
export const DISTANCE_MAX = 3_600_000;

/** A distance in ms: a decimal number from 0 to DISTANCE_MAX; undefined for anything else. */
export function readDistance(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d{1,9}(\.\d{1,9})?$/.test(word)) return undefined;
  const value = Number(word);
  return value <= DISTANCE_MAX ? value : undefined;
}
