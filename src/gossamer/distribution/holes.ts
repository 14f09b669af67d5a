/**
 * Decides when missing ADUs are given up (Beyond §3.8). A hole is kept open for a time, because
 * another upstream may fill it; on a lossy channel repairs.ts asks for it again. It is given up
 * after `gapTimeoutMs`, or earlier when no upstream has the ADUs.
 */
import type { GossamerConfig } from '../core/config.js';
import type { LossCause } from './health/disturbances.js';
import type { ParentChange } from './parent/parent-change.js';
import type { Reception } from './stream/reception.js';
import type { Repairs } from './stream/repairs.js';
import { NOTHING, type Progress, type Stream } from './stream/stream.js';

export interface HolesOptions {
  readonly config: GossamerConfig;
  readonly stream: Stream;
  readonly repairs: Repairs | undefined;
  readonly reception: Reception;
  readonly parentChange: ParentChange;
}

export interface Holes {
  /** When the present hole is given up; Infinity: there is none. */
  fillBy(): number;
  giveUpIfDue(now: number): Progress;
}

/** Creates the holes of one flow. */
export function createHoles(options: HolesOptions): Holes {
  const { config, stream, repairs, reception, parentChange } = options;

  const parentHasNothingOlder = (): boolean =>
    (parentChange.parent()?.from ?? 0) > (stream.next() ?? 0);

  /** At once when the parent has nothing older, and no other upstream may fill the hole. */
  const fillBy = (): number => {
    const holeSince = stream.holeSince();
    const lostAt = repairs?.giveUpAt() ?? Number.POSITIVE_INFINITY;
    if (holeSince === undefined) return lostAt;
    const latest = Math.min(holeSince + config.gapTimeoutMs, lostAt);
    return parentHasNothingOlder() ? Math.min(latest, parentChange.othersFillUntil()) : latest;
  };

  /**
   * Skips to a number, but never beyond the newest ADU that has come: what upstreams say of numbers
   * may be a lie, and ADUs that are skipped are never delivered.
   */
  const skipTo = (sequence: number, cause: LossCause, now: number): Progress => {
    const newest = stream.newest();
    if (newest !== undefined && sequence <= newest) return reception.skipTo(sequence, cause, now);
    repairs?.settle(sequence);
    return reception.skipHole(cause, now);
  };

  /** Gives up the present hole; on a lossy channel only the part whose time is up. */
  const giveUp = (now: number): Progress => {
    const lost = repairs?.lostBefore(now);
    if (lost !== undefined) return skipTo(lost, 'givenUp', now);
    const parent = parentChange.parent();
    const isUnkept = parentHasNothingOlder();
    if (isUnkept) return skipTo(parent?.from ?? 0, parent?.skips ?? 'unkept', now);
    return reception.skipHole('givenUp', now);
  };

  return { fillBy, giveUpIfDue: (now) => (now >= fillBy() ? giveUp(now) : NOTHING) };
}
