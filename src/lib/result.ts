/** The answer of a parser of untrusted input: the value, or every problem found, in plain words. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly string[] };

export const good = <Value>(value: Value): Result<Value> => ({ ok: true, value });

export const bad = (...problems: string[]): Result<never> => ({ ok: false, problems });
