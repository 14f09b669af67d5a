/**
 * Blanks and tabs around the value of a header field are no part of it (RFC 9110 §5.5). They are
 * removed here and not by a regular expression: one that allows blanks, then anything, then blanks,
 * tries all ways to divide a long run of them, which takes time that grows with its square. trim()
 * would remove more: the byte 0xA0, which may be half of a character in UTF-8.
 */

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** The text without the blanks and tabs at its ends. */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (start < end && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}
