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
import { nameFromBytes, pathOf } from '../../runtime/file-name.js';
import { fileProblem } from '../track/track-input.js';
import { parsePlaylist, readingsOf } from './playlist-file.js';

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

/** Any scheme but that of files, `http://` above all. */
const URL_START = /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i;

const PLAYLIST_NAME = /^\.(m3u8?|pls)$/i;

/** Directories that cannot be read and are named one by one. Guess: the rest is only counted. */
const UNREAD_TOLD_MAX = 5;

/** Orders names with numbers by value (a2 before a10), on every machine in the same way. */
const COLLATOR = new Intl.Collator('en', { numeric: true });
const byName = (one: string, other: string): number =>
  COLLATOR.compare(one, other) || (one < other ? -1 : 1);

/**
 * The songs of all operands, in order. Rejects with a UserError that lists all problems. `tell` is
 * called with a sentence about each part of a directory that is left out.
 */
export async function listSongs(
  operands: readonly string[],
  tell: (text: string) => void,
): Promise<readonly Song[]> {
  const songs: Song[] = [];
  const problems: string[] = [];
  for (const operand of operands) {
    try {
      for (const song of await songsOf(operand, tell)) songs.push(song);
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

async function songsOf(operand: string, tell: (text: string) => void): Promise<readonly Song[]> {
  if (URL_START.test(operand)) throw notFile(operand, 'is a URL, and no file');
  const [file = operand] = /^file:/i.test(operand) ? readingsOf(operand) : [];
  const isDirectory = await stat(pathOf(file)).then(
    (about) => about.isDirectory(),
    () => false, // Its problem is reported when it is opened as a file.
  );
  if (isDirectory) return songsIn(file, tell);
  return PLAYLIST_NAME.test(extname(file)) ? songsFrom(file) : [{ file, named: true }];
}

const notFile = (url: string, what: string): UserError =>
  new UserError(EXIT.file, `${excerpt(url)} ${what}; --from URL broadcasts a stream`);

async function songsIn(directory: string, tell: (text: string) => void): Promise<readonly Song[]> {
  const files: string[] = [];
  const unread: string[] = [];
  await collect(directory, files, unread, 0);
  for (const problem of unread.slice(0, UNREAD_TOLD_MAX)) tell(`left out: ${problem}`);
  const more = unread.length - UNREAD_TOLD_MAX;
  if (more > 0) tell(`left out: ${more} more directories below ${directory}`);
  if (files.length > 0) return files.map((file) => ({ file, named: false }));
  throw new UserError(EXIT.file, `${directory} contains no file whose name ends in .mp3`);
}

/**
 * Does not follow links to directories, and ignores hidden files, which are often metadata. A
 * directory below that cannot be read, like `lost+found`, is left out, and noted in `unread`.
 */
async function collect(
  directory: string,
  files: string[],
  unread: string[],
  depth: number,
): Promise<void> {
  if (depth > DEPTH_MAX) {
    throw new UserError(EXIT.file, `${directory} is more than ${DEPTH_MAX} directories deep`);
  }
  const entries = await readDirectory(directory).catch((error: unknown) => {
    if (depth === 0 || !(error instanceof UserError)) throw error;
    unread.push(error.message);
    return [];
  });
  for (const { name, isDirectory } of entries) {
    const path = join(directory, name);
    if (isDirectory) await collect(path, files, unread, depth + 1);
    else if (/\.mp3$/i.test(name)) files.push(path);
    if (files.length > SONGS_MAX) throw tooMany(directory);
  }
}

/** The entries of a directory that are not hidden, by name. Rejects with a UserError. */
async function readDirectory(directory: string) {
  try {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const entries = (await readdir(pathOf(directory), options)).map((entry) => ({
      name: nameFromBytes(entry.name),
      isDirectory: entry.isDirectory(),
    }));
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((one, other) => byName(one.name, other.name));
  } catch (error) {
    throw fileProblem(directory, error);
  }
}

async function songsFrom(playlist: string): Promise<readonly Song[]> {
  const entries = parsePlaylist(await readBounded(playlist));
  if (entries.length === 0) throw new UserError(EXIT.file, `${playlist} names no file`);
  const url = entries.find(({ path }) => URL_START.test(path));
  if (url !== undefined) {
    const advice = 'only files can be in a playlist; --from URL broadcasts a stream';
    throw new UserError(EXIT.file, `${playlist} names ${excerpt(url.path)}: ${advice}`);
  }
  const songs: Song[] = [];
  for (const { path, ...title } of entries.slice(0, SONGS_MAX + 1)) {
    songs.push({ file: await fileOf(playlist, path), ...title, named: false });
  }
  return songs;
}

/** The first reading of a path that exists, or else the first one that a person can read. */
async function fileOf(playlist: string, path: string): Promise<string> {
  const readings = readingsOf(path);
  const files = readings.map((reading) => resolve(dirname(playlist), reading));
  for (const file of files.length > 1 ? files : []) {
    if (await stat(pathOf(file)).then(Boolean, () => false)) return file;
  }
  return files.find((file) => !/\p{Cs}/u.test(file)) ?? resolve(dirname(playlist), path);
}

async function readBounded(playlist: string): Promise<Uint8Array> {
  try {
    const handle = await open(pathOf(playlist));
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
