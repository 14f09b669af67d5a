/**
 * What a check of `scattercast doctor` has found: a sentence that says what is so and, unless all
 * is well, what to do.
 */

/**
 * `good`; `warning`: it works, but perhaps not for everybody or not for long; `problem`: something
 * does not work; `unknown`: it could not be checked.
 */
export type State = 'good' | 'warning' | 'problem' | 'unknown';

export interface Finding {
  /** The name of the check. */
  readonly check: string;
  readonly state: State;
  readonly says: string;
}

type Say = (says: string) => Finding;

/** The findings that a check can have. */
export const findings = (check: string): Readonly<Record<State, Say>> => {
  const say =
    (state: State): Say =>
    (says) => ({ check, state, says });
  return {
    good: say('good'),
    warning: say('warning'),
    problem: say('problem'),
    unknown: say('unknown'),
  };
};
