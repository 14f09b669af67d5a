/**
 * The instants at which frames are sent, in real time and without drift. A broadcaster that slept
 * for the length of a frame after each frame would sleep a little too long each time: seconds per
 * hour, so that every listener's buffer runs dry. Here each frame is due at the start plus the
 * lengths of all frames before it, so a wait that is too long shortens the next one.
 *
 * Frames that are due within a tenth of a second are sent together: each SCX on the way then reads,
 * forwards and writes once for all of them.
 *
 * A laptop that was suspended for ten minutes must not send ten minutes of audio in one burst. If
 * frames are too late, the clock starts anew, and that is counted.
 */

/** The settings of a pacer. */
export interface PacerConfig {
  /**
   * How much earlier than due frames are sent, ms, 0 to 2000. It hides the jitter of timers and of
   * the network from the SCX; larger values only add to the delay. Default 200: guess.
   */
  readonly leadMs: number;
  /**
   * Lateness beyond which the clock starts anew instead of catching up, ms. Smaller than a player's
   * buffer, so that catching up is never heard. Default 2000: guess.
   */
  readonly lateMaxMs: number;
  /**
   * Frames that are due within this time of each other are sent together, ms. Default 100, which is
   * four frames: an SCX with few listeners then uses 19 ms of processor time per second instead of
   * 27 (measured).
   */
  readonly togetherMs: number;
}

const PACER_DEFAULTS: PacerConfig = { leadMs: 200, lateMaxMs: 2000, togetherMs: 100 };

/** Decides when each frame may be sent. */
export interface Pacer {
  /**
   * The instant from which the next frame, `durationMs` long, may be sent. Call it once for each
   * frame, in order, as soon as the frame is available; `now` is ms on any monotonic clock.
   */
  schedule(durationMs: number, now: number): number;
  /** How many times the clock was started anew because frames came too late. */
  readonly rebased: number;
}

/** Creates a pacer whose clock starts with its first frame. */
export function createPacer(config: PacerConfig = PACER_DEFAULTS): Pacer {
  let dueAt: number | undefined;
  /** The instant of the first of the frames that are sent together. */
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
