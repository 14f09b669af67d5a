/**
 * How often the pages may be asked for. Listeners have places, pages have turns: a crawler, or a
 * script gone wild, uses up the turns of its own address only, so the operator always gets the
 * status. A machine's own addresses are not counted: its operator and its monitoring come from there.
 *
 * Bounded: ADDRESSES_MAX addresses; the one that has not asked for longest makes room, so whoever asks all
 * the time stays counted, however many others ask.
 */

import { isLoopback, limitedAs } from './forwarded.js';

/** Turns at once, and in the long run per second. Guesses: a page that polls needs one or two. */
const TURNS_MAX = 40;
const TURNS_PER_S = 10;
const ADDRESSES_MAX = 4096;

/** The turns of all addresses. */
export interface PageBudget {
  /** Takes a turn; false if there is none. */
  take(address: string, now: number): boolean;
}

/** Everybody has all turns. */
export function createPageBudget(): PageBudget {
  /** In the order in which they asked last. */
  const spent = new Map<string, { turns: number; at: number }>();

  const accountOf = (address: string, now: number): { turns: number; at: number } => {
    const account = spent.get(address) ?? { turns: 0, at: now };
    spent.delete(address);
    spent.set(address, account);
    const [oldest] = spent.keys();
    if (spent.size > ADDRESSES_MAX && oldest !== undefined) spent.delete(oldest);
    return account;
  };

  return {
    take: (address, now) => {
      if (isLoopback(address)) return true;
      const account = accountOf(limitedAs(address), now);
      account.turns = Math.max(0, account.turns - ((now - account.at) / 1000) * TURNS_PER_S);
      account.at = now;
      if (account.turns > TURNS_MAX - 1) return false;
      account.turns++;
      return true;
    },
  };
}
