/**
 * Noticing a partition and healing it (§3.5). "Loss of heartbeat messages indicate a potential mesh
 * partition, and the SCX that detects the loss attempts to heal the partition by re-contacting the
 * heartbeat generator. It is possible that a large number of SCXs that are partitioned from the
 * heartbeat generator detect the partition at the same time. To prevent all of them from contacting
 * the heartbeat generator simultaneously, we use a randomized damping interval before the SCX
 * attempts to heal the partition."
 *
 * Beyond: attempts are repeated with growing intervals, up to a bound, until a heartbeat is heard.
 * So the time to heal is bounded, too: see `healingBoundMs`.
 */
import { createTimers } from '../../lib/timers.js';
import type { GossamerConfig } from '../core/config.js';
import type { ClockedContext } from '../core/context.js';

/** The wait between attempts grows up to this many damping intervals. Guess. */
const DAMPING_GROWTH_MAX = 8;

/**
 * A partition whose cause has ended is healed within this time, ms: the longest wait between two
 * attempts, an answer to the attempt, one to the probe that follows and one to the request of an
 * edge, then the next heartbeat.
 */
export function healingBoundMs(config: GossamerConfig): number {
  const { heartbeatIntervalMs, healDampingMs, answerTimeoutMs } = config;
  return 2 * heartbeatIntervalMs + DAMPING_GROWTH_MAX * healDampingMs + 3 * answerTimeoutMs;
}

export interface HealingFacts {
  /** No heartbeat came for `heartbeatTimeoutMs`. */
  onLoss(now: number): void;
  /** Time to re-contact the heartbeat generator. */
  onAttempt(now: number): void;
}

export interface Healing {
  /** A heartbeat was heard, or is expected from now on: the next one is awaited. */
  awaitHeartbeat(now: number): void;
  /** Begins to heal, after the damping interval. */
  begin(now: number): void;
  /** Neither waits nor heals. */
  stop(): void;
  tick(now: number): void;
  deadline(): number;
}

/** Creates healing, with nothing to heal. */
export function createHealing(context: ClockedContext, facts: HealingFacts): Healing {
  const { config, rng } = context;
  const timers = createTimers<'loss' | 'heal'>(context.wakeBy);
  let attempts = 0;

  const attempt = (now: number): void => {
    attempts = Math.min(attempts + 1, DAMPING_GROWTH_MAX);
    const dampingMs = rng.unit() * attempts * config.healDampingMs;
    timers.set('heal', now + config.heartbeatIntervalMs + dampingMs);
    facts.onAttempt(now);
  };

  return {
    awaitHeartbeat: (now) => {
      attempts = 0;
      timers.clear('heal');
      timers.set('loss', now + config.heartbeatTimeoutMs);
    },
    begin: (now) => timers.set('heal', now + rng.unit() * config.healDampingMs),
    stop: () => {
      timers.clear('loss');
      timers.clear('heal');
    },
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        if (due === 'loss') facts.onLoss(now);
        else attempt(now);
      }
    },
    deadline() {
      return timers.next();
    },
  };
}
