/** Lets a world's time pass while somebody looks at its SCXs again and again, as a recording does. */
import type { SimulatedScx } from '../world/simulated-scx.js';
import type { World } from '../world/world.js';

/** A look at the SCXs of a world at regular intervals. */
export interface Looks {
  /** Simulated time between two looks, ms. */
  readonly intervalMs: number;
  onLook(nowMs: number, scxs: readonly SimulatedScx[]): void;
}

/** Runs to an instant. Looking changes nothing: a run with looks is the same run. */
export function runLooking(world: World, until: number, looks: Looks | undefined): void {
  if (looks === undefined) return world.runUntil(until);
  while (world.now() < until) {
    const next = (Math.floor(world.now() / looks.intervalMs) + 1) * looks.intervalMs;
    world.runUntil(Math.min(until, next));
    if (world.now() === next) looks.onLook(next, world.scxs);
  }
}
