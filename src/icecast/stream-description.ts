/**
 * The description of a stream: its title, genre, home page. An encoder sends them in `ice-` headers
 * when it logs in; players and directories get them in `icy-` headers.
 */

import { plainText } from '../lib/plain-text.js';
import { urlOf } from '../lib/url-path.js';
import { decodeLegacyText } from '../mp3/tags/legacy-text.js';

/** What a stream is called; undefined where nobody has said it. */
export interface StreamDescription {
  readonly title: string | undefined;
  readonly genre: string | undefined;
  /** A sentence about it. */
  readonly text?: string | undefined;
  /** Its home page. */
  readonly url?: string | undefined;
  /** Directories of streams may list it; only an announcement says so. */
  readonly isListed?: boolean | undefined;
}

/** A stream without a description. */
export const NO_DESCRIPTION: StreamDescription = { title: undefined, genre: undefined };

/** The longest text of each kind, in UTF-16 units. */
export const DESCRIPTION_LENGTH_MAX = 256;

/** The text of an `ice-` header: UTF-8 or Latin-1, and perhaps URL-encoded. */
function textOf(value: string | undefined): string | undefined {
  const text = decodeLegacyText(Buffer.from(value ?? '', 'latin1'));
  try {
    return plainText(decodeURIComponent(text), DESCRIPTION_LENGTH_MAX);
  } catch {
    return plainText(text, DESCRIPTION_LENGTH_MAX);
  }
}

/**
 * The description in an encoder's request headers. Names are in lower case; each character of a
 * value is one byte.
 */
export const parseDescription = (headers: ReadonlyMap<string, string>): StreamDescription => ({
  title: textOf(headers.get('ice-name')),
  genre: textOf(headers.get('ice-genre')),
  text: textOf(headers.get('ice-description')),
  url: textOf(headers.get('ice-url')),
});

/** Of each text the first one's, or else the second one's; listed if the first one is. */
export const completed = (
  first: StreamDescription,
  second: StreamDescription,
): StreamDescription => ({
  title: first.title ?? second.title,
  genre: first.genre ?? second.genre,
  text: first.text ?? second.text,
  url: first.url ?? second.url,
  isListed: first.isListed,
});

/** A text as the value of an `icy-` header: UTF-8, each byte as one character. */
function icyHeaderText(text: string | undefined): string | undefined {
  const plain = text === undefined ? undefined : plainText(text, DESCRIPTION_LENGTH_MAX);
  return plain === undefined ? undefined : Buffer.from(plain).toString('latin1');
}

/** A link that players show may be anything that an encoder wrote: never `javascript:`. */
const webAddress = (url: string | undefined): string | undefined =>
  url !== undefined && /^https?:\/\//i.test(url) && urlOf(url) ? url : undefined;

/** The `icy-` header fields of a stream with this description; undefined ones are left out. */
export const icyFields = ({ title, genre, text, url, isListed }: StreamDescription) => ({
  'icy-name': icyHeaderText(title),
  'icy-description': icyHeaderText(text),
  'icy-genre': icyHeaderText(genre),
  'icy-url': icyHeaderText(webAddress(url)),
  'icy-pub': isListed ? 1 : 0,
});
