/**
 * Text in an ID3v2 frame: one byte that names the encoding, then the text (ID3v2.4 structure
 * §4). Nothing here fails: what is not valid in its encoding becomes U+FFFD.
 */

import { plainText } from '../../lib/plain-text.js';
import { decodeLatin1 } from './legacy-text.js';

const UTF_16_LITTLE = new TextDecoder('utf-16le');
const UTF_16_BIG = new TextDecoder('utf-16be');
const UTF_8 = new TextDecoder('utf-8');
const LATIN_1 = { decode: decodeLatin1 };

/** The text of a text frame's body in plain form; undefined if there is none. */
export function decodeId3Text(body: Uint8Array, charactersMax: number): string | undefined {
  const decoder = decoderOf(body);
  // Half a character at the end of a body that was cut would become U+FFFD.
  const text = decoder?.decode(body.subarray(1)).replace(/\uFFFD$/, '');
  return text === undefined ? undefined : plainText(text, charactersMax);
}

function decoderOf(body: Uint8Array): Pick<typeof UTF_8, 'decode'> | undefined {
  switch (body[0]) {
    case 0:
      return LATIN_1;
    case 1:
      return body[1] === 0xfe && body[2] === 0xff ? UTF_16_BIG : UTF_16_LITTLE;
    case 2:
      return UTF_16_BIG;
    case 3:
      return UTF_8;
    default:
      return undefined;
  }
}
