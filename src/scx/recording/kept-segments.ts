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
import { hourOf, hourStart, type Stretch } from '../../api/recordings/recording-files.js';
import { printSegmentName } from '../../icecast/segment-name.js';
import { withTag } from '../sound/segment.js';
import { consecutive } from '../sound/segment-place.js';
import { LISTED_MS, newest, type Segment } from '../sound/segments.js';
import type { Recording, TapePosition } from './recording.js';

/** Where a listener has begun. */
export interface KeptStart {
  /** When its first stretch was played, ms since 1970, and the sound before that in the recording, ms. */
  readonly at: number;
  readonly playedMs: number;
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

const START = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/;

/** A start as it stands in an address. */
export const printStart = ({ at, playedMs, since }: KeptStart): string =>
  [at, playedMs, since].map(Math.round).join('.');

/** Reads it; undefined if it is malformed. */
export function parseStart(text: string): KeptStart | undefined {
  const [, at, playedMs, since] = START.exec(text) ?? [];
  if (at === undefined) return undefined;
  return { at: Number(at), playedMs: Number(playedMs), since: Number(since) };
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

  const listed = async (start: KeptStart, now: number) => {
    const elapsedMs = now - start.since;
    if (elapsedMs < -CLOCKS_MS_MAX || elapsedMs > LISTENING_MS_MAX) return undefined;
    const targetMs = start.playedMs + Math.max(0, elapsedMs) + AHEAD_MS;
    const all = await around(start.at + elapsedMs, targetMs);
    // Rounded times are equal to within a millisecond.
    const isDue = ({ playedMs }: Stretch): boolean =>
      playedMs >= start.playedMs - 1 && playedMs < targetMs;
    const due = all.filter(isDue);
    const chosen = newest(consecutive(due.length > 0 ? due : all.slice(0, 1)), LISTED_MS);
    const [first] = chosen;
    if (first === undefined) return undefined;
    return segmentsOf(chosen, due[due.indexOf(first) - 1]);
  };

  const stretchAt = async (position: TapePosition): Promise<Stretch | undefined> => {
    const stretch = (await recording.index(position.hour))[position.index];
    if (stretch !== undefined) return stretch;
    const later = (await recording.hours()).find((hour) => hour > position.hour);
    return later === undefined ? undefined : (await recording.index(later))[0];
  };

  const find = async (name: string, keptAt: number) => {
    const hour = hourOf(keptAt);
    const index = (await recording.index(hour)).findIndex(({ at }) => at === keptAt);
    const piece = index < 0 ? undefined : await recording.read({ hour, index });
    if (piece === undefined || nameOf(piece.stretch) !== name) return undefined;
    return { title: piece.stretch.title, bytes: withTag(piece.stretch, piece.sound) };
  };

  return {
    begin: (instant, now) =>
      bounded(async () => {
        const position = await recording.seek(instant);
        const stretch = position && (await stretchAt(position));
        const last = (await recording.index((await recording.hours()).at(-1) ?? '')).at(-1);
        // A player would have less to begin with than from what is live.
        const isLive = (last?.playedMs ?? 0) < (stretch?.playedMs ?? 0) + AHEAD_MS / 2;
        if (stretch === undefined || isLive) return undefined;
        return { at: stretch.at, playedMs: stretch.playedMs, since: now };
      }),
    listed: (start, now) => bounded(() => listed(start, now)),
    find: (name, keptAt) => bounded(() => find(name, keptAt)),
  };
}
