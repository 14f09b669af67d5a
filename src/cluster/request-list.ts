/**
 * Clients that wait for an SCX. Each request is in the list and in its session's slot, and leaves
 * both in one step, with its only answer. Bounded by `waitingMax`.
 */
import type { SessionSlot } from './session-slot.js';
import type { Outcome } from './supervisor-types.js';

export interface RequestList {
  add(request: number, slot: SessionSlot, until: number): void;
  /** Answers one, whether it waited or not. */
  answer(request: number, outcome: Outcome): void;
  /** Answers all that wait for the session. */
  answerSlot(slot: SessionSlot, outcome: Outcome): void;
  /** Answers all whose patience has ended by now. */
  answerDue(now: number, outcome: Outcome): void;
  readonly size: number;
  /** The earliest end of patience; Infinity if none. */
  readonly due: number;
}

/** Nobody waits. `tell` delivers an answer. */
export function createRequestList(tell: (request: number, outcome: Outcome) => void): RequestList {
  const waiting = new Map<number, { readonly slot: SessionSlot; readonly until: number }>();

  const answer = (request: number, outcome: Outcome): void => {
    waiting.get(request)?.slot.waiting.delete(request);
    waiting.delete(request);
    tell(request, outcome);
  };

  return {
    add: (request, slot, until) => {
      slot.waiting.add(request);
      waiting.set(request, { slot, until });
    },
    answer,
    answerSlot: (slot, outcome) => {
      for (const request of [...slot.waiting]) answer(request, outcome);
    },
    answerDue: (now, outcome) => {
      for (const [request, { until }] of [...waiting]) if (until <= now) answer(request, outcome);
    },
    get size() {
      return waiting.size;
    },
    get due() {
      let due = Number.POSITIVE_INFINITY;
      for (const { until } of waiting.values()) due = Math.min(due, until);
      return due;
    },
  };
}
