/**
 * The last seconds of one source's channel (Beyond §3.8; §4: "buffering"). A child that changes
 * parents asks the new one for what it has missed, and a newcomer begins with the recent ADUs.
 * Bounded by `cacheMs` and `cacheBytesMax`.
 */
import type { GossamerConfig } from '../../core/config.js';
import type { Adu } from '../../core/node.js';

/** The memory of an ADU besides its payload, so that empty ones are bounded, too, bytes. Guess. */
const ADU_OVERHEAD_BYTES = 100;

/** The memory that an ADU counts with, bytes. */
export const sizeOf = (adu: Adu): number => adu.payload.length + ADU_OVERHEAD_BYTES;

export interface AduCache {
  /** The memory of all kept ADUs, bytes. */
  bytes(): number;
  /** Drops the oldest ADU; false: there is none. */
  dropOldest(): boolean;
  get(sequence: number): Adu | undefined;
  /** Adds the next ADU; the oldest ones make room. */
  add(adu: Adu): void;
  /** The lowest kept number at or after this one; undefined: there is none. */
  firstFrom(sequence: number): number | undefined;
  /** Where a newcomer begins: the last `recentMs` before `next`, at least the last ADU. */
  recentStart(next: number): number;
}

/** Creates an empty cache. */
export function createAduCache(config: GossamerConfig): AduCache {
  /** By number, the oldest first. */
  const cache = new Map<number, Adu>();
  let bytes = 0;
  const drop = (old: Adu): void => {
    cache.delete(old.sequence);
    bytes -= sizeOf(old);
  };

  return {
    bytes() {
      return bytes;
    },
    dropOldest: () => {
      const [oldest] = cache.values();
      if (oldest !== undefined) drop(oldest);
      return oldest !== undefined;
    },
    get: (sequence) => cache.get(sequence),
    add: (adu) => {
      cache.set(adu.sequence, adu);
      bytes += sizeOf(adu);
      for (const old of cache.values()) {
        const isOld = adu.timestampMs - old.timestampMs > config.cacheMs;
        // The last one stays however old it is: on a quiet channel newcomers need it.
        if (cache.size === 1 || (!isOld && bytes <= config.cacheBytesMax)) break;
        drop(old);
      }
    },
    firstFrom: (sequence) => {
      // Speed only: the search below finds it, too.
      if (cache.has(sequence)) return sequence;
      for (const kept of cache.keys()) if (kept >= sequence) return kept;
      return undefined;
    },
    recentStart: (next) => {
      const newestMs = cache.get(next - 1)?.timestampMs ?? 0;
      for (const [sequence, adu] of cache) {
        const isRecent = newestMs - adu.timestampMs <= config.recentMs;
        if (isRecent || sequence === next - 1) return sequence;
      }
      return next;
    },
  };
}
