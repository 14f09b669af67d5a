/**
 * Frames that wait for an Icecast server. Bounded in duration: beyond that the oldest frames are
 * dropped, because a listener of a live stream wants the newest.
 */

/** Longest time of audio that waits, ms. Guess: half of a listener's buffer there. */
const QUEUE_MS_MAX = 10_000;

export interface FrameQueue {
  add(frame: Uint8Array, durationMs: number): void;
  /** Removes and returns the oldest frame. */
  take(): Uint8Array | undefined;
  isEmpty(): boolean;
  /** The audio that has been dropped since the last call, ms. */
  takeLostMs(): number;
}

/** Creates an empty queue. */
export function createFrameQueue(): FrameQueue {
  const waiting: { readonly frame: Uint8Array; readonly durationMs: number }[] = [];
  let waitingMs = 0;
  let lostMs = 0;
  const shift = () => {
    const first = waiting.shift();
    waitingMs = waiting.length === 0 ? 0 : waitingMs - (first?.durationMs ?? 0);
    return first;
  };
  return {
    add: (frame, durationMs) => {
      waiting.push({ frame, durationMs });
      waitingMs += durationMs;
      while (waitingMs > QUEUE_MS_MAX) lostMs += shift()?.durationMs ?? 0;
    },
    take: () => shift()?.frame,
    isEmpty: () => waiting.length === 0,
    takeLostMs: () => {
      const loss = lostMs;
      lostMs = 0;
      return loss;
    },
  };
}
