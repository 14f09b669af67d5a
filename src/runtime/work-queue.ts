/**
 * Work that is done a few at a time, and waits in order meanwhile: so a server that is slow costs no
 * more connections and memory than were meant for it.
 *
 * Bounded: `parallel` at a time, `waitingMax` that wait.
 */

export interface WorkQueueOptions {
  /** Started and not done, at most. */
  readonly parallel: number;
  /** Not started, at most. */
  readonly waitingMax: number;
}

/** A queue of work. */
export interface WorkQueue {
  /** Takes work, which must not reject; false if too much waits already. */
  add(work: () => Promise<void>): boolean;
  /** Resolves when all work is done that was taken. */
  drained(): Promise<void>;
}

/** Creates a queue without work. */
export function createWorkQueue({ parallel, waitingMax }: WorkQueueOptions): WorkQueue {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  let onDrained: (() => void)[] = [];

  const startNext = (): void => {
    const work = running < parallel ? waiting.shift() : undefined;
    if (work !== undefined) {
      running++;
      return void work().finally(onDone);
    }
    if (running > 0) return;
    for (const tell of onDrained) tell();
    onDrained = [];
  };

  const onDone = (): void => {
    running--;
    startNext();
  };

  return {
    add: (work) => {
      if (running >= parallel && waiting.length >= waitingMax) return false;
      waiting.push(work);
      startNext();
      return true;
    },
    drained: () =>
      running === 0 ? Promise.resolve() : new Promise((tell) => void onDrained.push(tell)),
  };
}
