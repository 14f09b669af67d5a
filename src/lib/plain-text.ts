/**
 * Titles as people read them. A tag's text was written by a stranger and ends up in players'
 * displays, on terminals and on web pages: one line, bounded, and nothing that steers a screen.
 */

/** Control characters, lone surrogates, line ends, and overrides of writing direction. */
const UNWANTED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/gu;

/**
 * `text` up to its first NUL, each run of white space as one space, the rest of what is unwanted
 * removed, at most `charactersMax` UTF-16 units long; undefined if nothing remains.
 */
export function plainText(text: string, charactersMax: number): string | undefined {
  const first = text.split('\0', 1)[0] ?? '';
  const line = first.replace(/\s+/g, ' ').replace(UNWANTED, '').trim();
  const bounded = line
    .slice(0, charactersMax)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
  return bounded === '' ? undefined : bounded;
}
