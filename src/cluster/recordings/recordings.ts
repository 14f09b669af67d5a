/**
 * What SCXs of this cluster have recorded (api/recordings/recording-files.ts), for those who want whole hours, or the titles
 * of what was played. Recordings of sessions that are not published here any more are removed.
 *
 * Bounded: LISTED_MAX sessions whose lists are remembered, TITLED_HOURS hours whose titles are told.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  HOUR_MS,
  hourStart,
  hoursIn,
  indexFile,
  recordingFolder,
  type Stretch,
  soundFile,
} from '../../api/recordings/recording-files.js';
import type { StretchesAsked } from '../../api/recordings/stretches-answer.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { SignedAnnouncement } from '../../session/announcement.js';
import type { SessionIdentity } from '../../session/session-id.js';
import { type Piece, piecesIn } from './pieces.js';
import { readStretches, stretchesOf } from './read-stretches.js';

/** An hour that was recorded, or the part of it that there is. */
interface RecordedHour {
  readonly hour: string;
  readonly bytes: number;
}

/** What is kept of a session. */
export interface RecordedSession {
  /** The oldest first. */
  readonly hours: readonly RecordedHour[];
  /** When the first sound was played, and the last one ended, ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Each when it began, of the last day, the oldest first. */
  readonly titles: readonly { readonly at: number; readonly title: string }[];
}

export interface Recordings {
  /** Undefined: nothing is kept. */
  list(session: SessionIdentity, isPrivate: boolean): Promise<RecordedSession | undefined>;
  /** The file of an hour, whose name is one. */
  pathOf(session: SessionIdentity, isPrivate: boolean, hour: string): string;
  /** The pieces of that file, in the order in which they were played. */
  piecesOf(session: SessionIdentity, isPrivate: boolean, hour: string): Promise<readonly Piece[]>;
  /** What was played between two instants, as much of it as an answer holds. */
  stretches(session: SessionIdentity, isPrivate: boolean, asked: StretchesAsked): Promise<Buffer>;
  /** Removes what is older than is wanted, and of sessions that are not known any more. */
  tidy(): Promise<void>;
  /** Removes what was recorded of a session. */
  forget(session: SessionIdentity): Promise<void>;
}

const LISTED_MAX = 64;
const TITLED_HOURS = 24;
const TITLES_MAX = 1000;
/** How long a list is told again, ms. Guess. */
const FRESH_MS = 5000;

/** The titles, each where it begins. */
function titlesOf(stretches: readonly Stretch[]): RecordedSession['titles'] {
  let last: string | null = null;
  return stretches.flatMap(({ at, title }) => {
    const isNew = title !== last;
    last = title;
    return isNew && title !== null ? [{ at, title }] : [];
  });
}

async function sized(folder: string, hour: string): Promise<RecordedHour[]> {
  const size = await stat(join(folder, soundFile(hour))).catch(() => undefined);
  return size === undefined ? [] : [{ hour, bytes: size.size }];
}

async function readSession(folder: string): Promise<RecordedSession | undefined> {
  const all = hoursIn(await readdir(folder).catch(() => []));
  const hours = (await Promise.all(all.map((hour) => sized(folder, hour)))).flat();
  const stretches: Stretch[] = [];
  for (const { hour } of hours.slice(-TITLED_HOURS)) {
    stretches.push(...(await stretchesOf(folder, hour)));
  }
  const [oldest] = hours.length > TITLED_HOURS ? await stretchesOf(folder, `${all[0]}`) : stretches;
  const last = stretches.at(-1);
  if (oldest === undefined || last === undefined) return undefined;
  const titles = titlesOf(stretches).slice(-TITLES_MAX);
  return { hours, fromMs: oldest.at, toMs: Math.round(last.at + last.durationMs), titles };
}

/** The announcements of the sessions that may have recordings. */
interface AnnouncementsKept {
  all(): readonly { readonly announcement: SignedAnnouncement }[];
}

const isPast = (hour: string, since: number): boolean => (hourStart(hour) ?? 0) + HOUR_MS < since;

/** Removes hours that are older than their announcements want, where no SCX writes any more. */
async function removeOld(root: string, store: AnnouncementsKept, wallMs: number): Promise<void> {
  for (const { announcement } of store.all()) {
    const { name, key, keepMs = 0 } = announcement;
    const folder = join(root, recordingFolder({ ...name, key }, false));
    const hours = hoursIn(await readdir(folder).catch(() => []));
    for (const hour of hours.filter((one) => isPast(one, wallMs - keepMs))) {
      await rm(join(folder, indexFile(hour)), { force: true });
      await rm(join(folder, soundFile(hour)), { force: true });
    }
  }
}

/** Removes the folders of sessions that are not published. */
async function sweep(root: string, store: AnnouncementsKept): Promise<void> {
  const kept = new Set(
    store
      .all()
      .flatMap(({ announcement: { name, key } }) => [
        recordingFolder({ ...name, key }, false),
        recordingFolder({ ...name, key }, true),
      ]),
  );
  for (const creator of await readdir(root)) {
    for (const folder of await readdir(join(root, creator)).catch(() => [])) {
      if (!kept.has(`${creator}/${folder}`)) {
        await rm(join(root, creator, folder), { recursive: true, force: true });
      }
    }
  }
}

/** Opens the recordings below a folder, which is made. Rejects with the system's error. */
export async function openRecordings(
  root: string,
  store: AnnouncementsKept,
  now: () => number,
): Promise<Recordings> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  await sweep(root, store);
  const listed = createBoundedMap<
    string,
    { readonly at: number; readonly read: Promise<RecordedSession | undefined> }
  >(LISTED_MAX);
  return {
    list: (session, isPrivate) => {
      const folder = join(root, recordingFolder(session, isPrivate));
      const known = listed.use(folder);
      if (known !== undefined && now() - known.at < FRESH_MS) return known.read;
      const read = readSession(folder);
      listed.set(folder, { at: now(), read });
      return read;
    },
    pathOf: (session, isPrivate, hour) =>
      join(root, recordingFolder(session, isPrivate), soundFile(hour)),
    piecesOf: async (session, isPrivate, hour) =>
      piecesIn(await stretchesOf(join(root, recordingFolder(session, isPrivate)), hour)),
    stretches: (session, isPrivate, asked) =>
      readStretches(join(root, recordingFolder(session, isPrivate)), asked),
    tidy: async () => {
      await sweep(root, store);
      await removeOld(root, store, steadyTimeMs());
    },
    forget: async (session) => {
      for (const isPrivate of [false, true]) {
        const folder = join(root, recordingFolder(session, isPrivate));
        listed.delete(folder);
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
