/**
 * Quotes untrusted text safely: its beginning, between quotation marks, without characters that
 * could move a terminal's cursor or hide other text.
 */

const CHARACTERS_MAX = 80;

/** Control, format, private, unassigned and surrogate characters; line and paragraph ends. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The first 80 characters of `text`, quoted; what cannot be printed becomes U+FFFD. */
export function excerpt(text: string): string {
  const characters = Array.from(text.slice(0, 2 * CHARACTERS_MAX + 2));
  const shown = characters
    .slice(0, CHARACTERS_MAX)
    .map((character) => (UNPRINTABLE.test(character) ? '\uFFFD' : character))
    .join('');
  return characters.length > CHARACTERS_MAX ? `"${shown}…"` : `"${shown}"`;
}
