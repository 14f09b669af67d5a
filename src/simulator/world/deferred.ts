/**
 * Work for a stopped process: it runs when the process continues, in the order in which it came.
 */
import type { SimulatedScx } from './simulated-scx.js';

export interface Deferred {
  /** Runs `action` now; when the SCX is frozen, as soon as it thaws; when it is dead, never. */
  run(scx: SimulatedScx, action: () => void): void;
  /** Runs everything that waited for an SCX that has thawed. */
  release(scx: SimulatedScx): void;
}

/** Creates an empty queue. Bounded by what a run sends to its frozen SCXs. */
export function createDeferred(): Deferred {
  const waiting = new Map<SimulatedScx, (() => void)[]>();
  return {
    run: (scx, action) => {
      if (!scx.isUp) return;
      if (!scx.isFrozen) return action();
      const actions = waiting.get(scx) ?? [];
      waiting.set(scx, actions);
      actions.push(action);
    },
    release: (scx) => {
      const actions = waiting.get(scx) ?? [];
      waiting.delete(scx);
      for (const action of actions) action();
    },
  };
}
