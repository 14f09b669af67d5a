/**
 * One source's ADUs on one channel, in order. Beyond §3.8: ADUs are numbered, and every SCX keeps
 * the last seconds of them. So a child that changes parents asks the new one for what it has
 * missed; what both parents send is recognised by its number, delivered once, and in order.
 *
 * Bounded: adu-cache.ts for the past; EARLY_MAX and `cacheBytesMax` for ADUs that arrive too early;
 * adu-memory.ts for those of all streams together.
 */
import type { GossamerConfig } from '../../core/config.js';
import type { Adu } from '../../core/node.js';
import { createAduCache, sizeOf } from './adu-cache.js';
import { type AduHolder, type AduMemory, createAduMemory } from './adu-memory.js';

/** ADUs that may wait for a hole before them to be filled. Guess: 27 s of MP3 frames. */
const EARLY_MAX = 1024;

/**
 * The result of an input: ADUs to deliver, in order, and the number of ADUs that are given up for
 * good.
 */
export interface Progress {
  readonly missed: number;
  readonly delivered: readonly Adu[];
}

/** No ADU delivered, none given up. */
export const NOTHING: Progress = { missed: 0, delivered: [] };

export interface Stream {
  /** The number that is delivered next; undefined before the first ADU. */
  next(): number | undefined;
  /** The highest number that waits for a hole before it to be filled. */
  newest(): number | undefined;
  /** Since when a hole has been waiting to be filled, ms; undefined: there is none. */
  holeSince(): number | undefined;
  accept(adu: Adu, now: number): Progress;
  /** Whether an ADU was received before, or has been given up. */
  isDuplicate(adu: Adu): boolean;
  /** Sets where the stream begins, unless it has begun; `last`: the ADU before, if it is known. */
  begin(sequence: number, last?: Adu): void;
  /**
   * Sets where an upstream says that the stream begins, unless it has begun. It may be wrong: the
   * first ADU decides, if it comes from elsewhere.
   */
  expect(sequence: number): void;
  /** Gives up what is missing before a number. */
  skipTo(sequence: number, now: number): Progress;
  /** Gives up the present hole. */
  skipHole(now: number): Progress;
  /** A kept ADU. */
  get(sequence: number): Adu | undefined;
  /** The lowest number at or after this one that is kept; `next` when there is none. */
  keptFrom(sequence: number): number;
  /** How much older than the newest ADU the first one is that is kept at or after a number, ms. */
  behindMs(sequence: number): number;
  /** How much older than the newest delivered ADU another one is, ms of the source's time. */
  ageMs(adu: Adu): number;
  /** Where a newcomer begins: the last `recentMs`, at least the last ADU. */
  recentStart(): number | undefined;
  /** Nothing is held any more. */
  close(): void;
}

