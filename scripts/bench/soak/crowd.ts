/**
 * Listeners who come and go, always the same number at each cluster. Each one checks every frame. Who leaves
 * on his own, or because his SCX is about to be killed, takes what he noticed with him into the totals: what is
 * counted is what happened to those whose SCX was alive.
 */
import type { Rng } from '../../../src/lib/rng.js';
import { type Noticed, type Player, startPlayer } from '../players/player.js';

export interface Crowd {
  /** One more at a place, by its index. */
  add(place: number): void;
  /** So many leave, drawn from all, and others come instead. */
  churn(count: number): void;
  /** Those who listen at this server leave, and ask again; returns how many they are. */
  scatter(origin: string): number;
  /** Over all who ever listened; waits and silences are the longest of one. */
  totals(): Noticed;
  readonly size: number;
  stop(): void;
}

interface Seat {
  readonly url: string;
  player: Player;
}

const NOTHING: Noticed = {
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

/** Nobody listens yet; `urls` are the places. */
export function createCrowd(urls: readonly string[], rng: Rng): Crowd {
  const seats: Seat[] = [];
  let departed = NOTHING;

  const replace = (seat: Seat): void => {
    seat.player.stop();
    departed = together(departed, seat.player.noticed());
    seat.player = startPlayer(seat.url);
  };

  return {
    add: (place) => {
      const url = urls[place] as string;
      seats.push({ url, player: startPlayer(url) });
    },
    churn: (count) => rng.sample(seats, count).forEach(replace),
    scatter: (origin) => {
      const there = seats.filter(({ player }) => player.origin === origin);
      there.forEach(replace);
      return there.length;
    },
    totals: () => seats.reduce((sum, { player }) => together(sum, player.noticed()), departed),
    get size() {
      return seats.length;
    },
    stop: () => {
      for (const { player } of seats) player.stop();
    },
  };
}
