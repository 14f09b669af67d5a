/**
 * The part of one process in a session: idle, joined, leaving, left; and its incarnation. A node
 * that hears a report of its own death takes the next incarnation and floods that it is alive
 * (departures.ts).
 *
 * Leaving (§3.5) floods a notice. Then, make before break (§3.8), the node continues to forward
 * until its children have found other parents, or `drainMs` have passed.
 */

import { assert } from '../lib/assert.js';
import { createTokenBucket } from '../lib/bounds/token-bucket.js';
import { createTimers } from '../lib/timers.js';
import type { GossamerConfig } from './core/config.js';
import type { Member } from './core/node.js';
import { isPlausible } from './discovery/incarnation.js';

/** Minimum interval between two floods that we are alive, ms: lies must not cost much. Guess. */
const REFUTE_INTERVAL_MS = 1000;

/** Incarnations that reports of our death make us take, at once and in the long run, ms each. */
const INCARNATIONS_MAX = 8;
const INCARNATION_MS = 5000;

/**
 * Interval at which a leaving node looks for remaining children, ms. Guess: the notice has spread
 * by then.
 */
const DRAIN_CHECK_MS = 200;

export type LifeState = 'idle' | 'joined' | 'leaving' | 'left';

export interface LifecycleFacts {
  onJoined(now: number): void;
  onLeaving(now: number): void;
  hasChildren(): boolean;
  onLeft(now: number): void;
  /** Flood that we are alive. */
  onRefuted(now: number): void;
}

export interface LifecycleOptions {
  /** We ourselves, in our first incarnation. */
  readonly born: Member;
  readonly config: GossamerConfig;
  /** See alarms.ts. */
  wakeBy(instant: number): void;
  readonly facts: LifecycleFacts;
}

export interface Lifecycle {
  state(): LifeState;
  /** We ourselves, in our present incarnation. */
  self(): Member;
  join(now: number): void;
  leave(now: number): void;
  /**
   * A report says that we died in this incarnation: take a higher one. Undefined when there is
   * nothing to refute, as we are leaving or the incarnation is impossible.
   */
  refute(incarnation: number, now: number): Member | undefined;
  tick(now: number): void;
  deadline(): number;
}

/** Creates the life cycle of an SCX that has not joined. */
export function createLifecycle({ born, config, wakeBy, facts }: LifecycleOptions): Lifecycle {
  const timers = createTimers<'drain' | 'refute'>(wakeBy);
  const incarnations = createTokenBucket(INCARNATIONS_MAX, INCARNATION_MS);
  let self = born;
  let state: LifeState = 'idle';
  let refutedAt = Number.NEGATIVE_INFINITY;
  let drainUntil = Number.POSITIVE_INFINITY;

  const becomeJoined = (now: number): void => {
    assert(state === 'idle', 'only an idle SCX joins');
    state = 'joined';
    facts.onJoined(now);
  };

  const becomeLeaving = (now: number): void => {
    assert(state === 'joined', 'only a joined SCX leaves');
    state = 'leaving';
    drainUntil = now + config.drainMs;
    timers.clear('refute');
    timers.set('drain', now + DRAIN_CHECK_MS);
    facts.onLeaving(now);
  };

  const becomeLeft = (now: number): void => {
    assert(state === 'leaving', 'only a leaving SCX is gone');
    state = 'left';
    facts.onLeft(now);
  };

  const run = (timer: 'drain' | 'refute', now: number): void => {
    if (timer === 'refute') {
      refutedAt = now;
      facts.onRefuted(now);
    } else if (facts.hasChildren() && now < drainUntil) timers.set('drain', now + DRAIN_CHECK_MS);
    else becomeLeft(now);
  };

  return {
    state() {
      return state;
    },
    self: () => self,
    join: (now) => {
      if (state === 'idle') becomeJoined(now);
    },
    leave: (now) => {
      if (state === 'joined') becomeLeaving(now);
    },
    refute: (incarnation, now) => {
      if (state !== 'joined') return undefined;
      if (incarnation < self.incarnation) return self;
      if (!isPlausible({ id: self.id, incarnation }, self)) return undefined;
      if (!incarnations.take(now)) return undefined;
      self = { ...self, incarnation: incarnation + 1 };
      timers.setSooner('refute', Math.max(now, refutedAt + REFUTE_INTERVAL_MS));
      return self;
    },
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        run(due, now);
      }
    },
    deadline() {
      return timers.next();
    },
  };
}
