/**
 * The list of songs that the user's files, directories and playlists stand for. A file that the
 * user has named must play, so a problem with it is an error. A file that was found in a directory
 * or playlist is skipped if it does not play, because nobody knows all files in a collection of ten
 * years.
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
  /** The title if its own tags contain none. */
  readonly title?: string;
  /** The user has named this file itself. */
  readonly named: boolean;
}

/** Guess: more than any station has. A path takes about 100 bytes. */
const SONGS_MAX = 100_000;
/** Guess. It also stops at a cycle of mounts. */
const DEPTH_MAX = 32;
/** Guess: about 40,000 paths, more than playlists have. */
const PLAYLIST_BYTES_MAX = 4 * 2 ** 20;

/** Any scheme, `http://` above all. */
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Orders names with numbers by value (a2 before a10), on every machine in the same way. */
const COLLATOR = new Intl.Collator('en', { numeric: true });
const byName = (one: string, other: string): number =>
  COLLATOR.compare(one, other) || (one < other ? -1 : 1);

/** The songs of all operands, in order. Rejects with a UserError that lists all problems. */
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
  new UserError(EXIT.file, `${name}: more than ${SONGS_MAX} files; name fewer of them`);

async function songsOf(operand: string): Promise<readonly Song[]> {
  const isDirectory = await stat(operand).then(
    (about) => about.isDirectory(),
    () => false, // Its problem is reported when it is opened as a file.
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
  throw new UserError(EXIT.file, `${directory} contains no file whose name ends in .mp3`);
}

/** Does not follow links to directories, and ignores hidden files, which are often metadata. */
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
    const advice = 'only files can be in a playlist; --from URL broadcasts a stream';
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