/** Creates a stream of which nothing is known. @param memory that of all streams */
export function createStream(
  config: GossamerConfig,
  memory: AduMemory = createAduMemory(config),
): Stream {
  const cache = createAduCache(config);
  /** ADUs that wait for a hole before them. */
  const early = new Map<number, Adu>();
  let earlyBytes = 0;
  let next: number | undefined;
  let holeSince: number | undefined;
  /** Whether `next` is only what an upstream has said. */
  let isExpected = false;
  /** As the memory of all streams was told last. */
  let toldBytes = 0;

  const holder: AduHolder = {
    bytes() {
      return toldBytes;
    },
    dropOne: () => {
      // Those that wait are dropped last: nobody sends them again.
      if (!cache.dropOldest()) takeEarly([...early.keys()].at(-1) as number);
      if (early.size === 0) holeSince = undefined;
      tellMemory();
    },
  };
  memory.holders.add(holder);

  const tellMemory = (): void => {
    const change = cache.bytes() + earlyBytes - toldBytes;
    toldBytes += change;
    memory.onChange(change);
  };

  /** Tells the memory of what a step has changed. */
  const told = (progress: Progress): Progress => {
    tellMemory();
    return progress;
  };

  const takeEarly = (sequence: number): Adu | undefined => {
    const adu = early.get(sequence);
    if (adu === undefined) return undefined;
    early.delete(sequence);
    earlyBytes -= sizeOf(adu);
    return adu;
  };

  /** Delivers an ADU, and all that follow it without a hole. */
  const deliverFrom = (first: Adu | undefined, now: number): Adu[] => {
    const delivered: Adu[] = [];
    for (let adu = first; adu !== undefined; adu = takeEarly(next as number)) {
      next = adu.sequence + 1;
      cache.add(adu);
      delivered.push(adu);
    }
    holeSince = early.size === 0 ? undefined : delivered.length > 0 ? now : (holeSince ?? now);
    return delivered;
  };

  const skipTo = (sequence: number, now: number): Progress => {
    if (next === undefined || sequence <= next) return NOTHING;
    const delivered: Adu[] = [];
    let missed = sequence - next;
    // Early ADUs are not lost: they are delivered on the way.
    const earlier = [...early.keys()].filter((key) => key < sequence).sort((a, b) => a - b);
    for (const key of earlier) {
      const adu = takeEarly(key) as Adu;
      next = key + 1;
      cache.add(adu);
      delivered.push(adu);
      missed--;
    }
    next = sequence;
    delivered.push(...deliverFrom(takeEarly(sequence), now));
    return { missed, delivered };
  };

  const skipHole = (now: number): Progress =>
    early.size === 0 ? NOTHING : skipTo(Math.min(...early.keys()), now);

  /** Whether no ADU has come, and one with this number belongs to another place than expected. */
  const isElsewhere = (sequence: number): boolean =>
    isExpected && next !== undefined && (sequence < next || sequence > next + EARLY_MAX);

  const isDuplicate = ({ sequence }: Adu): boolean =>
    !isElsewhere(sequence) && ((next !== undefined && sequence < next) || early.has(sequence));

  const accept = (adu: Adu, now: number): Progress => {
    if (isElsewhere(adu.sequence)) next = undefined;
    isExpected = false;
    next ??= adu.sequence;
    if (adu.sequence === next) return { missed: 0, delivered: deliverFrom(adu, now) };
    if (adu.sequence < next || early.has(adu.sequence)) return NOTHING;
    early.set(adu.sequence, adu);
    earlyBytes += sizeOf(adu);
    holeSince ??= now;
    const isTooMuch = early.size > EARLY_MAX || earlyBytes > config.cacheBytesMax;
    return isTooMuch ? skipHole(now) : NOTHING;
  };

  const keptFrom = (sequence: number): number => cache.firstFrom(sequence) ?? next ?? sequence;

  return {
    next() {
      return next;
    },
    holeSince() {
      return holeSince;
    },
    isDuplicate,
    expect: (sequence) => {
      isExpected ||= next === undefined;
      next ??= sequence;
    },
    newest() {
      return early.size === 0 ? undefined : Math.max(...early.keys());
    },
    accept: (adu, now) => told(accept(adu, now)),
    begin: (sequence, last) => {
      if (next !== undefined) return;
      next = sequence;
      if (last !== undefined) cache.add(last);
      tellMemory();
    },
    skipTo: (sequence, now) => told(skipTo(sequence, now)),
    skipHole: (now) => told(skipHole(now)),
    get: cache.get,
    keptFrom,
    behindMs: (sequence) => {
      if (next === undefined || sequence >= next) return 0;
      const first = cache.get(sequence) ?? cache.get(keptFrom(sequence));
      const newestMs = cache.get(next - 1)?.timestampMs ?? 0;
      return first === undefined ? 0 : newestMs - first.timestampMs;
    },
    ageMs: ({ timestampMs }) => {
      const newest = next === undefined ? undefined : cache.get(next - 1);
      return newest === undefined ? 0 : newest.timestampMs - timestampMs;
    },
    recentStart: () => (next === undefined ? undefined : cache.recentStart(next)),
    close: () => {
      memory.holders.delete(holder);
      memory.onChange(-toldBytes);
    },
  };
}
