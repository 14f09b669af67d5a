/**
 * Quotes untrusted text safely: its beginning, between quotation marks, without characters that
 * could move a terminal's cursor or hide other text.
 */
import { printable } from './plain-text.js';

const CHARACTERS_MAX = 80;

/** The first 80 characters of `text`, quoted; what cannot be printed becomes U+FFFD. */
export function excerpt(text: string): string {
  const characters = Array.from(text.slice(0, 2 * CHARACTERS_MAX + 2));
  const shown = printable(characters.slice(0, CHARACTERS_MAX).join(''));
  return characters.length > CHARACTERS_MAX ? `"${shown}…"` : `"${shown}"`;
}
