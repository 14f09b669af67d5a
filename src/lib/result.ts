/** The answer of a parser of untrusted input: the value, or every problem found, in plain words. */
export type Result<Value> =
  | Good<Value>
  | { readonly ok: false; readonly problems: readonly string[] };

/** The half of a result that every convention of failing shares. */
export interface Good<Value> {
  readonly ok: true;
  readonly value: Value;
}

export const good = <Value>(value: Value): Good<Value> => ({ ok: true, value });

export const bad = (...problems: string[]): Result<never> => ({ ok: false, problems });
