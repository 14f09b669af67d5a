/**
 * Text in an ID3v2 frame: one byte that names the encoding, then the text (ID3v2.4 structure §4).
 * Reading never fails: bytes that are not valid in the encoding become U+FFFD.
 */
import { plainText } from '../../lib/plain-text.js';
import { decodeLatin1 } from './legacy-text.js';

const UTF_16_LITTLE = new TextDecoder('utf-16le');
const UTF_16_BIG = new TextDecoder('utf-16be');
const UTF_8 = new TextDecoder('utf-8');
const LATIN_1 = { decode: decodeLatin1 };

/** The text of a text frame's body as plain text; undefined if nothing remains of it. */
export function decodeId3Text(body: Uint8Array, charactersMax: number): string | undefined {
  const decoder = decoderOf(body);
  // A body that was cut may end in half a character, which becomes U+FFFD: drop it.
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
