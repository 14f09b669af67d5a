/**
 * Listeners that come and go, always the same number at each cluster. Each one checks every frame.
 * A listener leaves at random, or just before its SCX is killed; what it noticed until then goes
 * into the totals. So the totals count what listeners noticed whose SCX was alive.
 */
import type { Rng } from '../../../src/lib/rng.js';
import { type Noticed, type Player, startPlayer } from '../players/player.js';

export interface ListenerPool {
  /** One more at a site, by its index. */
  add(site: number): void;
  /** That number of listeners, drawn from all, leave and are replaced. */
  churn(count: number): void;
  /** The listeners of this server leave and are replaced; returns their number. */
  scatter(origin: string): number;
  /** Sums over all listeners so far; the longest wait and the longest silence. */
  totals(): Noticed;
  readonly size: number;
  stop(): void;
}

interface Slot {
  readonly url: string;
  player: Player;
}

const NO_NOTICE: Noticed = {
  ...{ frames: 0, missed: 0, repeated: 0, foreign: 0 },
  ...{ closed: 0, refused: 0, waitMs: 0, silentMs: 0 },
};

const together = (one: Noticed, other: Noticed): Noticed => ({
  frames: one.frames + other.frames,
  missed: one.missed + other.missed,
  repeated: one.repeated + other.repeated,
  foreign: one.foreign + other.foreign,
  closed: one.closed + other.closed,
  refused: one.refused + other.refused,
  waitMs: Math.max(one.waitMs, other.waitMs),
  silentMs: Math.max(one.silentMs, other.silentMs),
});

/** An empty pool; `urls` has one entry for each site. */
export function createListenerPool(urls: readonly string[], rng: Rng): ListenerPool {
  const slots: Slot[] = [];
  let departed = NO_NOTICE;

  const replace = (slot: Slot): void => {
    slot.player.stop();
    departed = together(departed, slot.player.noticed());
    slot.player = startPlayer(slot.url);
  };

  return {
    add: (site) => {
      const url = urls[site] as string;
      slots.push({ url, player: startPlayer(url) });
    },
    churn: (count) => rng.sample(slots, count).forEach(replace),
    scatter: (origin) => {
      const there = slots.filter(({ player }) => player.origin === origin);
      there.forEach(replace);
      return there.length;
    },
    totals: () => slots.reduce((sum, { player }) => together(sum, player.noticed()), departed),
    get size() {
      return slots.length;
    },
    stop: () => {
      for (const { player } of slots) player.stop();
    },
  };
}
