/**
 * Texts for people: titles, genres, descriptions. They come from strangers and end up on web pages,
 * on terminals and in players' displays. So each is one line, bounded, and without characters that
 * control where or how it is shown.
 *
 * There are two readers. A tag or a title in a stream was written by a program, which cannot be
 * asked to correct it: `plainText` removes what is unwanted. An announcement is written by a
 * person, who can: `parsePlainText` refuses it and says why.
 *
 * What is printed passes `printable` besides, whatever it is: names of files and answers of servers
 * could move a terminal's cursor, change its window's title or hide other text.
 */
import { bad, good, type Result } from './result.js';

/**
 * Control characters, lone surrogates, noncharacters, and overrides of the writing direction. Line
 * ends and the byte order mark are white space to JavaScript, so they have become spaces before.
 */
const UNWANTED = /[\p{Cc}\p{Cs}\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/u;
const ALL_UNWANTED = new RegExp(UNWANTED, 'gu');

const joinLines = (text: string): string => text.replace(/\s+/g, ' ');

/**
 * `text` up to its first NUL, with each run of white space as one space and without unwanted
 * characters, at most `charactersMax` UTF-16 units long; undefined if nothing remains.
 */
export function plainText(text: string, charactersMax: number): string | undefined {
  const first = text.split('\0', 1)[0] ?? '';
  // Joined again: what is removed may leave two spaces side by side.
  const line = joinLines(joinLines(first).replace(ALL_UNWANTED, '')).trim();
  const bounded = line
    .slice(0, charactersMax)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
  return bounded === '' ? undefined : bounded;
}

/**
 * The text with each run of white space as one space, as Figure 2's indented descriptions need.
 * Problems: too long, or an unwanted character. `what` names the text in a problem; `lengthMax` is
 * in UTF-16 units.
 */
export function parsePlainText(what: string, text: string, lengthMax: number): Result<string> {
  const line = joinLines(text).trim();
  if (line.length > lengthMax) {
    return bad(`${what} is ${line.length} characters long; at most ${lengthMax} are allowed`);
  }
  if (UNWANTED.test(line)) return bad(`${what} contains control characters: remove them`);
  return good(line);
}

/**
 * Control, format, private, unassigned and surrogate characters, line and paragraph ends; not the
 * two joiners that emoji and some scripts need.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu;

/** One line of text; `instead` replaces each character that cannot be printed. */
export const printable = (text: string, instead = '\uFFFD'): string =>
  text.replace(UNPRINTABLE, instead);

/** The same for a text of several lines: line feeds stay. */
export const printableLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => printable(line))
    .join('\n');

const escaped = (characters: string): string =>
  Array.from(
    { length: characters.length },
    (_, index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** JSON text with the same meaning, in which such characters are escaped; line feeds stay. */
export const printableJson = (json: string): string =>
  json.replace(UNPRINTABLE, (character) => (character === '\n' ? '\n' : escaped(character)));
