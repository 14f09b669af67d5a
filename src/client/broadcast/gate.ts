/**
 * A gate at which any number of callers wait; each opening lets all of them pass, and then it
 * closes.
 */

export interface Gate {
  /** Resolves when the gate is opened the next time. */
  wait(): Promise<void>;
  open(): void;
}

/** Creates a gate without waiting callers. */
export function createGate(): Gate {
  let waiting: (() => void)[] = [];
  return {
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    open: () => {
      const woken = waiting;
      waiting = [];
      for (const resolve of woken) resolve();
    },
  };
}
