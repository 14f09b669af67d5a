/**
 * The lines of a topology file. Both formats are text: words between blanks, `#` starts a comment.
 * Who reads one says what is wrong at which line.
 */

import type { Result } from '../../lib/result.js';
import { createFindings } from '../../session/findings.js';

/** One line that holds something. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly words: readonly string[];
}

/** The lines of a text that hold more than a comment, one at a time. */
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
  /** At a line, or with the file as a whole. */
  add(line: Line | undefined, problem: string): void;
  readonly empty: boolean;
  refuse(): Result<never>;
}

/** No problem yet; 20 are kept, the rest is counted. */
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

/** A whole number from 0 to below a bound; undefined for anything else. */
export function readIndex(word: string | undefined, bound: number): number | undefined {
  if (word === undefined || !/^\d{1,9}$/.test(word)) return undefined;
  const value = Number(word);
  return value < bound ? value : undefined;
}

/** A distance: a decimal number, not negative, at most an hour of ms. */
export function readDistance(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d{1,9}(\.\d{1,9})?$/.test(word)) return undefined;
  const value = Number(word);
  return value <= 3_600_000 ? value : undefined;
}
