/**
 * Sends in real time without drift. A broadcaster that slept for one frame's length after each
 * frame would lose what each sleep oversleeps: seconds per hour, and every listener's buffer runs
 * dry. So each frame has an instant of its own: the start plus the lengths of all frames before
 * it. What one wait oversleeps, the next one makes up.
 *
 * Frames that are due within a tenth of a second go together: each SCX on the way then reads, forwards
 * and writes once for all of them.
 *
 * But a laptop that was suspended for ten minutes must not make up ten minutes in one burst. Who
 * is too late starts its clock anew, and counts that.
 */

/** How a pacer behaves. */
export interface PacerConfig {
  /**
   * Frames may go so early, ms, 0 to 2000. It hides the jitter of timers and of the network from
   * the SCX; larger values only add to the delay. Default 200: guess.
   */
  readonly leadMs: number;
  /**
   * Who is later than this, ms, starts the clock anew instead of catching up. Smaller than a
   * player's buffer, so that what is caught up is never heard. Default 2000: guess.
   */
  readonly lateMaxMs: number;
  /**
   * Frames of so many ms go together, when the first of them is due. Default 100: four frames. An SCX with few
   * listeners then needs 19 ms of processor time in a second instead of 27 (measured).
   */
  readonly togetherMs: number;
}

const PACER_DEFAULTS: PacerConfig = { leadMs: 200, lateMaxMs: 2000, togetherMs: 100 };

/** When each frame may go. */
export interface Pacer {
  /**
   * The instant from which the next frame, `durationMs` long, may be sent. Call it once for each
   * frame, in order, when the frame is at hand; `now` is on any monotonic clock, in ms.
   */
  schedule(durationMs: number, now: number): number;
  /** How often the clock was started anew because frames came too late. */
  readonly rebased: number;
}

/** A pacer whose clock starts with its first frame. */
export function createPacer(config: PacerConfig = PACER_DEFAULTS): Pacer {
  let dueAt: number | undefined;
  /** The first of those that go together. */
  let togetherAt = Number.NEGATIVE_INFINITY;
  let rebased = 0;
  return {
    schedule: (durationMs, now) => {
      const late = dueAt === undefined ? 0 : now - dueAt;
      if (late > config.lateMaxMs) rebased++;
      const at = dueAt === undefined || late > config.lateMaxMs ? now : dueAt;
      dueAt = at + durationMs;
      if (at >= togetherAt + config.togetherMs) togetherAt = at;
      return togetherAt - config.leadMs;
    },
    get rebased() {
      return rebased;
    },
  };
}
