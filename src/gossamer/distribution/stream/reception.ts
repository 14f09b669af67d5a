/**
 * Receives the ADUs of one source's channel: each is counted, put in order (stream.ts), and
 * delivered once. All parts that follow the flow are notified here: repairs, the usual interval,
 * and the counts of disturbances.
 */

import type { Adu } from '../../core/node.js';
import type { FlowWatch, LossCause } from '../health/disturbances.js';
import type { UsualInterval } from '../health/usual-interval.js';
import type { Repairs } from './repairs.js';
import { NOTHING, type Progress, type Stream } from './stream.js';

/** Counts of each source and channel; `status` shows them. */
export interface FlowCounters {
  received: number;
  delivered: number;
  forwarded: number;
  duplicate: number;
  /** Given up: no upstream had it any more, or it did not come in time. */
  missed: number;
  /** From a node that is not our next hop: dropped by the reverse-path check. */
  stray: number;
}

export interface ReceptionOptions {
  readonly stream: Stream;
  readonly counters: FlowCounters;
  /** On a lossy channel. */
  readonly repairs: Repairs | undefined;
  readonly usualInterval: UsualInterval;
  /** On the first channel. */
  readonly watch: FlowWatch | undefined;
}

export interface Reception {
  accept(adu: Adu, now: number): Progress;
  /** Gives up all before a number. */
  skipTo(sequence: number, cause: LossCause, now: number): Progress;
  /** Gives up the present hole. */
  skipHole(cause: LossCause, now: number): Progress;
  /** Notes that the stream begins, where nothing has arrived yet. */
  onBegun(cause: LossCause, now: number): Progress;
}

/** Creates the reception of one channel; nothing has arrived. */
export function createReception(options: ReceptionOptions): Reception {
  const { stream, counters, repairs, usualInterval, watch } = options;

  /** What is delivered or given up is missing no more. */
  const settle = (progress: Progress, cause: LossCause, now: number): Progress => {
    const next = stream.next();
    if (next !== undefined) repairs?.settle(next);
    for (const delivered of progress.delivered) usualInterval.heard(delivered);
    watch?.onLost(progress.missed, cause);
    watch?.onDelivered(progress.delivered, now);
    return progress;
  };

  return {
    accept: (adu, now) => {
      counters.received++;
      if (stream.isDuplicate(adu)) {
        counters.duplicate++;
        return NOTHING;
      }
      if (repairs?.onArrived(adu.sequence, now)) watch?.onRetransmission();
      return settle(stream.accept(adu, now), 'givenUp', now);
    },
    skipTo: (sequence, cause, now) => settle(stream.skipTo(sequence, now), cause, now),
    skipHole: (cause, now) => settle(stream.skipHole(now), cause, now),
    onBegun: (cause, now) => settle(NOTHING, cause, now),
  };
}
