/**
 * The description of a stream: a title and a genre. An encoder sends them in `ice-` headers when it
 * logs in; players and directories get them in `icy-` headers.
 */
import { plainText } from '../lib/plain-text.js';
import { decodeLegacyText } from '../mp3/tags/legacy-text.js';

/** The title and the genre of a stream; undefined where nobody has named one. */
export interface StreamDescription {
  readonly title: string | undefined;
  readonly genre: string | undefined;
}

/** A stream without a description. */
export const NO_DESCRIPTION: StreamDescription = { title: undefined, genre: undefined };

/** The longest title or genre, in UTF-16 units. */
const TEXT_LENGTH_MAX = 256;

/** The text of an `ice-` header: UTF-8 or Latin-1, and perhaps URL-encoded. */
function textOf(value: string | undefined): string | undefined {
  const text = decodeLegacyText(Buffer.from(value ?? '', 'latin1'));
  try {
    return plainText(decodeURIComponent(text), TEXT_LENGTH_MAX);
  } catch {
    return plainText(text, TEXT_LENGTH_MAX);
  }
}

/**
 * The description in an encoder's request headers. Names are in lower case; each character of a
 * value is one byte.
 */
export const parseDescription = (headers: ReadonlyMap<string, string>): StreamDescription => ({
  title: textOf(headers.get('ice-name')),
  genre: textOf(headers.get('ice-genre')),
});

/** A text as the value of an `icy-` header: UTF-8, each byte as one character. */
export const icyHeaderText = (text: string): string =>
  Buffer.from(plainText(text, TEXT_LENGTH_MAX) ?? '').toString('latin1');
