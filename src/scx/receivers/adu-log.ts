/**
 * The last seconds of one channel, in the order in which its ADUs are passed on. A client that
 * receives is a cursor into it, so it needs no queue of its own. A client that comes from another SCX,
 * or whose connection broke, tells which numbers it has, and goes on behind them: nothing is lost or
 * sent twice as long as it is back before what it misses is dropped.
 *
 * The payloads are those that the overlay holds as well, so a log costs little more than its entries.
 *
 * Bounded: KEEP_MS and BYTES_MAX; the last ADU of LASTS_MAX sources.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

/** What a client has: by source, the number that it wants next. */
type Positions = ReadonlyMap<SourceId, number>;

/** Where a client begins. */
interface Beginning {
  /** ADUs that it gets before all others, as they still hold: the last slide, the last title. */
  readonly first: readonly Adu[];
  /** The cursor of what follows. */
  readonly cursor: number;
}

/** The ADUs of one channel. */
export interface AduLog {
  add(adu: Adu, now: number): void;
  /** The ADU at a cursor; undefined: it is dropped, or has not come. */
  at(cursor: number): Adu | undefined;
  /** The cursor of the oldest ADU that is kept, and the one of the next that comes. */
  readonly start: number;
  readonly end: number;
  /** Where a client with these positions begins; without any, with what is recent. */
  begin(positions: Positions, now: number): Beginning;
  /** The source has left: what it sent last holds no longer. */
  onSourceDown(source: SourceId): void;
}

export interface AduLogOptions {
  /**
   * What a client without a position gets of the past, ms of the source's time. Undefined: the last
   * ADU of each source, however old it is.
   */
  readonly burstMs?: number | undefined;
  /** Silence after which there is nothing to begin with, ms. */
  readonly staleMs: number;
}

/** As long as the overlay keeps ADUs (GossamerConfig.cacheMs), ms. */
const KEEP_MS = 20_000;
/** Enough for 20 s at 800 kbit/s. Guess. */
const BYTES_MAX = 2 * 1024 * 1024;
/** Gossamer's limit, see config.sourcesMax. */
const LASTS_MAX = 64;

interface Entry {
  readonly adu: Adu;
  readonly at: number;
}

/** Creates an empty log. */
export function createAduLog({ burstMs, staleMs }: AduLogOptions): AduLog {
  let entries: Entry[] = [];
  /** The cursor of the first entry. */
  let start = 0;
  let bytes = 0;
  const lasts = createBoundedMap<SourceId, Adu>(LASTS_MAX);

  const drop = (now: number): void => {
    let count = 0;
    for (const { adu, at } of entries) {
      if (now - at <= KEEP_MS && bytes <= BYTES_MAX) break;
      bytes -= adu.payload.length;
      count++;
    }
    if (count === 0) return;
    entries = entries.slice(count);
    start += count;
  };

  const burstStart = (now: number): number => {
    const newest = entries.at(-1);
    if (burstMs === undefined || newest === undefined || now - newest.at > staleMs) {
      return entries.length;
    }
    const { source, timestampMs } = newest.adu;
    const before = entries.findLastIndex(
      ({ adu }) => adu.source !== source || timestampMs - adu.timestampMs > burstMs,
    );
    return before + 1;
  };

  /** Behind the last ADU of the source that the client has, or at the first one that is kept. */
  const indexAfter = (source: SourceId, next: number): number | undefined => {
    const had = entries.findLastIndex(({ adu }) => adu.source === source && adu.sequence < next);
    if (had !== -1) return had + 1;
    const first = entries.findIndex(({ adu }) => adu.source === source);
    return first === -1 ? undefined : first;
  };

  const startIndex = (positions: Positions, now: number): number => {
    const found = [...positions].flatMap(([source, next]) => indexAfter(source, next) ?? []);
    return found.length === 0 ? burstStart(now) : Math.min(...found);
  };

  return {
    add: (adu, now) => {
      entries.push({ adu, at: now });
      bytes += adu.payload.length;
      if (burstMs === undefined) lasts.set(adu.source, adu);
      drop(now);
    },
    at: (cursor) => entries[cursor - start]?.adu,
    get start() {
      return start;
    },
    get end() {
      return start + entries.length;
    },
    begin: (positions, now) => {
      drop(now);
      const index = startIndex(positions, now);
      const following = new Set(entries.slice(index).map(({ adu }) => adu.source));
      const isFirst = ({ source, sequence }: Adu): boolean =>
        !following.has(source) && sequence >= (positions.get(source) ?? 0);
      const first = [...lasts.entries()].map(([, adu]) => adu).filter(isFirst);
      return { first, cursor: start + index };
    },
    onSourceDown: (source) => void lasts.delete(source),
  };
}
