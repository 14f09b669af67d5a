/**
 * Names of files as texts, whatever their bytes are. To Linux a name is bytes, and old collections
 * have names in Latin-1, which Node turns into U+FFFD and can then not open. Here each byte that is
 * not UTF-8 becomes one lone surrogate, U+DC80 to U+DCFF, as in Python (PEP 383): such a text can
 * be joined and cut like any other, and the bytes come back when the file is opened.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPED_FROM = 0xdc00;
const ESCAPED = /[\udc80-\udcff]/u;

/** The text that stands for the bytes of a file's name. */
export function nameFromBytes(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

function escaped(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    text += character ?? String.fromCharCode(ESCAPED_FROM + (bytes[at] as number));
    at += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return text;
}

/** The length of a character in UTF-8, bytes, if a character begins with this byte (RFC 3629 §3). */
function lengthFrom(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The character that begins at `at`; undefined if that is not UTF-8. */
function characterAt(bytes: Uint8Array, at: number): string | undefined {
  const character = bytes.subarray(at, at + lengthFrom(bytes[at] as number));
  return isUtf8(character) ? UTF_8.decode(character) : undefined;
}

/** What file functions take for such a text. */
export const pathOf = (name: string): string | Buffer =>
  ESCAPED.test(name) ? nameBytes(name) : name;

/** Runs of escaped bytes; a split keeps them, as every second part. */
const ESCAPED_RUN = /([\udc80-\udcff]+)/u;

/** The bytes of a name. */
export function nameBytes(name: string): Buffer {
  const parts = name
    .split(ESCAPED_RUN)
    .map((part, index) =>
      index % 2 === 0
        ? Buffer.from(part)
        : Buffer.from(Array.from(part, (byte) => byte.charCodeAt(0) - ESCAPED_FROM)),
    );
  return Buffer.concat(parts);
}

/**
 * The arguments of this process, `words`, with those that are not UTF-8 as such texts. Only Linux
 * still knows their bytes.
 */
export function argumentNames(words: readonly string[]): readonly string[] {
  if (!words.some((word) => word.includes('\uFFFD'))) return words;
  try {
    const given = splitAtNul(readFileSync('/proc/self/cmdline')).slice(-words.length);
    return words.map((word, index) => {
      const bytes = given[index];
      return bytes?.toString() === word ? nameFromBytes(bytes) : word;
    });
  } catch {
    return words;
  }
}

/** The texts of a list in which a NUL ends each one. */
function splitAtNul(list: Buffer): Buffer[] {
  const texts: Buffer[] = [];
  for (let start = 0; start < list.length; ) {
    const end = list.indexOf(0, start);
    texts.push(list.subarray(start, end < 0 ? list.length : end));
    start = end < 0 ? list.length : end + 1;
  }
  return texts;
}
