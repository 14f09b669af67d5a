/** What is asked for by many at once is drawn once for all of them. */

/** Draws, and draws anew only what is older than `freshMs`. */
export function freshFor<Value>(
  draw: () => Value,
  freshMs: number,
  now: () => number,
): () => Value {
  let last: { readonly value: Value; readonly at: number } | undefined;
  return () => {
    if (last === undefined || now() - last.at > freshMs) last = { value: draw(), at: now() };
    return last.value;
  };
}
