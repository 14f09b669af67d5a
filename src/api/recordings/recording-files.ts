/**
 * Recordings of sessions, on the disk of a cluster: an SCX writes them (scx/recording/), and SCXs and front
 * ends read them. RECORDINGS/CREATOR/SESSION@KEY/ has two files for each hour, of the time of day:
 *
 *   2026-11-30T16Z.mp3    the frames, as they were played
 *   2026-11-30T16Z.index  a line for each stretch of them, which is a segment of HLS (scx/sound/segment.ts)
 *
 * A stretch counts when its line is complete; what a crash has left behind its end is cut off. A file of sound is
 * only added to, so that readers of an older index find what that says. What was missing and came later from
 * other clusters (scx/recording/fill-holes.ts) stands at the end of that file, and in the index where it was
 * played; so the index tells the order of the sound. What was
 * recorded while the session was private lies in a folder of its own, so that it stays private later.
 */
import { refPath, type SessionRef } from '../../session/session-id.js';

/** A stretch of sound. */
export interface Stretch {
  /** When it was played, ms since 1970: the lines of a file are in this order, and no two have the same. */
  readonly at: number;
  readonly durationMs: number;
  /** Where its frames are in the file, bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** The source, the source's number of the first frame, and how many there are. */
  readonly source: string;
  readonly first: number;
  readonly count: number;
  readonly title: string | null;
  /** Its number in the recording: one more than that of the stretch before it. */
  readonly number: number;
  /** How many stretches up to this one do not continue the one before them. */
  readonly breaks: number;
  /** The sound of all before it, ms. */
  readonly playedMs: number;
  /** Some of it is silence in place of what was missing; absent: it is whole. */
  readonly isMended?: true | undefined;
}

export const HOUR_MS = 3_600_000;
/** A segment has 2.6 s at 320 kbit/s at most. */
export const STRETCH_BYTES_MAX = 1024 * 1024;
const FRAMES_MAX = 1000;
/** Of times, ms since 1970: the end of what a Date can hold. */
export const LAST_MS = 8.64e15;

const SOURCE = /^[0-9a-f]{16}$/;

const isWhole = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** The folder of a session below that of all recordings. */
export const recordingFolder = (session: SessionRef, isPrivate: boolean): string =>
  `${refPath(session)}${isPrivate ? '!private' : ''}`;

/** The hour of an instant: `2026-11-30T16Z`. */
export const hourOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 13)}Z`;

const HOUR = /^\d{4}-\d{2}-\d{2}T\d{2}Z$/;

/** The beginning of an hour, ms since 1970; undefined if the text is none. */
export function hourStart(hour: string): number | undefined {
  const ms = HOUR.test(hour) ? Date.parse(hour.replace('Z', ':00:00Z')) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

export const soundFile = (hour: string): string => `${hour}.mp3`;
export const indexFile = (hour: string): string => `${hour}.index`;
/** An index that is to replace that one. */
export const newIndexFile = (hour: string): string => `${hour}.new`;

/** The hours in a folder whose files have these names, in order. */
export const hoursIn = (names: readonly string[]): readonly string[] =>
  names
    .filter((name) => name.endsWith('.index'))
    .map((name) => name.slice(0, -'.index'.length))
    .filter((hour) => hourStart(hour) !== undefined)
    .sort();

/** Microseconds are enough. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

export const printStretch = (stretch: Stretch): string => {
  const { at, durationMs, offset, bytes, source, first, count, title } = stretch;
  const { number, breaks, playedMs, isMended } = stretch;
  const line = [at, rounded(durationMs), offset, bytes, source, first, count, title];
  const place = [number, breaks, rounded(playedMs)];
  return `${JSON.stringify([...line, ...place, ...(isMended ? [1] : [])])}\n`;
};

/** By hand: there are thousands of lines. */
function parseLine(line: string): Stretch | undefined {
  if (line === '') return undefined;
  try {
    const values: unknown[] = JSON.parse(line);
    const [at, durationMs, offset, bytes, source, first, count, title] = values;
    const [number = 0, breaks = 0, playedMs = 0, mended] = values.slice(8); // older lines have none
    const isSound =
      isWhole(at, LAST_MS) && isWhole(offset, LAST_MS) && isWhole(bytes, STRETCH_BYTES_MAX);
    if (!isSound || typeof durationMs !== 'number' || !(durationMs > 0 && durationMs < HOUR_MS)) {
      return undefined;
    }
    if (typeof source !== 'string' || !SOURCE.test(source)) return undefined;
    if (!isWhole(first, Number.MAX_SAFE_INTEGER) || !isWhole(count, FRAMES_MAX)) return undefined;
    if (!isWhole(number, LAST_MS) || !isWhole(breaks, LAST_MS)) return undefined;
    if (typeof playedMs !== 'number' || !(playedMs >= 0 && playedMs < LAST_MS)) return undefined;
    const text = typeof title === 'string' ? title : null;
    const sound = { at, durationMs, offset, bytes, source, first, count, title: text };
    const place = { ...sound, number, breaks, playedMs };
    return mended === 1 ? { ...place, isMended: true } : place;
  } catch {
    return undefined;
  }
}

/** The stretches in complete lines; a line that is damaged is left out. */
export const parseIndex = (text: string): readonly Stretch[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .flatMap((line) => parseLine(line) ?? []);

/** Where the sound of some stretches ends in their file, bytes. */
export const soundEnd = (stretches: readonly Stretch[]): number =>
  stretches.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0);

/** What a segment's name states, and where it begins. */
interface Played {
  readonly source: string;
  readonly first: number;
  readonly count: number;
}

/** Those that come after one that was played, of those that follow each other. */
export function playedAfter<One extends Played>(
  all: readonly One[],
  last: Played | undefined,
): readonly One[] {
  if (last === undefined) return all;
  const end = last.first + last.count;
  const isPast = ({ source, first, count }: One): boolean =>
    source === last.source && first + count <= end;
  return all.slice(all.findLastIndex(isPast) + 1);
}
