/**
 * Leaving a session in order (§3.5). The machine floods its leave and serves its children until
 * they have other parents; this waits for it, with a deadline in case the machine never gets there.
 */
import type { Input } from '../gossamer/core/effects.js';
import type { GossamerView } from '../gossamer/view.js';

export interface Leaving {
  /** Resolves when the machine has left, or at the deadline; at once if it never joined. */
  leave(): Promise<void>;
  /** The machine has left, or will not run any more. */
  onLeft(): void;
}

/** Creates the departure of one overlay. `leave` resolves after `timeoutMs` at the latest. */
export function createLeaving(
  view: () => GossamerView,
  feed: (input: Input) => void,
  timeoutMs: number,
): Leaving {
  const waiting: (() => void)[] = [];
  let isClosed = false;
  return {
    leave: () =>
      new Promise((done) => {
        const { state } = view();
        if (isClosed || state === 'idle' || state === 'left') return done();
        const deadline = setTimeout(done, timeoutMs);
        waiting.push(() => {
          clearTimeout(deadline);
          done();
        });
        feed({ kind: 'leave' });
      }),
    onLeft: () => {
      isClosed = true;
      for (const done of waiting.splice(0)) done();
    },
  };
}
