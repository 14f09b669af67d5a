/**
 * The author of an announcement should learn about all mistakes at once, not about one per attempt.
 * Findings collect the problems while the parts are read. At most 20 are kept, because a hostile
 * document of 64 KiB can contain thousands of mistakes; the others are counted.
 */
import { bad, type Result } from '../lib/result.js';

const PROBLEMS_MAX = 20;

/** The problems that have been found so far. */
export interface Findings {
  add(problem: string): void;
  /** The value of a part; undefined, with its problems added, if the part is bad. */
  take<Value>(part: Result<Value>): Value | undefined;
  /** Whether there is no problem. */
  readonly empty: boolean;
  /** The bad result with all problems; call it only if there are some. */
  refuse(): Result<never>;
}

/** Creates an empty list of problems. */
export function createFindings(): Findings {
  const problems: string[] = [];
  let dropped = 0;
  const add = (problem: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem);
    else dropped++;
  };
  return {
    add,
    take: (part) => {
      if (part.ok) return part.value;
      part.problems.forEach(add);
      return undefined;
    },
    get empty() {
      return problems.length === 0;
    },
    refuse: () => (dropped === 0 ? bad(...problems) : bad(...problems, `and ${dropped} more`)),
  };
}
