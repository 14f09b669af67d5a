/**
 * What one child is sent of one flow (§3.8). A child is a cursor into the stream's cache: it begins where the
 * child asked for, or with the recent ADUs, and goes on as ADUs come. What is no longer kept it skips.
 *
 * §4: "SCXs can provide intelligent congestion management via techniques such as buffering": a child whose
 * link is too slow for long skips, too.
 *
 * On a lossy channel the child asks again for what was lost on the way (repairs.ts), is told where the
 * stream ends, and skips nothing without a word on what is lost.
 */
import { type Context, sendData } from '../core/context.js';
import type { SequenceRange } from '../core/message.js';
import type { Adu, Member } from '../core/node.js';
import type { Flow } from './flow.js';

/**
 * On a lossy channel nobody misses the last of what was sent: a child that was sent nothing for so long
 * is told where the stream ends, ms. Guess.
 */
const HEAD_MS = 150;

/** ADUs that one request brings again, at most. Guess: 7 s of MP3 frames. */
const REPAIRS_MAX = 256;

/**
 * A child is sent at once no more than so much of the past, of the source's time, and the rest soon: if its
 * link carries too little that shows in between, and the rest stays here, where it can be skipped, ms. Guess.
 */
const SERVED_AT_ONCE_MS = 4000;

export interface Cursor {
  /** Sends the child what it has not had; it may be owed the rest. */
  serve(): void;
  /** Whether it has been told where it begins, and could be sent more at once. */
  readonly isOwed: boolean;
  /** Sends again what was lost on the way. */
  repair(ranges: readonly SequenceRange[]): void;
  /** Tells where the stream ends, if that is due. */
  tellHead(now: number): void;
  /** From when on tellHead() has something to do, if nothing happens before. */
  headAt(): number;
}

/** Of a child that has had nothing. @param from the number that it wants first; null: a recent one */
export function createCursor(
  context: Context,
  flow: Flow,
  member: Member,
  from: number | null,
): Cursor {
  const { config } = context;
  const { source, channel, stream, counters } = flow;
  const isLossy = config.lossyChannels.includes(channel);
  /** The number that it gets next; undefined: from the recent ones, once there are any. */
  let next = from ?? undefined;
  let isTold = false;
  /** It has had all that there was, once: from then on it may fall behind. */
  let hasCaughtUp = false;
  /** On a lossy channel: how far it had been served at the last look, when that was, and was told. */
  let seen: number | undefined;
  let seenAt = 0;
  let toldHead: number | undefined;

  const forward = (adu: Adu): void => {
    counters.forwarded++;
    context.emit({ kind: 'forward', to: member.id, adu });
  };

  const goOnFrom = (first: number): void => {
    next = first;
    isTold = true;
    sendData(context, member, channel, { kind: 'subscribed', source, channel, from: first });
  };

  /**
   * Beyond: a child whose link carries too little skips to live before the cache runs dry: when half of it
   * is used up, so that the rest is there for it at a better parent. Who fills a hole has all of it.
   */
  const mustSkip = (): boolean =>
    hasCaughtUp && next !== undefined && stream.behindMs(next) > config.cacheMs / 2;

  /** Where it begins, or goes on when it cannot have all. */
  const place = (): void => {
    if (stream.next === undefined || (isTold && isLossy)) return;
    if (mustSkip()) return goOnFrom(stream.next - 1);
    const wanted = next ?? (stream.recentStart() as number);
    const first = wanted >= stream.next ? wanted : stream.keptFrom(wanted);
    if (!isTold || first !== next) goOnFrom(first);
  };

  const tellLost = (first: number, end: number): void => {
    const range = { from: first, count: end - first };
    if (range.count > 0)
      sendData(context, member, channel, { kind: 'lost', source, channel, range });
  };

  /** What it needs next is no longer kept: it goes on with what is. */
  const skipLost = (missing: number): void => {
    const kept = stream.keptFrom(missing);
    if (!isLossy) return goOnFrom(kept);
    // What it was sent before that it may yet ask for again.
    tellLost(missing, kept);
    next = kept;
  };

  const serve = (): void => {
    place();
    let firstMs: number | undefined;
    while (next !== undefined && next < (stream.next ?? 0)) {
      const adu = stream.get(next);
      if (adu === undefined) {
        skipLost(next);
        continue;
      }
      firstMs ??= adu.timestampMs;
      if (adu.timestampMs - firstMs > SERVED_AT_ONCE_MS) return;
      next++;
      forward(adu);
    }
    hasCaughtUp = isTold;
  };

  const repairOne = (sequence: number): void => {
    const adu = stream.get(sequence);
    if (adu === undefined) tellLost(sequence, sequence + 1);
    else forward(adu);
  };

  const headAt = (): number => {
    if (!isLossy || next === toldHead) return Number.POSITIVE_INFINITY;
    return next === seen ? seenAt + HEAD_MS : Number.NEGATIVE_INFINITY;
  };

  return {
    serve,
    get isOwed() {
      return isTold && (next ?? 0) < (stream.next ?? 0);
    },
    repair: (ranges) => {
      let left = REPAIRS_MAX;
      for (const range of ranges) {
        // What we have not sent yet we lack ourselves: it is forwarded when it comes.
        const end = Math.min(range.from + Math.min(range.count, left), next ?? 0);
        left -= Math.max(0, end - range.from);
        for (let sequence = range.from; sequence < end; sequence++) repairOne(sequence);
      }
    },
    tellHead: (now) => {
      if (next === undefined || now < headAt()) return;
      if (next !== seen) {
        seen = next;
        seenAt = now;
        return;
      }
      toldHead = next;
      sendData(context, member, channel, { kind: 'head', source, channel, next });
    },
    headAt,
  };
}
