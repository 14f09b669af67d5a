/**
 * Schedules probes (§3.6: "SCXs periodically probe other mesh nodes"; §5.1: every 5 seconds).
 *
 * Beyond: probes are frequent while edges are missing and become rare as the mesh settles. While
 * edges are missing the next probe follows each answer at once; but only up to a limit, as in a
 * mesh where all are full answers would cause probes without end.
 */
import { type ClockedContext, jittered } from '../core/context.js';

/** Probes under way at once while edges are missing. Guess: k1 and one more. */
const HURRIED_PROBES_MAX = 4;

/**
 * After this many probes in vain the next ones are not hurried until something changes. Guess:
 * rare.
 */
const HURRIED_IN_VAIN_MAX = 100;

/**
 * The factor by which a change alters the interval between probes while no edge is missing. Guess.
 */
const QUICKENING = 0.7;

export interface ProbeScheduleView {
  /** Whether an edge is missing, or a bridge over a cut is wanted. */
  isUrgent(): boolean;
  probesUnderWay(): number;
}

export interface ProbeSchedule {
  /** When the next probe is due; Infinity while stopped. */
  next(): number;
  start(now: number): void;
  stop(): void;
  /** A probe was sent. */
  onProbe(): void;
  /** Sets the next instant after a round; `hasProbed`: a member to probe was found. */
  advance(hasProbed: boolean, now: number): void;
  /** The next probe comes sooner. */
  quicken(now: number): void;
  /**
   * The mesh or the candidates have changed: the next probe comes sooner, and may be hurried again.
   */
  onChange(now: number): void;
  /** The next probe is due now. */
  atOnce(now: number): void;
}

/** Creates the schedule, not yet started. */
export function createProbeSchedule(
  context: ClockedContext,
  view: ProbeScheduleView,
): ProbeSchedule {
  const { config, rng } = context;
  let next = Number.POSITIVE_INFINITY;
  let intervalMs = config.probeIntervalMinMs;
  /** Probes since the mesh or the candidates have changed. */
  let inVain = 0;

  const mayHurry = (): boolean =>
    config.directedProbes &&
    view.isUrgent() &&
    inVain < HURRIED_IN_VAIN_MAX &&
    view.probesUnderWay() < HURRIED_PROBES_MAX;

  const probeBy = (instant: number): void => {
    next = Math.min(next, instant);
    context.wakeBy(next);
  };

  const quicken = (now: number): void => {
    if (next === Number.POSITIVE_INFINITY) return;
    intervalMs = view.isUrgent()
      ? config.probeIntervalMinMs
      : Math.max(config.probeIntervalMinMs, QUICKENING * intervalMs);
    probeBy(now + (mayHurry() ? 0 : jittered(context, intervalMs)));
  };

  return {
    next() {
      return next;
    },
    start: (now) => {
      next = now + rng.unit() * config.probeIntervalMinMs;
      context.wakeBy(next);
    },
    stop: () => {
      next = Number.POSITIVE_INFINITY;
    },
    onProbe: () => {
      inVain++;
    },
    advance: (hasProbed, now) => {
      if (hasProbed && mayHurry()) {
        next = now;
        return;
      }
      intervalMs = view.isUrgent()
        ? config.probeIntervalMinMs
        : Math.min(config.probeBackoff * intervalMs, config.probeIntervalMs);
      next = now + jittered(context, intervalMs);
    },
    quicken,
    onChange: (now) => {
      inVain = 0;
      quicken(now);
    },
    atOnce: (now) => {
      if (next !== Number.POSITIVE_INFINITY) probeBy(now);
    },
  };
}
