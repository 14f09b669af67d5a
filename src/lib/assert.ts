/**
 * Assertions say that *we* are wrong. They stay on in production: the process dies and its
 * supervisor starts another. Bad input from the world never reaches one.
 */

/**
 * Throws when `condition` is false; use only for what our own code guarantees. A message with values in
 * it is given as a function: it is drawn up only when it is needed.
 */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (condition) return;
  throw new Error(`assertion failed: ${typeof message === 'string' ? message : message()}`);
}

/** The default branch of an exhaustive switch over a union's `kind`. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
