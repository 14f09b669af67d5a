/**
 * Who wants an SCX gets one: a listener the one with room for it, and its place is taken from then
 * on, unless it is `unheld`; everybody else the session's first, however full. Who can have none yet
 * waits.
 */

import { capacityOf, reserve } from './capacity.js';
import { CROWDED } from './outcomes.js';
import type { SessionSlot } from './session-slot.js';
import type { SupervisorState } from './supervisor-state.js';
import type { Outcome } from './supervisor-types.js';

function first({ scxs }: SupervisorState, slot: SessionSlot): Outcome | undefined {
  const scx = scxs.get(slot.current);
  if (scx?.phase !== 'renewing' || scx.status === null) return undefined;
  return { kind: 'scx', status: scx.status };
}

function withRoom(
  { scxs, config }: SupervisorState,
  slot: SessionSlot,
  now: number,
  unreserved: boolean,
): Outcome | undefined {
  const { best, atLimit } = capacityOf(slot, scxs.of(slot.session), config);
  if (atLimit) return CROWDED;
  if (best === undefined) return undefined;
  if (!unreserved) reserve(best, now);
  return { kind: 'scx', status: best.status };
}

/** What one client gets now; undefined: it must wait. */
export const answerOne = (
  state: SupervisorState,
  slot: SessionSlot,
  isListener: boolean,
  now: number,
  unreserved = false,
): Outcome | undefined =>
  isListener ? withRoom(state, slot, now, unreserved) : first(state, slot);

/** Answers all that wait for the session and can be answered now. */
export function answerWaiting(state: SupervisorState, slot: SessionSlot, now: number): void {
  let hasRoom = true;
  state.requests.answerSlot(slot, (isListener) => {
    if (isListener && !hasRoom) return undefined;
    const outcome = answerOne(state, slot, isListener, now);
    if (isListener) hasRoom = outcome !== undefined;
    return outcome;
  });
}
