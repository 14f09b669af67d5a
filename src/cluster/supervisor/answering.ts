/**
 * Who wants an SCX gets one: a listener the one with room for it, and its place is taken from then
 * on, unless it is `unheld`; everybody else the session's first, however full. Who can have none yet
 * waits.
 */

import { placesOf, promise } from './capacity.js';
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
  unheld: boolean,
): Outcome | undefined {
  const { best, atLimit } = placesOf(slot, scxs.of(slot.session), config);
  if (atLimit) return CROWDED;
  if (best === undefined) return undefined;
  if (!unheld) promise(best, now);
  return { kind: 'scx', status: best.status };
}

/** What one client gets now; undefined: it must wait. */
export const seatOne = (
  state: SupervisorState,
  slot: SessionSlot,
  place: boolean,
  now: number,
  unheld = false,
): Outcome | undefined => (place ? withRoom(state, slot, now, unheld) : first(state, slot));

/** Answers all that wait for the session and can be answered now. */
export function seat(state: SupervisorState, slot: SessionSlot, now: number): void {
  let hasRoom = true;
  state.requests.answerSlot(slot, (place) => {
    if (place && !hasRoom) return undefined;
    const outcome = seatOne(state, slot, place, now);
    if (place) hasRoom = outcome !== undefined;
    return outcome;
  });
}
