/**
 * Texts for people: titles, genres, descriptions. They end up on web pages, on terminals and in
 * players' displays, so they are one line each, and nothing in them steers where it is shown.
 */
import { bad, good, type Result } from '../lib/result.js';

/** Control characters, lone surrogates, what XML forbids, and overrides of writing direction. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/u;

/**
 * The text with every run of white space as one space, as Figure 2's indented descriptions need.
 * `what` names the text in a problem; `lengthMax` is in UTF-16 units.
 */
export function parsePlainText(what: string, text: string, lengthMax: number): Result<string> {
  const normal = text.replace(/\s+/g, ' ').trim();
  if (normal.length > lengthMax) {
    return bad(`${what} is ${normal.length} characters long; at most ${lengthMax} are allowed`);
  }
  if (FORBIDDEN.test(normal)) return bad(`${what} contains control characters: remove them`);
  return good(normal);
}
