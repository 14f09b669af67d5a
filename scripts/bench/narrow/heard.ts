/**
 * What a listener has heard, from its bytes alone: each frame gets the number that it was sent with, by its
 * bytes or, after it was made anew at a lower bit rate, by its sound (players/tone-code.ts).
 */

import { parseFrameHeader } from '../../../src/mp3/frames/frame-header.js';
import { createFramer } from '../../../src/mp3/frames/framer.js';
import { FRAME_MS, type ToneCode, type Tones, tonesOf } from '../players/tone-code.js';

/** What came at once, or the end of a connection. */
export interface Arrival {
  readonly at: number;
  /** Undefined: the server closed the connection. */
  readonly bytes: Uint8Array | undefined;
}

/** A frame as it was heard. */
export interface HeardFrame {
  readonly at: number;
  readonly isOriginal: boolean;
  readonly kbps: number;
  /** From the number before it to its own: 1 is the next one, 0 the same again. */
  readonly step: number;
  /** It sounds like no frame that could come here. */
  readonly isWrong: boolean;
}

/** What a user notices in some span of time. */
export interface Noticed {
  readonly frames: number;
  readonly missing: number;
  readonly doubled: number;
  readonly wrong: number;
  readonly closed: number;
  /** Time without anything to play, of a player that plays from its first frame on, ms. */
  readonly silentMs: number;
  readonly longestSilenceMs: number;
  /** The bit rates, in the order in which they were heard. */
  readonly passages: readonly number[];
}

/** Frames in a row that tell where they are from; of which so many may sound wrong. */
const WINDOW = 16;
const WRONG_MAX = 2;

/** Reads what a listener (listener.ts) has printed; a line that is not complete is left out. */
export const parseArrivals = (printed: string): Arrival[] =>
  printed
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [at, what = ''] = line.split(' ');
      const bytes = what === 'closed' ? undefined : Buffer.from(what, 'base64');
      return { at: Number(at), bytes };
    });

/** The complete frames, each with the time at which it was complete. */
function framesOf(arrivals: readonly Arrival[]) {
  let framer = createFramer();
  return arrivals.flatMap(({ at, bytes }) => {
    if (bytes === undefined) {
      framer = createFramer();
      return [];
    }
    const events = framer.push(bytes);
    return events.flatMap((one) => (one.kind === 'frame' ? [{ at, bytes: one.bytes }] : []));
  });
}

/** How many of the frames from `index` on sound otherwise than those from `number` on. */
function differences(heard: Tones, index: number, loop: Tones, number: number): number {
  const end = Math.min(index + WINDOW, heard.length);
  let count = 0;
  for (let at = index; at < end && count <= WRONG_MAX; at++) {
    if (heard[at] !== loop[(number + at - index) % loop.length]) count++;
  }
  return count;
}

/** The nearest number to the expected one at which what comes next sounds like it; undefined: nowhere. */
function locate(heard: Tones, index: number, loop: Tones, expected: number): number | undefined {
  if (heard.length - index < WINDOW) return undefined;
  for (let away = 0; away <= loop.length / 2; away++) {
    for (const number of [expected + away, expected - away + loop.length]) {
      const found = number % loop.length;
      if (differences(heard, index, loop, found) <= WRONG_MAX) return found;
    }
  }
  return undefined;
}

const kbpsOf = (frame: Uint8Array): number => parseFrameHeader(frame, 0)?.bitrateKbps ?? 0;

/** The way from one number to another in a loop, at most half of it, forwards or backwards. */
function stepFrom(number: number, other: number, length: number): number {
  const step = (other - number + length) % length;
  return step > length / 2 ? step - length : step;
}

/** Numbers the frames that a listener got. Those before the first one that is known are left out. */
export async function heardFrames(
  arrivals: readonly Arrival[],
  code: ToneCode,
): Promise<readonly HeardFrame[]> {
  const frames = framesOf(arrivals);
  const heard = await tonesOf(frames.map(({ bytes }) => bytes));
  const loop = code.tones;
  const found: HeardFrame[] = [];
  let last: number | undefined;
  for (const [index, { at, bytes }] of frames.entries()) {
    const known = code.numberOf(bytes);
    const expected: number = ((last ?? 0) + 1) % loop.length;
    const isNext = last !== undefined && heard[index] === loop[expected];
    const number = known ?? (isNext ? expected : locate(heard, index, loop, expected));
    if (last === undefined && number === undefined) continue;
    const isWrong = known === undefined && heard[index] !== loop[number ?? expected];
    const step = last === undefined ? 1 : stepFrom(last, number ?? expected, loop.length);
    found.push({ at, isOriginal: known !== undefined, kbps: kbpsOf(bytes), step, isWrong });
    last = number ?? expected;
  }
  return found;
}

/**
 * The bit rates one after the other. A frame that stands alone, at the beginning of a passage, has a higher
 * rate than those after it.
 */
function passagesOf(frames: readonly HeardFrame[]): number[] {
  const rates: number[] = [];
  for (const [index, { kbps }] of frames.entries()) {
    const rate = Math.min(kbps, frames[index + 1]?.kbps ?? kbps);
    if (rate !== rates.at(-1)) rates.push(rate);
  }
  return rates;
}

/** A time without anything to play. */
interface Silence {
  readonly from: number;
  readonly ms: number;
}

/** The silences of a player that plays from its first frame on, until an instant. */
function silencesOf(frames: readonly HeardFrame[], until: number): Silence[] {
  const silences: Silence[] = [];
  let playedAt = frames[0]?.at ?? until;
  for (const at of [...frames.map((frame) => frame.at), until]) {
    if (at > playedAt) silences.push({ from: playedAt, ms: at - playedAt });
    playedAt = Math.max(at, playedAt) + FRAME_MS;
  }
  return silences;
}

/** What was noticed from one instant to another. */
export function noticed(
  { frames, arrivals }: { frames: readonly HeardFrame[]; arrivals: readonly Arrival[] },
  from: number,
  until: number,
): Noticed {
  const isWithin = (at: number): boolean => at >= from && at < until;
  const all = frames.filter(({ at }) => isWithin(at));
  // A silence that goes on from before counts from here on.
  const silences = silencesOf(
    frames.filter(({ at }) => at < until),
    until,
  )
    .map((one) => one.from + one.ms - Math.max(one.from, from))
    .filter((ms) => ms > 0);
  return {
    frames: all.length,
    missing: all.reduce((sum, { step }) => sum + Math.max(0, step - 1), 0),
    doubled: all.reduce((sum, { step }) => sum + Math.max(0, 1 - step), 0),
    wrong: all.filter(({ isWrong }) => isWrong).length,
    closed: arrivals.filter(({ at, bytes }) => bytes === undefined && isWithin(at)).length,
    silentMs: silences.reduce((sum, ms) => sum + ms, 0),
    longestSilenceMs: Math.max(0, ...silences),
    passages: passagesOf(all),
  };
}

/** How long after an instant the original came and stayed, ms; undefined: it has not. */
export function originalAgainMs(frames: readonly HeardFrame[], since: number): number | undefined {
  const after = frames.filter(({ at }) => at >= since);
  const lastOther = after.findLastIndex(({ isOriginal }) => !isOriginal);
  const first = after[lastOther + 1];
  return first === undefined ? undefined : first.at - since;
}
