/**
 * Passes on what an encoder has sent, at the pace of playback. While a frame waits for its time the
 * socket is paused, so TCP holds up the sender.
 *
 * Bounded: what waits is one read of the socket.
 */
import type { FramerEvent } from '../../mp3/frames/framer.js';
import type { EncoderPace } from './encoder-pace.js';

export interface PacedQueueOptions {
  readonly pace: EncoderPace;
  now(): number;
  take(event: FramerEvent): void;
  /** Whether nothing more is to be taken. */
  isOver(): boolean;
  /** A frame waits for its time. */
  onHold(): void;
  /** All events are taken. */
  onEmpty(): void;
}

/** Events in their order. */
export interface PacedQueue {
  push(events: readonly FramerEvent[]): void;
  /** Takes what is due, unless a frame is waiting already. */
  pump(): void;
  /** A frame waits for its time. */
  readonly isHolding: boolean;
  stop(): void;
}

/** A frame that waits, waits at least this long, ms: a few frames are sent on together. */
const HOLD_MS_MIN = 100;

/** Creates an empty queue. */
export function createPacedQueue(options: PacedQueueOptions): PacedQueue {
  const { pace, now } = options;
  const queue: FramerEvent[] = [];
  let holding: NodeJS.Timeout | undefined;

  const hold = (ms: number): void => {
    holding = setTimeout(takeDue, Math.max(ms, HOLD_MS_MIN));
    options.onHold();
  };

  const takeDue = (): void => {
    holding = undefined;
    for (let next = queue[0]; next !== undefined && !options.isOver(); next = queue[0]) {
      const waitMs = next.kind === 'frame' ? pace.waitMs(now()) : 0;
      if (waitMs > 0) return hold(waitMs);
      queue.shift();
      options.take(next);
    }
    if (!options.isOver()) options.onEmpty();
  };

  return {
    push: (events) => void queue.push(...events),
    pump: () => {
      if (holding === undefined) takeDue();
    },
    get isHolding() {
      return holding !== undefined;
    },
    stop: () => clearTimeout(holding),
  };
}
