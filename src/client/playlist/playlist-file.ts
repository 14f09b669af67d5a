/**
 * Playlist files of any program. `.m3u`: one path per line, optionally after a line
 * `#EXTINF:SECONDS,TITLE`; other lines that start with `#` are comments. `.pls`: `File1=PATH`,
 * `Title1=TITLE` and so on. Both are relative to the playlist.
 *
 * The text is UTF-16 if it says so or looks so, or else UTF-8, or else Latin-1. What a path means
 * is as uncertain: players on Windows write backslashes, others write URLs, and names on the disk
 * may be in Latin-1. So each path has several readings, and the first one that exists counts.
 */

import { plainText } from '../../lib/plain-text.js';
import { decodeLatin1 } from '../../mp3/tags/legacy-text.js';
import { nameBytes, nameFromBytes } from '../../runtime/file-name.js';

export interface PlaylistEntry {
  /** As written in the playlist. */
  readonly path: string;
  readonly title?: string;
}

/** The text of a playlist; if it is Latin-1, bytes above 0x7F are escaped (file-name.ts). */
interface Decoded {
  readonly text: string;
  readonly isLatin1: boolean;
}

const TITLE_LENGTH_MAX = 512;

/** Behind the seconds may be attributes in quotation marks, which may contain commas. */
const EXTINF = /^#EXTINF:(?:[^",]|"[^"]*")*,(.*)$/;
const EXTINF_PLAIN = /^#EXTINF:[^,]*,(.*)$/;

const PLS_START = /^\s*\[playlist\]/i;
const PLS_LINE = /^(file|title)(\d{1,6})=(.*)$/i;

/** Two bytes that UTF-16 begins with, and the name of its form. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // No other text contains a NUL; paths and comments begin with ASCII.
  if (first !== 0 && second === 0) return 'utf-16le';
  return first === 0 && second !== 0 && bytes.length > 1 ? 'utf-16be' : undefined;
}

function decode(bytes: Uint8Array): Decoded {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) return { text: new TextDecoder(utf16).decode(bytes), isLatin1: false };
  const text = nameFromBytes(bytes).replace(/^\uFEFF/, '');
  return { text, isLatin1: /[\udc80-\udcff]/u.test(text) };
}

/** The entries of a playlist, in their order. A title is plain text. */
export function parsePlaylist(bytes: Uint8Array): readonly PlaylistEntry[] {
  const { text, isLatin1 } = decode(bytes);
  const lines = text.split(/\r\n|\r|\n/).map((each) => each.trim());
  const titled = (title: string): string | undefined =>
    plainText(isLatin1 ? latin1Reading(title) : title, TITLE_LENGTH_MAX);
  return PLS_START.test(text) ? parsePls(lines, titled) : parseM3u(lines, titled);
}

type ReadTitle = (title: string) => string | undefined;

function parseM3u(lines: readonly string[], titled: ReadTitle): readonly PlaylistEntry[] {
  const entries: PlaylistEntry[] = [];
  let title: string | undefined;
  for (const line of lines) {
    const named = (EXTINF.exec(line) ?? EXTINF_PLAIN.exec(line))?.[1];
    if (named !== undefined) title = titled(named);
    if (line === '' || line.startsWith('#')) continue;
    entries.push(title === undefined ? { path: line } : { path: line, title });
    title = undefined;
  }
  return entries;
}

/** By number: the keys may be in any order. */
function parsePls(lines: readonly string[], titled: ReadTitle): readonly PlaylistEntry[] {
  const paths = new Map<number, string>();
  const titles = new Map<number, string | undefined>();
  for (const line of lines) {
    const [, key = '', number = '', value = ''] = PLS_LINE.exec(line) ?? [];
    if (key.toLowerCase() === 'file' && value !== '') paths.set(Number(number), value);
    if (key.toLowerCase() === 'title') titles.set(Number(number), titled(value));
  }
  const numbers = [...paths.keys()].toSorted((one, other) => one - other);
  return numbers.map((number) => {
    const [path, title] = [paths.get(number) ?? '', titles.get(number)];
    return title === undefined ? { path } : { path, title };
  });
}

/** A text in which some bytes were not UTF-8, as Latin-1. */
const latin1Reading = (text: string): string =>
  text.replace(/[\udc80-\udcff]/gu, (byte) =>
    decodeLatin1(Uint8Array.of(byte.charCodeAt(0) - 0xdc00)),
  );

const FILE_URL = /^file:(?:\/\/[^/]*)?(?=\/)/i;

const DRIVE = /^\/?[a-z]:\//i;
/** Directories of a path on a drive of Windows that may lie beside the playlist. Guess. */
const TAILS_MAX = 16;

/**
 * `C:\Music\Jazz\a.mp3` was written on another machine. Where the playlist was copied together with its
 * music, a part of the path lies beside it: `Music/Jazz/a.mp3`, `Jazz/a.mp3`, `a.mp3`.
 */
function tailsOf(path: string): readonly string[] {
  if (!DRIVE.test(path)) return [];
  const parts = path.replace(DRIVE, '').split('/').slice(-TAILS_MAX);
  return parts.map((_part, index) => parts.slice(index).join('/'));
}

/** What a path of a playlist may mean, the likeliest first. */
export function readingsOf(path: string): readonly string[] {
  const local = path.replace(FILE_URL, '');
  const plain = local === path ? path : unescaped(local.replace(/[?#].*/s, ''));
  const slashed = plain.replaceAll('\\', '/');
  const readings = local === path ? [path, slashed, unescaped(path), unescaped(slashed)] : [plain];
  const all = [...readings, ...readings.flatMap(tailsOf)];
  return [...new Set(local === path ? [...all, ...all.map(latin1Reading)] : all)];
}

/** Decodes `%20` and the like to the bytes that they stand for. */
function unescaped(path: string): string {
  if (!/%[0-9a-f]{2}/i.test(path)) return path;
  const latin1 = nameBytes(path).toString('latin1');
  const bytes = latin1.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return nameFromBytes(Buffer.from(bytes, 'latin1'));
}
