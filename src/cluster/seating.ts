/**
 * Who waits for an SCX gets one: a listener the one with room for it, and its place is taken from
 * then on; everybody else the session's first, however full.
 */
import { CROWDED } from './outcomes.js';
import { placesOf, promise } from './places.js';
import type { SessionSlot } from './session-slot.js';
import type { SupervisorState } from './supervisor-state.js';
import type { Outcome } from './supervisor-types.js';

/** Answers all that wait for the session and can be answered now. */
export function seat(state: SupervisorState, slot: SessionSlot, now: number): void {
  const { scxs, requests, config } = state;

  const first = (): Outcome | undefined => {
    const scx = scxs.get(slot.current);
    if (scx?.phase !== 'renewing' || scx.status === null) return undefined;
    return { kind: 'scx', status: scx.status };
  };

  const withRoom = (): Outcome | undefined => {
    const { best, atLimit } = placesOf(slot, scxs.of(slot.session), config);
    if (atLimit) return CROWDED;
    if (best === undefined) return undefined;
    promise(best, now);
    return { kind: 'scx', status: best.status };
  };

  requests.answerSlot(slot, (place) => (place ? withRoom() : first()));
}
