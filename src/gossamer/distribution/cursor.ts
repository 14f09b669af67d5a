/**
 * The position of one child in one flow (§3.8). A child is a cursor into the stream's cache: it
 * begins where the child asked, or with the recent ADUs, and advances as ADUs come. It skips ADUs
 * that are no longer kept.
 *
 * §4: "SCXs can provide intelligent congestion management via techniques such as buffering": a
 * child whose link is too slow for long skips, too.
 *
 * On a lossy channel the child asks again for lost ADUs (repairs.ts). It receives the end of the
 * stream and the numbers of ADUs that it will never get; otherwise nothing is skipped.
 */
import { type Context, sendData } from '../core/context.js';
import type { SequenceRange } from '../core/message.js';
import type { Adu, Member } from '../core/node.js';
import type { Flow } from './flow.js';

/**
 * On a lossy channel a child that was sent nothing for this time is told where the stream ends, so
 * that it also notices the loss of the last ADUs, ms. Guess.
 */
const HEAD_MS = 150;

/** ADUs that one request brings again, at most. Guess: 7 s of MP3 frames. */
const REPAIRS_MAX = 256;

/**
 * How much of the past a child is sent at once, ms of the source's time; the rest follows soon. If
 * the link carries too little, that shows in between, and the rest can still be skipped. Guess.
 */
const SERVED_AT_ONCE_MS = 4000;

export interface Cursor {
  /** Sends the child what it has not been sent; it may be owed the rest. */
  serve(): void;
  /** Whether it knows where it begins, and could be sent more at once. */
  isOwed(): boolean;
  /** Sends lost ADUs again. */
  repair(ranges: readonly SequenceRange[]): void;
  /** Tells where the stream ends, if that is due. */
  tellHead(now: number): void;
  /** From when on tellHead() has something to do, if nothing happens before. */
  headAt(): number;
}

export interface CursorOptions {
  readonly context: Context;
  readonly flow: Flow;
  readonly member: Member;
  /** The number that the child wants first; null: a recent one. */
  readonly from: number | null;
}

/**
 * Creates the notice that tells a child where the stream ends, once it has been sent nothing for
 * HEAD_MS.
 */
function createHeadNotice(next: () => number | undefined, send: (next: number) => void) {
  /** How far it had been served at the last look, and when that was. */
  let seen: number | undefined;
  let seenAt = 0;
  let told: number | undefined;
  const at = (): number => {
    if (next() === told) return Number.POSITIVE_INFINITY;
    return next() === seen ? seenAt + HEAD_MS : Number.NEGATIVE_INFINITY;
  };
  return {
    at,
    tellIfDue: (now: number): void => {
      const end = next();
      if (end === undefined || now < at()) return;
      if (end !== seen) {
        seen = end;
        seenAt = now;
        return;
      }
      told = end;
      send(end);
    },
  };
}

/** Creates the cursor of a child that has not been sent anything. */
export function createCursor({ context, flow, member, from }: CursorOptions): Cursor {
  const { config } = context;
  const { source, channel, stream, counters } = flow;
  const isLossy = config.lossyChannels.includes(channel);
  /** The number that it is sent next; undefined: a recent one, once there is any. */
  let next = from ?? undefined;
  /** Whether it was told where it begins. */
  let isTold = false;
  /** Whether it has caught up once; only then is lag counted. */
  let hasCaughtUp = false;

  const head = createHeadNotice(
    () => next,
    (end) => sendData(context, member, channel, { kind: 'head', source, channel, next: end }),
  );

  const forward = (adu: Adu): void => {
    counters.forwarded++;
    context.emit({ kind: 'forward', to: member.id, adu });
  };

  const continueFrom = (first: number): void => {
    next = first;
    isTold = true;
    sendData(context, member, channel, { kind: 'subscribed', source, channel, from: first });
  };

  /**
   * Beyond: a child whose link carries too little skips to live before the cache runs dry: when
   * half of it is used up, so that a better parent still has the rest. A child that fills a hole
   * gets all of it.
   */
  const mustSkip = (): boolean =>
    hasCaughtUp && next !== undefined && stream.behindMs(next) > config.cacheMs / 2;

  /** Sets where the child begins, or where it continues when it cannot have everything. */
  const position = (): void => {
    const end = stream.next();
    if (end === undefined || (isTold && isLossy)) return;
    if (mustSkip()) return continueFrom(end - 1);
    const wanted = next ?? (stream.recentStart() as number);
    const first = wanted >= end ? wanted : stream.keptFrom(wanted);
    if (!isTold || first !== next) continueFrom(first);
  };

  const tellLost = (first: number, end: number): void => {
    const range = { from: first, count: end - first };
    sendData(context, member, channel, { kind: 'lost', source, channel, range });
  };

  /** The next ADU is no longer kept: the child continues with the first one that is. */
  const skipLost = (missing: number): void => {
    const kept = stream.keptFrom(missing);
    if (!isLossy) return continueFrom(kept);
    // It may still ask again for what it was sent before.
    tellLost(missing, kept);
    next = kept;
  };

  const serve = (): void => {
    position();
    let firstMs: number | undefined;
    while (next !== undefined && next < (stream.next() ?? 0)) {
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

  return {
    serve,
    isOwed() {
      return isTold && (next ?? 0) < (stream.next() ?? 0);
    },
    repair: (ranges) => {
      let left = REPAIRS_MAX;
      for (const range of ranges) {
        // What was not sent yet is missing here, too: it is forwarded when it comes.
        const end = Math.min(range.from + Math.min(range.count, left), next ?? 0);
        left -= Math.max(0, end - range.from);
        for (let sequence = range.from; sequence < end; sequence++) repairOne(sequence);
      }
    },
    tellHead: (now) => {
      if (isLossy) head.tellIfDue(now);
    },
    headAt: () => (isLossy ? head.at() : Number.POSITIVE_INFINITY),
  };
}
