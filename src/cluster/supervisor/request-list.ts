/**
 * Requests that wait for an SCX. Each is in this list and in its session's slot, and leaves both in
 * one step, with its only answer. Bounded by `waitingMax`.
 */
import type { SessionSlot } from './session-slot.js';
import type { Outcome } from './supervisor-types.js';

/** One request that waits. */
interface Waiting {
  readonly slot: SessionSlot;
  /** A listener needs a free slot; other clients do not. */
  readonly isListener: boolean;
  /** When it is answered at the latest. */
  readonly until: number;
}

export interface RequestList {
  add(request: number, waiting: Waiting): void;
  /** Answers one, whether it waited or not. */
  answer(request: number, outcome: Outcome): void;
  /** Answers the requests that wait for the session and for which `choose` has an answer. */
  answerSlot(slot: SessionSlot, choose: (isListener: boolean) => Outcome | undefined): void;
  /** Answers all that have waited as long as they may. */
  answerDue(now: number, outcome: Outcome): void;
  readonly size: number;
  /** When the next one has waited as long as it may; Infinity if none waits. */
  readonly due: number;
}

function earliest(waiting: Iterable<Waiting>): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { until } of waiting) due = Math.min(due, until);
  return due;
}

/** Creates an empty list. `tell` delivers an answer. */
export function createRequestList(tell: (request: number, outcome: Outcome) => void): RequestList {
  const waiting = new Map<number, Waiting>();
  let due: number | undefined = Number.POSITIVE_INFINITY; // undefined: to be found again

  const answer = (request: number, outcome: Outcome): void => {
    waiting.get(request)?.slot.waiting.delete(request);
    if (waiting.delete(request)) due = undefined;
    tell(request, outcome);
  };

  return {
    add: (request, client) => {
      client.slot.waiting.add(request);
      waiting.set(request, client);
      if (due !== undefined) due = Math.min(due, client.until);
    },
    answer,
    answerSlot: (slot, choose) => {
      for (const request of [...slot.waiting]) {
        const outcome = choose(waiting.get(request)?.isListener ?? false);
        if (outcome !== undefined) answer(request, outcome);
      }
    },
    answerDue: (now, outcome) => {
      for (const [request, { until }] of [...waiting]) if (until <= now) answer(request, outcome);
    },
    get size() {
      return waiting.size;
    },
    get due() {
      due ??= earliest(waiting.values());
      return due;
    },
  };
}
