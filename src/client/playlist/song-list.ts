/**
 * What the user names - files, directories, playlists - becomes one list of songs. Whoever names
 * a file means that file, so each one must play. Nobody has looked at all that lies in a
 * directory of ten years, so what was found there is skipped if it does not play.
 *
 * Bounded: SONGS_MAX songs, directories DEPTH_MAX deep, playlists of PLAYLIST_BYTES_MAX.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { excerpt } from '../../lib/excerpt.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import { fileProblem } from '../track/track-input.js';
import { parseM3u } from './m3u.js';

/** One file to play. */
export interface Song {
  readonly file: string;
  /** Its title if its own tags tell none. */
  readonly title?: string;
  /** The user named this very file. */
  readonly named: boolean;
}

/** Guess: more than any station owns. A path is about 100 bytes. */
const SONGS_MAX = 100_000;
/** Guess. It also ends a circle of mounts. */
const DEPTH_MAX = 32;
/** Guess: SONGS_MAX would not fit, but no player's list is as long. */
const PLAYLIST_BYTES_MAX = 4 * 2 ** 20;

/** Any scheme, `http://` above all. */
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;

/** a2 before a10, and the same on every machine. */
const COLLATOR = new Intl.Collator('en', { numeric: true });
const byName = (one: string, other: string): number =>
  COLLATOR.compare(one, other) || (one < other ? -1 : 1);

/** The songs of all operands, in order. Rejects with a UserError that names all problems. */
export async function listSongs(operands: readonly string[]): Promise<readonly Song[]> {
  const songs: Song[] = [];
  const problems: string[] = [];
  for (const operand of operands) {
    try {
      for (const song of await songsOf(operand)) songs.push(song);
      if (songs.length > SONGS_MAX) throw tooMany(operand);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new UserError(EXIT.file, problems.join('\n'));
  return songs;
}

const tooMany = (name: string): UserError =>
  new UserError(EXIT.file, `${name}: more than ${SONGS_MAX} files; name a part of them`);

async function songsOf(operand: string): Promise<readonly Song[]> {
  const isDirectory = await stat(operand).then(
    (about) => about.isDirectory(),
    () => false, // What is wrong with it is told when it is looked at as a file.
  );
  if (isDirectory) return songsIn(operand);
  return /^\.m3u8?$/i.test(extname(operand))
    ? songsFrom(operand)
    : [{ file: operand, named: true }];
}

async function songsIn(directory: string): Promise<readonly Song[]> {
  const files: string[] = [];
  await collect(directory, files, 0);
  if (files.length > 0) return files.map((file) => ({ file, named: false }));
  throw new UserError(EXIT.file, `${directory} holds no file whose name ends in .mp3`);
}

/** Links to directories are not followed; hidden files are often no MP3 but notes about one. */
async function collect(directory: string, files: string[], depth: number): Promise<void> {
  if (depth > DEPTH_MAX) {
    throw new UserError(EXIT.file, `${directory} is more than ${DEPTH_MAX} directories deep`);
  }
  const entries = await readdir(directory, { withFileTypes: true }).catch((error) => {
    throw fileProblem(directory, error);
  });
  const shown = entries.filter(({ name }) => !name.startsWith('.'));
  for (const entry of shown.sort((one, other) => byName(one.name, other.name))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await collect(path, files, depth + 1);
    else if (/\.mp3$/i.test(entry.name)) files.push(path);
    if (files.length > SONGS_MAX) throw tooMany(directory);
  }
}

async function songsFrom(playlist: string): Promise<readonly Song[]> {
  const entries = parseM3u(decodeLegacyText(await readBounded(playlist)));
  if (entries.length === 0) throw new UserError(EXIT.file, `${playlist} names no file`);
  const url = entries.find(({ path }) => URL_START.test(path));
  if (url !== undefined) {
    const advice = 'a playlist names files here; --from URL re-broadcasts a stream';
    throw new UserError(EXIT.file, `${playlist} names ${excerpt(url.path)}: ${advice}`);
  }
  return entries.map(({ path, ...title }) => ({
    file: resolve(dirname(playlist), path),
    ...title,
    named: false,
  }));
}

async function readBounded(playlist: string): Promise<Uint8Array> {
  try {
    const handle = await open(playlist);
    try {
      const buffer = Buffer.alloc(PLAYLIST_BYTES_MAX + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead <= PLAYLIST_BYTES_MAX) return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileProblem(playlist, error);
  }
  throw new UserError(EXIT.file, `${playlist} is too large for a playlist`);
}
