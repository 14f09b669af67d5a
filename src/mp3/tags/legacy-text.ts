/**
 * Text without a declared encoding: ICY titles, ID3v1 tags, old playlists. Valid UTF-8 is read as
 * UTF-8, because text in Latin-1 is rarely valid UTF-8 by chance; everything else is read as
 * Latin-1.
 */

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The characters 0x80 to 0x9F of windows-1252, which is what people call Latin-1; a space where it
 * has no character. Node 20's own decoder of that name gives control characters there.
 */
const FROM_0X80 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Decodes text in Latin-1, as windows-1252 extends it. */
export function decodeLatin1(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) =>
    byte >= 0x80 && byte < 0xa0 ? (FROM_0X80[byte - 0x80] as string) : String.fromCharCode(byte),
  );
  return characters.join('');
}

/** Decodes text in UTF-8 or Latin-1, without a byte order mark. */
export function decodeLegacyText(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return decodeLatin1(bytes);
  }
}
