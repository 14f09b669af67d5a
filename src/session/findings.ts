/**
 * Who writes an announcement wants to hear of every mistake at once, not of one per attempt.
 * Findings gather them while the parts are read. At most 20 are kept, because whoever is hostile
 * can make thousands of mistakes in 64 KiB; the rest are counted.
 */
import { bad, type Result } from '../lib/result.js';

const PROBLEMS_MAX = 20;

/** The problems found so far. */
export interface Findings {
  add(problem: string): void;
  /** The value of a part; undefined, with its problems added, if the part is bad. */
  take<Value>(part: Result<Value>): Value | undefined;
  readonly empty: boolean;
  /** The answer when something was found; call it only then. */
  refuse(): Result<never>;
}

/** No problem yet. */
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
