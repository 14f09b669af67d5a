/**
 * The recording as segments of HLS: the same bytes under the same names as when they were live. A playlist of
 * earlier sound slides as that of live sound does, later by as much as the listener is: it lists what the
 * listener would have been sent since it began. Holes are skipped, and who catches up is live.
 *
 * All that such a playlist depends on stands in its address, so any SCX of the cluster continues it.
 *
 * Bounded: READS_MAX requests at a time, HOURS_MAX indexes for each, and a listener has to begin anew after
 * LISTENING_MS_MAX.
 */
import { hourOf, hourStart, LAST_MS, type Stretch } from '../../api/recordings/recording-files.js';
import { printSegmentName } from '../../icecast/segment-name.js';
import { withTag } from '../sound/segment.js';
import { consecutive } from '../sound/segment-place.js';
import { LISTED_MS, newest, type Segment } from '../sound/segments.js';
import type { Recording } from './recording.js';

/** Where a listener has begun: its first stretch, as it stood in the recording then. */
export interface KeptStart extends Pick<Stretch, 'at' | 'playedMs'> {
  /** Undefined in addresses of earlier versions. */
  readonly number?: number | undefined;
  readonly breaks?: number | undefined;
  /** When the listener has begun, ms since 1970. */
  readonly since: number;
}

/** A segment of a playlist; `keptAt`: where the recording has it, ms since 1970. */
export type ListedSegment = Omit<Segment, 'bytes' | 'isMended'> & { readonly keptAt?: number };

/** The answer of a recording that may be busy. */
type Kept<Value> = Value | 'busy' | undefined;

export interface KeptSegments {
  /** Where a listener begins that wants to hear what was played at an instant; undefined: live. */
  begin(instant: number, now: number): Promise<Kept<KeptStart>>;
  /** What its playlist lists by now; undefined: nothing is there, or it has to begin anew. */
  listed(start: KeptStart, now: number): Promise<Kept<readonly ListedSegment[]>>;
  /** The bytes of a segment that was played at an instant; undefined: it is not there. */
  find(name: string, keptAt: number): Promise<Kept<{ title: string | null; bytes: Uint8Array }>>;
}

/** Three segments: players of live playlists begin three before the end. */
const AHEAD_MS = 6000;
const LISTENING_MS_MAX = 24 * 3_600_000;
/** A clock that has been set differs by a little, ms. */
const CLOCKS_MS_MAX = 60_000;
const HOURS_MAX = 48;
const READS_MAX = 64;

const START = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:\.(\d{1,15})\.(\d{1,15}))?$/;

/** A start as it stands in an address. */
export const printStart = ({ at, playedMs, since, number = 0, breaks = 0 }: KeptStart): string =>
  [at, playedMs, since, number, breaks].map(Math.round).join('.');

/** Reads it; undefined if it is malformed. */
export function parseStart(text: string): KeptStart | undefined {
  const [, at, playedMs, since, number, breaks] = START.exec(text) ?? [];
  if (at === undefined) return undefined;
  const place = number === undefined ? {} : { number: Number(number), breaks: Number(breaks) };
  return { at: Number(at), playedMs: Number(playedMs), since: Number(since), ...place };
}

const nameOf = ({ source, first, count }: Stretch): string =>
  printSegmentName({ source, first, count });

/** Stretches that follow each other, as segments. */
const segmentsOf = (stretches: readonly Stretch[], before: Stretch | undefined): ListedSegment[] =>
  stretches.map((stretch, index) => {
    const { number, breaks, durationMs, title, at } = stretch;
    const previous = index === 0 ? before : stretches[index - 1];
    return {
      name: nameOf(stretch),
      ...{ number, discontinuities: breaks, durationMs, title, at, keptAt: at },
      startsStream: previous !== undefined && previous.breaks !== breaks,
    };
  });

/** Opens the segments of a recording. */
export function openKeptSegments(recording: Recording): KeptSegments {
  let reading = 0;

  const bounded = async <Value>(read: () => Promise<Value>): Promise<Kept<Value>> => {
    if (reading >= READS_MAX) return 'busy';
    reading++;
    return read()
      .catch(() => undefined)
      .finally(() => reading--);
  };

  /** The stretches of two hours, up to the one in which so much has been played. */
  const around = async (at: number, targetMs: number): Promise<readonly Stretch[]> => {
    const hours = await recording.hours();
    const present = hours.findLastIndex((hour) => (hourStart(hour) ?? 0) <= at);
    let [before, last]: (readonly Stretch[])[] = [[], []];
    for (const hour of hours.slice(Math.max(0, present - 1)).slice(0, HOURS_MAX)) {
      [before, last] = [last ?? [], await recording.index(hour)];
      if ((last.at(-1)?.playedMs ?? 0) >= targetMs) break;
    }
    return [...(before ?? []), ...(last ?? [])];
  };

  /**
   * By how much what stands before a listener's first stretch has grown since it began, because holes were
   * filled. Its list stays the same. Nothing is known of it once that stretch is gone.
   */
  const grownSince = async ({ at, playedMs, number, breaks }: KeptStart) => {
    const first = (await recording.index(hourOf(at))).find((one) => one.at === at);
    if (first === undefined || number === undefined) return { playedMs: 0, number: 0, breaks: 0 };
    return {
      playedMs: first.playedMs - playedMs,
      number: first.number - number,
      breaks: first.breaks - (breaks ?? 0),
    };
  };

  const listed = async (start: KeptStart, now: number) => {
    const elapsedMs = now - start.since;
    if (elapsedMs < -CLOCKS_MS_MAX || elapsedMs > LISTENING_MS_MAX) return undefined;
    const grown = await grownSince(start);
    const fromMs = start.playedMs + grown.playedMs;
    const targetMs = fromMs + Math.max(0, elapsedMs) + AHEAD_MS;
    const all = await around(start.at + elapsedMs, targetMs);
    // Rounded times are equal to within a millisecond.
    const isDue = ({ playedMs }: Stretch): boolean => playedMs >= fromMs - 1 && playedMs < targetMs;
    const due = all.filter(isDue);
    const chosen = newest(consecutive(due.length > 0 ? due : all.slice(0, 1)), LISTED_MS);
    const [first] = chosen;
    if (first === undefined) return undefined;
    return segmentsOf(chosen, due[due.indexOf(first) - 1]).map((one) => ({
      ...one,
      number: one.number - grown.number,
      discontinuities: one.discontinuities - grown.breaks,
    }));
  };

  const find = async (name: string, keptAt: number) => {
    const piece = await recording.read({ at: Math.min(keptAt, LAST_MS) });
    if (piece?.stretch.at !== keptAt || nameOf(piece.stretch) !== name) return undefined;
    return { title: piece.stretch.title, bytes: withTag(piece.stretch, piece.sound) };
  };

  return {
    begin: (instant, now) =>
      bounded(async () => {
        const position = await recording.seek(instant);
        const stretch = position && (await recording.find(position));
        const last = (await recording.index((await recording.hours()).at(-1) ?? '')).at(-1);
        // A player would have less to begin with than from what is live.
        const isLive = (last?.playedMs ?? 0) < (stretch?.playedMs ?? 0) + AHEAD_MS / 2;
        if (stretch === undefined || isLive) return undefined;
        const { at, playedMs, number, breaks } = stretch;
        return { at, playedMs, number, breaks, since: now };
      }),
    listed: (start, now) => bounded(() => listed(start, now)),
    find: (name, keptAt) => bounded(() => find(name, keptAt)),
  };
}
