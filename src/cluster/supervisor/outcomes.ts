/** The answers to clients for which there is no SCX: a sentence, and when to try again. */
import type { UsedUp } from '../places/places.js';
import type { SessionSlot } from './session-slot.js';
import type { Outcome } from './supervisor-types.js';

const RETRY_MS = 5000; // guess: by then the lease of a dead SCX has run out

/** A duration for people: `2.5 s`. */
export const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

export const FULL: Outcome = { kind: 'full', retryAfterMs: RETRY_MS };

/** There is no place for the session's SCX, because this share is used up. */
export const noPlace = (usedUp: UsedUp): Outcome =>
  usedUp === 'cluster' ? FULL : { kind: 'overShare', of: usedUp, retryAfterMs: RETRY_MS };

export const CROWDED: Outcome = { kind: 'crowded', retryAfterMs: RETRY_MS };

export const CLOSING: Outcome = {
  kind: 'failed',
  reason: 'The cluster is shutting down.',
  retryAfterMs: RETRY_MS,
};

export const NOT_YET: Outcome = {
  kind: 'failed',
  reason: "The session's SCX is not ready yet: try again.",
  retryAfterMs: 1000,
};

/** The session's SCXs die one after the other, soon after they are launched. */
export const failing = (slot: SessionSlot, now: number): Outcome => ({
  kind: 'failed',
  reason:
    `${slot.lastDeath} It died ${slot.deaths} times in a row; ` +
    `the next attempt may start in ${seconds(slot.retryAt - now)}.`,
  retryAfterMs: slot.retryAt - now,
});
