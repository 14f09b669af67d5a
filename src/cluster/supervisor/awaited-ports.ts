/**
 * The HTTP ports of SCXs that have ended. Players connect to them again, so while the session is to
 * get another SCX at the same port, the platform holds the port and connections wait there. As soon
 * as that is no longer so, the port is released, and what waits is refused: a player that nobody
 * will ever serve must not hang.
 *
 * Bounded: an entry lasts only while its session needs an SCX there.
 */
import type { TrackedScx } from './scx-table.js';
import { needsAgain, needsFirst, type SessionSlot } from './session-slot.js';
import type { SupervisorEffect } from './supervisor-types.js';

export interface AwaitedPorts {
  /** An SCX has ended; `slot`: its session, if that is remembered. */
  onEnd(scx: TrackedScx, slot: SessionSlot | undefined): void;
  /** Releases the ports at which no SCX will follow; called after every input and tick. */
  settle(isStopping: boolean): void;
}

interface Awaited {
  readonly slot: SessionSlot | undefined;
  readonly http: number;
}

const isAwaited = ({ slot, http }: Awaited): boolean =>
  slot !== undefined &&
  ((needsFirst(slot) && slot.ports?.http === http) ||
    (needsAgain(slot) && slot.furtherRestart?.http === http));

/** Creates an empty set. */
export function createAwaitedPorts(tell: (effect: SupervisorEffect) => void): AwaitedPorts {
  const ended = new Map<string, Awaited>();
  return {
    onEnd: ({ id, ports: { http } }, slot) => void ended.set(id, { slot, http }),
    settle: (isStopping) => {
      for (const [id, awaited] of ended) {
        if (isAwaited(awaited) && !isStopping) continue;
        ended.delete(id);
        tell({ kind: 'release', id });
      }
    },
  };
}
