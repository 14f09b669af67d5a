/** A value that many ask for at once is drawn once for all of them. */

/** Returns a function that draws a value, and draws it again only when it is older than `freshMs`. */
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
