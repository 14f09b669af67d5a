/**
 * Detects that the mesh has stopped changing. "The experiment ends when there are no changes to the
 * mesh structure for at least 100 seconds" (§5.1). "Each edge that is added to or removed from the
 * mesh is counted as two changes, one for each node in the edge" (figure 10): both ends of an edge
 * notify a change, so the notifications are counted.
 */
import type { Observer } from '../world/world.js';

/** How long the mesh must be without a change, ms. Paper §5.1. */
const QUIET_MS = 100_000;

export interface Stabilisation extends Observer {
  /** Changes so far, each edge counted at both ends. */
  readonly changes: number;
  /** Whether the mesh has been without a change for so long that the experiment ends (§5.1). */
  isQuiet(now: number): boolean;
  /**
   * The instant of the last change before the mesh was quiet for the first time, ms; undefined when
   * it was not quiet by the end.
   */
  stableSince(end: number): number | undefined;
}

/** Creates the watch of a mesh without changes, from 0 ms. */
export function createStabilisation(quietMs = QUIET_MS): Stabilisation {
  let changes = 0;
  let lastChange = 0;
  let stable: number | undefined;
  return {
    get changes() {
      return changes;
    },
    isQuiet: (now) => changes > 0 && now - lastChange >= quietMs,
    onEvent: (_scx, event, now) => {
      if (event.kind !== 'edgeUp' && event.kind !== 'edgeDown') return;
      if (now - lastChange >= quietMs) stable ??= lastChange;
      lastChange = now;
      changes++;
    },
    stableSince: (end) => stable ?? (end - lastChange >= quietMs ? lastChange : undefined),
  };
}
