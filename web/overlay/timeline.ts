/**
 * A recording, and the position in it. What is live is a recording that goes on: its position follows
 * the end, until somebody pauses or goes back.
 *
 * Bounded: LINES_MAX lines; of what is live the older half is dropped, and remembered as what was there.
 */
import { createPicture, type Picture } from './picture.js';
import type { OverlayLine, ScxLine } from './record.js';

/** About 600 MB of memory at the longest lines; an hour of 100 SCXs takes a fifth. */
const LINES_MAX = 400_000;

export interface Timeline {
  /** The picture at the position. It is another one after each step back. */
  readonly picture: Picture;
  readonly begin: number;
  readonly end: number;
  readonly position: number;
  readonly isPaused: boolean;
  /** The position follows the end. */
  readonly isFollowing: boolean;
  speed: number;
  /** Adds a line; false if there is no room. */
  add(line: OverlayLine): boolean;
  pause(): void;
  play(): void;
  /** Goes to a position; at the end what is live is followed again. */
  seek(position: number): void;
  /** Lets time pass, ms on the clock of the reader. */
  pass(elapsedMs: number): void;
}

export interface TimelineOptions {
  /** It goes on, and is followed. */
  readonly isLive: boolean;
  readonly linesMax?: number;
}

interface State {
  /** What was there before the first line. */
  base: readonly ScxLine[];
  lines: OverlayLine[];
  picture: Picture;
  /** How many lines are applied. */
  applied: number;
  position: number;
  begin: number;
  end: number;
}

function rewind(state: State): void {
  state.picture = createPicture(state.base);
  state.applied = 0;
}

/** Applies the lines up to an instant. */
function applyUntil(state: State, instant: number): void {
  const { lines, picture } = state;
  for (let next = lines[state.applied]; next && next.at <= instant; next = lines[state.applied]) {
    picture.apply(next);
    state.applied++;
  }
}

function goTo(state: State, position: number): void {
  if (position < state.position) rewind(state);
  state.position = position;
  applyUntil(state, position);
}

/** Follows what is live: the position is where the reader's clock is, or later. */
function follow(state: State): void {
  state.position = Math.max(state.position, state.end);
  applyUntil(state, state.end);
}

/** Drops the older half; what was there at its end is what is there at the new beginning. */
function shorten(state: State): void {
  const half = Math.floor(state.lines.length / 2);
  const before = createPicture(state.base);
  for (const line of state.lines.slice(0, half)) before.apply(line);
  state.base = [...before.scxs.values()];
  state.lines = state.lines.slice(half);
  state.begin = state.lines[0]?.at ?? state.end;
  const position = Math.max(state.position, state.begin);
  rewind(state);
  goTo(state, position);
}

/** Creates a timeline without lines. */
export function createTimeline({ isLive, linesMax = LINES_MAX }: TimelineOptions): Timeline {
  const state: State = {
    ...{ base: [], lines: [], picture: createPicture(), applied: 0 },
    ...{ position: 0, begin: 0, end: 0 },
  };
  let isPaused = false;
  let speed = 1;
  let isFollowing = isLive;

  return {
    get speed() {
      return speed;
    },
    set speed(times) {
      speed = times;
    },
    get picture() {
      return state.picture;
    },
    get begin() {
      return state.begin;
    },
    get end() {
      return state.end;
    },
    get position() {
      return state.position;
    },
    get isPaused() {
      return isPaused;
    },
    get isFollowing() {
      return isFollowing && !isPaused;
    },
    add: (line) => {
      if (state.lines.length >= linesMax) {
        if (!isLive) return false;
        shorten(state);
      }
      // A clock that is set back must not reorder what has happened.
      const at = Math.max(line.at, state.end);
      if (state.lines.length === 0) [state.begin, state.position] = [at, at];
      state.lines.push(line.at === at ? line : { ...line, at });
      state.end = at;
      if (isFollowing && !isPaused) follow(state);
      return true;
    },
    pause: () => {
      isPaused = true;
    },
    play: () => {
      isPaused = false;
      if (state.position >= state.end && !isLive) goTo(state, state.begin);
      if (isFollowing) follow(state);
    },
    seek: (position) => {
      const within = Math.min(state.end, Math.max(state.begin, position));
      isFollowing = isLive && within >= state.end;
      if (isFollowing) follow(state);
      else goTo(state, within);
    },
    pass: (elapsedMs) => {
      if (isPaused) return;
      if (isFollowing) {
        state.position += elapsedMs;
        return;
      }
      const next = state.position + elapsedMs * speed;
      if (isLive && next >= state.end) isFollowing = true;
      goTo(state, Math.min(state.end, next));
    },
  };
}
