/**
 * Whoever guesses secrets waits for the answer, longer with each wrong guess. The first few are
 * free, because people mistype and tools are set up by trial; nobody else waits, and a right secret
 * is told at once, so that a misconfigured neighbour behind one address locks nobody out.
 *
 * Bounded: ADDRESSES_MAX addresses; the one that failed longest ago is forgotten first.
 */

/** Failures by address, `now` in ms that only grow. */
export interface Slowdown {
  /** Counts a failure, and returns after how many ms it may be told. */
  fail(address: string, now: number): number;
  /** It knows the secret after all. */
  forgive(address: string): void;
}

/** All guesses. */
const FREE = 3;
const FIRST_MS = 500;
const LONGEST_MS = 10_000;
const FORGET_MS = 600_000;
const ADDRESSES_MAX = 1024;

/** Nobody has failed yet. */
export function createSlowdown(): Slowdown {
  const failed = new Map<string, { readonly count: number; readonly at: number }>();

  const countOf = (address: string, now: number): number => {
    const found = failed.get(address);
    return found === undefined || now - found.at > FORGET_MS ? 0 : found.count;
  };

  const remember = (address: string, count: number, now: number): void => {
    failed.delete(address); // behind all others, as the latest
    failed.set(address, { count, at: now });
    const [oldest] = failed.keys();
    if (failed.size > ADDRESSES_MAX && oldest !== undefined) failed.delete(oldest);
  };

  return {
    fail: (address, now) => {
      const count = countOf(address, now) + 1;
      remember(address, count, now);
      if (count <= FREE) return 0;
      return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(count - FREE - 1, 20));
    },
    forgive: (address) => void failed.delete(address),
  };
}
