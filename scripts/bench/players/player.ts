/**
 * A listener as most players are: it follows redirects, plays what it gets from the first frame on,
 * and when its connection ends or is refused it asks again, a little later. It checks every frame,
 * and records what its user would notice: the longest time without data, and the time without
 * anything to play.
 */
import { type Continuity, type Counts, createContinuity, stepsAhead } from './continuity.js';
import { getStream } from './get-stream.js';
import { FRAME_MS } from './numbered-audio.js';

/** From the end of a connection, or a refusal, to the next request, ms. */
const AGAIN_MS = 500;

/** What was noticed since the last mark. */
export interface Noticed extends Readonly<Counts> {
  /** Connections that ended after there was sound, and requests without any. */
  readonly closed: number;
  readonly refused: number;
  /** The longest time without a frame, from the first one to now, ms. */
  readonly waitMs: number;
  /** Time without anything to play, ms: what came and was not yet played is played first. */
  readonly silentMs: number;
}

export interface Player {
  /** Starts its counts again. */
  mark(): void;
  noticed(): Noticed;
  /** The newest frame's number. */
  readonly newest: number | undefined;
  /** Whether it has heard a newer frame than the one of this number. */
  isPast(number: number): boolean;
  /**
   * The origin of the server that it listens to, or has asked last; undefined: none at the moment.
   */
  readonly origin: string | undefined;
  stop(): void;
}

interface Times {
  markedAt: number;
  lastAt: number | undefined;
  waitMs: number;
  silentMs: number;
  /** The instant at which everything that came will have been played. */
  playedAt: number | undefined;
}

const NONE: Counts = { frames: 0, missed: 0, repeated: 0, foreign: 0 };

const since = (counts: Counts, mark: Counts): Counts => ({
  frames: counts.frames - mark.frames,
  missed: counts.missed - mark.missed,
  repeated: counts.repeated - mark.repeated,
  foreign: counts.foreign - mark.foreign,
});

function noteFrames(times: Times, frames: number, now: number): void {
  const from = Math.max(now, times.playedAt ?? now);
  times.silentMs += silenceUntil(times, now);
  times.waitMs = longestWait(times, now);
  times.lastAt = now;
  times.playedAt = from + frames * FRAME_MS;
}

const longestWait = ({ waitMs, lastAt }: Times, now: number): number =>
  Math.max(waitMs, now - (lastAt ?? now));

/** How long there has been nothing to play since the last note, ms. */
const silenceUntil = ({ playedAt, markedAt }: Times, now: number): number =>
  playedAt === undefined ? 0 : Math.max(0, now - Math.max(playedAt, markedAt));

/** Listens from now on, until it is stopped. */
export function startPlayer(url: string): Player {
  const continuity: Continuity = createContinuity();
  const times: Times = {
    ...{ markedAt: performance.now(), waitMs: 0, silentMs: 0 },
    ...{ lastAt: undefined, playedAt: undefined },
  };
  let marked = NONE;
  let closed = 0;
  let refused = 0;
  let origin: string | undefined;
  let again: NodeJS.Timeout | undefined;
  let hangUp = (): void => undefined;

  const listen = (): void => {
    continuity.begin();
    let hasSound = false;
    hangUp = getStream(url, {
      onAsk: (at) => {
        origin = at;
      },
      onAudio: (chunk) => {
        const frames = continuity.push(chunk);
        if (frames > 0) noteFrames(times, frames, performance.now());
        hasSound ||= frames > 0;
      },
      onOver: () => {
        if (hasSound) closed++;
        else refused++;
        origin = undefined;
        again = setTimeout(listen, AGAIN_MS);
      },
    });
  };

  listen();
  return {
    mark: () => {
      marked = { ...continuity.counts };
      closed = 0;
      refused = 0;
      Object.assign(times, { markedAt: performance.now(), waitMs: 0, silentMs: 0 });
    },
    noticed: () => {
      const now = performance.now();
      return {
        ...since(continuity.counts, marked),
        ...{ closed, refused },
        waitMs: longestWait(times, now),
        silentMs: times.silentMs + silenceUntil(times, now),
      };
    },
    get newest() {
      return continuity.newest;
    },
    isPast: (number) =>
      continuity.newest !== undefined && stepsAhead(continuity.newest, number) > 0,
    get origin() {
      return origin;
    },
    stop: () => {
      clearTimeout(again);
      hangUp();
    },
  };
}
