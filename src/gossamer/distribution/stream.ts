/**
 * One source's ADUs on one channel, in order. Beyond §3.8: ADUs are numbered, and every SCX keeps the
 * last seconds of them. So a child that changes parents asks the new one for what it has not had; what
 * both parents send is told apart by number, delivered once, and in order.
 *
 * Bounded: `cacheMs` and `cacheBytesMax` for the past, EARLY_MAX and again `cacheBytesMax` for what
 * arrives too early.
 */
import type { GossamerConfig } from '../core/config.js';
import type { Adu } from '../core/node.js';

/** ADUs that may wait for a hole before them to be filled. Guess: 27 s of MP3 frames. */
const EARLY_MAX = 1024;

/** What an ADU costs beside its payload, so that empty ones are bounded, too, bytes. Guess. */
const ADU_OVERHEAD_BYTES = 100;

const sizeOf = (adu: Adu): number => adu.payload.length + ADU_OVERHEAD_BYTES;

/** What became of an input: ADUs to deliver, in order, and how many are given up for good. */
export interface Progress {
  readonly missed: number;
  readonly delivered: readonly Adu[];
}

/** No ADU delivered, none given up. */
export const NOTHING: Progress = { missed: 0, delivered: [] };

export interface Stream {
  /** The number that is delivered next; undefined before the first ADU. */
  readonly next: number | undefined;
  /** Since when a hole has been waiting to be filled, ms; undefined: there is none. */
  readonly holeSince: number | undefined;
  accept(adu: Adu, now: number): Progress;
  /** Whether an ADU was there already, or has been given up. */
  isDuplicate(adu: Adu): boolean;
  /** Says where the stream begins, when it has not begun; `last`: the ADU before, if it is known. */
  begin(sequence: number, last?: Adu): void;
  /** Gives up what is missing before a number. */
  skipTo(sequence: number, now: number): Progress;
  /** Gives up the present hole. */
  skipHole(now: number): Progress;
  /** A kept ADU. */
  get(sequence: number): Adu | undefined;
  /** The lowest number at or after this one that is kept; `next` when there is none. */
  keptFrom(sequence: number): number;
  /** How much older than the newest ADU is the first that is kept at or after a number, ms. */
  behindMs(sequence: number): number;
  /** Where a newcomer begins: the last `recentMs`, at least the last ADU. */
  recentStart(): number | undefined;
}

/** A stream of which nothing is known. */
export function createStream(config: GossamerConfig): Stream {
  let next: number | undefined;
  let holeSince: number | undefined;
  const early = new Map<number, Adu>();
  /** The past, by number, oldest first. */
  const cache = new Map<number, Adu>();
  let cachedBytes = 0;
  let earlyBytes = 0;

  const newestMs = (): number => cache.get((next as number) - 1)?.timestampMs ?? 0;

  const keep = (adu: Adu): void => {
    cache.set(adu.sequence, adu);
    cachedBytes += sizeOf(adu);
    for (const [sequence, old] of cache) {
      const isOld = adu.timestampMs - old.timestampMs > config.cacheMs;
      // The last one stays however old: it is what a quiet channel tells a newcomer.
      if (cache.size === 1 || (!isOld && cachedBytes <= config.cacheBytesMax)) break;
      cache.delete(sequence);
      cachedBytes -= sizeOf(old);
    }
  };

  const takeEarly = (sequence: number): Adu | undefined => {
    const adu = early.get(sequence);
    if (adu === undefined) return undefined;
    early.delete(sequence);
    earlyBytes -= sizeOf(adu);
    return adu;
  };

  const drain = (first: Adu | undefined, now: number): Adu[] => {
    const delivered: Adu[] = [];
    for (let adu = first; adu !== undefined; adu = takeEarly(next as number)) {
      next = adu.sequence + 1;
      keep(adu);
      delivered.push(adu);
    }
    holeSince = early.size === 0 ? undefined : delivered.length > 0 ? now : (holeSince ?? now);
    return delivered;
  };

  const skipTo: Stream['skipTo'] = (sequence, now) => {
    if (next === undefined || sequence <= next) return NOTHING;
    const delivered: Adu[] = [];
    let missed = sequence - next;
    // What came early is not lost: it is delivered on the way.
    for (const key of [...early.keys()].filter((k) => k < sequence).sort((a, b) => a - b)) {
      const adu = takeEarly(key) as Adu;
      next = key + 1;
      keep(adu);
      delivered.push(adu);
      missed--;
    }
    next = sequence;
    delivered.push(...drain(takeEarly(sequence), now));
    return { missed, delivered };
  };

  const skipHole = (now: number): Progress =>
    early.size === 0 ? NOTHING : skipTo(Math.min(...early.keys()), now);

  const keptFrom = (sequence: number): number => {
    if (cache.has(sequence)) return sequence;
    for (const kept of cache.keys()) if (kept >= sequence) return kept;
    return next ?? sequence;
  };

  return {
    get next() {
      return next;
    },
    get holeSince() {
      return holeSince;
    },
    isDuplicate: (adu) => (next !== undefined && adu.sequence < next) || early.has(adu.sequence),
    accept: (adu, now) => {
      next ??= adu.sequence;
      if (adu.sequence === next) return { missed: 0, delivered: drain(adu, now) };
      if (adu.sequence < next) return NOTHING;
      if (early.has(adu.sequence)) return NOTHING;
      early.set(adu.sequence, adu);
      earlyBytes += sizeOf(adu);
      holeSince ??= now;
      const isTooMuch = early.size > EARLY_MAX || earlyBytes > config.cacheBytesMax;
      return isTooMuch ? skipHole(now) : NOTHING;
    },
    begin: (sequence, last) => {
      if (next !== undefined) return;
      next = sequence;
      if (last !== undefined) keep(last);
    },
    skipTo,
    skipHole,
    get: (sequence) => cache.get(sequence),
    keptFrom,
    behindMs: (sequence) => {
      if (next === undefined || sequence >= next) return 0;
      const first = cache.get(sequence) ?? cache.get(keptFrom(sequence));
      return first === undefined ? 0 : newestMs() - first.timestampMs;
    },
    recentStart: () => {
      if (next === undefined) return undefined;
      const newest = newestMs();
      for (const [sequence, adu] of cache) {
        if (newest - adu.timestampMs <= config.recentMs || sequence === next - 1) return sequence;
      }
      return next;
    },
  };
}
