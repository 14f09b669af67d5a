/**
 * A log of what has been measured, for benchmarks that take hours: what a file has is not measured
 * again. Each line is one measurement, as JSON, so processes that share the work may share the file.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export interface Log<Case, Outcome> {
  /** The outcome of a case: from the file, or measured now and added to it. */
  of(what: Case, measure: (what: Case) => Outcome): Outcome;
}

/** Opens a log. @param path of the file, which may not exist yet; '': nothing is kept */
export function createLog<Case, Outcome>(path: string): Log<Case, Outcome> {
  const known = new Map<string, Outcome>();
  const text = path !== '' && existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { what, outcome } = JSON.parse(line) as { what: Case; outcome: Outcome };
    known.set(JSON.stringify(what), outcome);
  }
  return {
    of: (what, measure) => {
      const found = known.get(JSON.stringify(what));
      if (found !== undefined) return found;
      const outcome = measure(what);
      if (path !== '') appendFileSync(path, `${JSON.stringify({ what, outcome })}\n`);
      return outcome;
    },
  };
}
