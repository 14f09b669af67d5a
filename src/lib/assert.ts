/**
 * Assertions say that *we* are wrong. They stay on in production: the process dies and its
 * supervisor starts another. Bad input from the world never reaches one.
 */

/** Throws when `condition` is false; use only for what our own code guarantees. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The default branch of an exhaustive switch over a union's `kind`. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
