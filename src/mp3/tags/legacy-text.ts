/**
 * Text without a declared encoding: ICY titles, ID3v1 tags, old playlists. A single character of
 * several bytes in UTF-8 makes it UTF-8, because text in Latin-1 rarely holds one by chance; text
 * without any is read as Latin-1.
 *
 * Programs cut text at a number of bytes, and join texts of different origins. So the rest of such
 * a text is not given up for one malformed place: a character that was cut is left out, and any
 * other byte is read as Latin-1.
 */

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The characters 0x80 to 0x9F of windows-1252, which is what people call Latin-1; a space where it
 * has no character. Node 20's own decoder of that name gives control characters there.
 */
const FROM_0X80 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

const latin1Character = (byte: number): string =>
  byte >= 0x80 && byte < 0xa0 ? (FROM_0X80[byte - 0x80] as string) : String.fromCharCode(byte);

/** Decodes text in Latin-1, as windows-1252 extends it. */
export const decodeLatin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, latin1Character).join('');

/** The characters of several bytes in UTF-8 (RFC 3629 §4); each character here is one byte. */
const WELL_FORMED =
  '[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|' +
  '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|' +
  '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}';
/** The first bytes of such a character, without the rest; a first byte alone only at the end. */
const CUT = '[\\xe0-\\xf4][\\x80-\\xbf]{1,2}|[\\xc2-\\xf4]$';

const HAS_WELL_FORMED = new RegExp(WELL_FORMED);
const BEYOND_ASCII = new RegExp(`(${WELL_FORMED})|(${CUT})|[\\x80-\\xff]`, 'g');

/** Decodes UTF-8 with malformed places; each character of `text` is one byte. */
const decodeDamaged = (text: string): string =>
  text.replace(BEYOND_ASCII, (found: string, wellFormed?: string, cut?: string) => {
    if (cut !== undefined) return '';
    if (wellFormed === undefined) return latin1Character(found.charCodeAt(0));
    return Buffer.from(found, 'latin1').toString('utf8');
  });

/** Decodes text in UTF-8 or Latin-1, without a byte order mark. */
export function decodeLegacyText(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    const text = Buffer.from(bytes).toString('latin1');
    return HAS_WELL_FORMED.test(text) ? decodeDamaged(text) : decodeLatin1(bytes);
  }
}
