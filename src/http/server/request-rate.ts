/**
 * How often an address may have something that costs us: a page, a place that is held for it. A
 * crawler, or a script gone wild, uses up the turns of its own address only, so everybody else gets
 * theirs. A machine's own addresses are not counted: its operator and its monitoring come from there.
 *
 * Bounded: ADDRESSES_MAX addresses; the one that has not asked for longest makes room, so whoever asks all
 * the time stays counted, however many others ask.
 */

import { isLoopback, limitedAs } from './client-address.js';

export interface TurnsOptions {
  /** Turns at once. */
  readonly atOnce: number;
  /** Turns in the long run. */
  readonly perSecond: number;
}

/** The turns of all addresses. */
export interface Turns {
  /** Takes a turn; false if there is none. */
  take(address: string, now: number): boolean;
}

const ADDRESSES_MAX = 4096;

/** Everybody has all turns. */
export function createTurns({ atOnce, perSecond }: TurnsOptions): Turns {
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
      account.turns = Math.max(0, account.turns - ((now - account.at) / 1000) * perSecond);
      account.at = now;
      if (account.turns > atOnce - 1) return false;
      account.turns++;
      return true;
    },
  };
}
