/**
 * Text without a word about its encoding: ICY titles, ID3v1 tags, old playlists. What is valid
 * UTF-8 is UTF-8, because text in Latin-1 hardly ever is by chance; all else is Latin-1.
 */

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * What Latin-1 as the world writes it (windows-1252) has from 0x80 on, where Latin-1 has controls;
 * a space where it has nothing either. Node 20's own decoder of that name gives the controls.
 */
const FROM_0X80 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Text in Latin-1. */
export function decodeLatin1(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) =>
    byte >= 0x80 && byte < 0xa0 ? (FROM_0X80[byte - 0x80] as string) : String.fromCharCode(byte),
  );
  return characters.join('');
}

/** The text; a byte order mark is left out. */
export function decodeLegacyText(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return decodeLatin1(bytes);
  }
}
