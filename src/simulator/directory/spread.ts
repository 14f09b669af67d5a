/** When entries were issued, and when they had arrived at how many SCXs. */
import { type AuthorTag, type Entry, type EntryStamp, stampOf } from '../../gossamer/core/entry.js';
import type { Observer } from '../world/world.js';

export interface Spread extends Observer {
  onIssued(stamp: EntryStamp, now: number): void;
  /** The slots of which an entry was issued. */
  readonly size: number;
  /**
   * From the issue of each entry since that instant to its arrival at the last of so many SCXs, ms;
   * Infinity if it did not get there. Entries that were soon replaced are left out.
   */
  since(instant: number, scxs: number): readonly number[];
  /** Whether the newest entry of each slot is among these. */
  hasAll(entries: Iterable<Entry>): boolean;
  /** The entries of this author need not arrive. */
  disregard(author: AuthorTag): void;
}

interface Issued {
  readonly slot: string;
  readonly atMs: number;
  arrived: number;
  lastMs: number;
}

const slotOf = ({ author, slot }: EntryStamp): string => `${author}/${slot}`;

/** Creates a record of nothing. */
export function createSpread(): Spread {
  /** By slot: when its newest entry was issued, by the author's clock. */
  const newest = new Map<string, number>();
  const issued = new Map<string, Issued>();
  const keyOf = (stamp: EntryStamp): string => `${slotOf(stamp)}/${stamp.issuedMs}`;
  const isNewest = (key: string, { slot }: Issued): boolean =>
    key === `${slot}/${newest.get(slot)}`;

  return {
    onIssued: (stamp, now) => {
      newest.set(slotOf(stamp), stamp.issuedMs);
      issued.set(keyOf(stamp), { slot: slotOf(stamp), atMs: now, arrived: 0, lastMs: now });
    },
    onEvent: (_scx, event, now) => {
      const seen = event.kind === 'entry' ? issued.get(keyOf(stampOf(event.entry))) : undefined;
      if (seen === undefined) return;
      seen.arrived++;
      seen.lastMs = now;
    },
    get size() {
      return newest.size;
    },
    since: (instant, scxs) =>
      [...issued]
        .filter(([key, one]) => one.atMs >= instant && isNewest(key, one))
        .map(([, { atMs, arrived, lastMs }]) =>
          arrived < scxs ? Number.POSITIVE_INFINITY : lastMs - atMs,
        ),
    hasAll: (entries) => {
      let found = 0;
      for (const entry of entries) {
        if (newest.get(slotOf(stampOf(entry))) === entry.issuedMs) found++;
      }
      return found === newest.size;
    },
    disregard: (author) => {
      for (const slot of [...newest.keys()]) if (slot.startsWith(author)) newest.delete(slot);
    },
  };
}
