/**
 * Measures how long the upstreams of a flow have been silent, and decides what follows (Beyond
 * §3.8). Four measures, which config.ts lists with all timeouts: longer than the source's usual
 * interval is quiet, and reserves are asked; when these are silent, too, the flow is unserved, and an
 * SCX that is wary of lies looks for other neighbours; longer than the present patience is stalled,
 * and the upstream is given up. On other channels than the first silence may last for minutes and shows
 * nothing.
 */
import { type GossamerConfig, TIMEOUTS } from '../../core/config.js';
import type { UsualInterval } from '../health/usual-interval.js';
import type { Subscription } from './subscriptions.js';

export interface Silence {
  /** An upstream was asked. */
  onAsked(now: number): void;
  /** An upstream has sent an ADU. */
  onHeard(now: number): void;
  /** An upstream was given up: patience with the next one doubles. */
  onGivenUp(): void;
  /** Whether no upstream has sent an ADU for longer than is usual. */
  isQuiet(now: number): boolean;
  /** Whether that lasts for so long that reserves, too, must have been silent. */
  isUnserved(now: number): boolean;
  /** Whether that upstream has not. */
  isMute(upstream: Subscription, now: number): boolean;
  /** From when on that upstream is stalled. */
  stalledAt(upstream: Subscription): number;
  /** When the next reserve is to be asked; Infinity before any upstream was asked. */
  reserveDueAt(): number;
}

/** Creates the measurement of silence; no upstream has been asked. */
export function createSilence(config: GossamerConfig, usualInterval: UsualInterval): Silence {
  let patienceMs = config.stallMs;
  /** When an ADU came last, or the first upstream was asked. */
  let heardAt: number | undefined;
  let askedAt = 0;
  return {
    onAsked: (now) => {
      heardAt ??= now;
      askedAt = now;
    },
    onHeard: (now) => {
      patienceMs = config.stallMs;
      heardAt = now;
    },
    onGivenUp: () => {
      patienceMs = Math.min(2 * patienceMs, TIMEOUTS.stallPatienceMax * config.stallMs);
    },
    isQuiet: (now) => now - (heardAt ?? now) >= usualInterval.quietMs(),
    isUnserved: (now) => now - (heardAt ?? now) >= usualInterval.quietMs() + TIMEOUTS.unservedMs,
    isMute: (upstream, now) =>
      now - (upstream.heardAt ?? upstream.askedAt) >= usualInterval.quietMs(),
    stalledAt: (upstream) => (upstream.heardAt ?? upstream.askedAt) + patienceMs,
    reserveDueAt: () =>
      heardAt === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(heardAt + usualInterval.quietMs(), askedAt + TIMEOUTS.reserveStepMs),
  };
}
