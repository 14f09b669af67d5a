/**
 * Requests for an SCX. A listener is sent to the SCX with the most room, and a slot there is
 * reserved for it unless the request says otherwise. All other clients are sent to the session's
 * first SCX, however full that is. A request that cannot be answered yet waits in request-list.ts.
 */
import { capacityOf, reserve } from './capacity.js';
import type { Launching } from './launching.js';
import { CLOSING, CROWDED, FULL, failing } from './outcomes.js';
import { isFailing, isIdle, learn, type SessionSlot } from './session-slot.js';
import type { SupervisorState } from './supervisor-state.js';
import type { InputOf, Outcome } from './supervisor-types.js';

function first({ scxs }: SupervisorState, slot: SessionSlot, now: number): Outcome | undefined {
  const scx = scxs.get(slot.current);
  if (scx?.phase !== 'renewing' || scx.status === null) return undefined;
  scx.usedAt = now;
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
  best.usedAt = now;
  if (!unreserved) reserve(best, now);
  return { kind: 'scx', status: best.status };
}

/** The answer to one client now; undefined: it must wait. */
const answerOne = (
  state: SupervisorState,
  slot: SessionSlot,
  isListener: boolean,
  now: number,
  unreserved = false,
): Outcome | undefined =>
  isListener ? withRoom(state, slot, now, unreserved) : first(state, slot, now);

/** Answers all requests that wait for the session and can be answered now. */
export function answerWaiting(state: SupervisorState, slot: SessionSlot, now: number): void {
  let hasRoom = true;
  state.requests.answerSlot(slot, (isListener) => {
    if (isListener && !hasRoom) return undefined;
    const outcome = answerOne(state, slot, isListener, now);
    if (isListener) hasRoom = outcome !== undefined;
    return outcome;
  });
}

/** A client needs an SCX. */
export function handleWant(
  parts: { readonly state: SupervisorState; readonly launching: Launching },
  input: InputOf<'want'>,
  now: number,
): void {
  const { state, launching } = parts;
  const { config, slots, requests } = state;
  const { request, session, facts, isListener, timeoutMs, unreserved = false } = input;
  if (state.stopping) return requests.answer(request, CLOSING);
  const slot = slots.open(session, now);
  if (isIdle(slot)) slot.client = input.client ?? '';
  if (facts !== null) learn(slot, facts);
  if (isFailing(slot, config, now)) return requests.answer(request, failing(slot, now));
  const outcome = answerOne(state, slot, isListener, now, unreserved);
  const mayWait = slot.facts !== null && requests.size < config.waitingMax;
  if (outcome !== undefined) requests.answer(request, outcome);
  else if (!mayWait) requests.answer(request, FULL);
  else requests.add(request, { slot, isListener, until: now + timeoutMs });
  launching.pump(now);
  slots.tidy(slot, now);
}
