/**
 * The titles that the sessions of this cluster have had, for web sites (SHOUTcast's `/played`) and for
 * stations that report what they play. Each new title is a line of `playlist.log` in the data directory,
 * in the format of Icecast's file of that name, and a front end that is started again reads the end of
 * that file.
 *
 * Bounded: SESSIONS_MAX sessions, TITLES_MAX titles for each, and READ_BYTES of the file.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { sessionOfMount } from '../../icecast/mount.js';
import {
  type PlayedTitle,
  parsePlaylistLine,
  printPlaylistLine,
} from '../../icecast/statistics/played-titles.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { logInstant, openLineLog } from '../../runtime/line-log.js';
import { refPath } from '../../session/session-id.js';

/** What an SCX reports. */
interface PlayedView {
  readonly playing: string | null;
  readonly title: string | null;
}

/** The history of titles. */
export interface TitleHistory {
  /**
   * Takes the status of an SCX; `path`: of its session here. `listeners`: the number of them, for
   * the file.
   */
  onStatus(path: string, view: PlayedView, listeners: () => number): void;
  /** The titles of the session with this path, the newest first. */
  of(path: string): readonly PlayedTitle[];
  /** Writes what waits, and ends. */
  close(): Promise<void>;
}

const TITLES_MAX = 20; // SHOUTcast keeps 10
const SESSIONS_MAX = 1024;
/** Guess: some thousand titles. */
const READ_BYTES = 512 * 1024;

/** The last lines of a file; none if it cannot be read. */
async function lastLines(file: string): Promise<readonly string[]> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, READ_BYTES));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString().split('\n');
  } catch {
    return [];
  } finally {
    await handle.close();
  }
}

/** Opens the history that is kept in this data directory. */
export async function openTitleHistory(dataDir: string, log: Logger): Promise<TitleHistory> {
  const file = join(dataDir, 'playlist.log');
  const sessions = createBoundedMap<string, readonly PlayedTitle[]>(SESSIONS_MAX);
  const lines = openLineLog({ file, what: 'log of titles', log });

  const add = (session: string, { title, at }: PlayedTitle): void => {
    const before = sessions.get(session) ?? [];
    sessions.set(session, [{ title, at }, ...before].slice(0, TITLES_MAX));
  };

  for (const text of await lastLines(file)) {
    const line = parsePlaylistLine(text);
    const ref = line && sessionOfMount(line.mount);
    if (line !== undefined && ref !== undefined) add(refPath(ref), line);
  }

  return {
    onStatus: (path, { playing, title }, listeners) => {
      if (playing === null || !title) return;
      if (sessions.get(path)?.[0]?.title === title) return;
      const now = new Date();
      const played = { title, at: now.getTime() };
      add(path, played);
      const line = { ...played, mount: `/${path}`, listeners: listeners() };
      lines.add(() => printPlaylistLine(line, logInstant(now)));
    },
    of: (path) => sessions.get(path) ?? [],
    close: lines.close,
  };
}
