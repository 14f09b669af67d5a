/**
 * The requests in which encoders report a title: `GET /admin/metadata?mount=/m&mode=updinfo&song=...`
 * for Icecast, `/admin.cgi?pass=...&mode=updinfo&song=...` for SHOUTcast. The values may be UTF-8 or
 * Latin-1, escaped or not, and are written by strangers.
 */

import { plainText } from '../lib/plain-text.js';
import { pathOf } from '../lib/url-path.js';
import { decodeLatin1, decodeLegacyText } from '../mp3/tags/legacy-text.js';
import { titleOf } from '../mp3/tags/tag-title.js';

/** A title for a mount. */
export interface TitleUpdate {
  /** The mount, perhaps with a query; Icecast only. */
  readonly mount: string | undefined;
  /** The password; SHOUTcast only. */
  readonly pass: string | undefined;
  /** Whether the request is an update: `mode=updinfo`. */
  readonly isUpdate: boolean;
  /** Plain text; undefined: no title any more. */
  readonly title: string | undefined;
}

/** What fits an ICY block, UTF-16 units; see now-playing.ts. */
const TITLE_LENGTH_MAX = 512;

const LATIN_1 = /^(iso-?8859-?1|latin-?1|windows-1252|cp-?1252)$/i;
const UTF_8 = /^utf-?8$/i;

/** Decodes percent-escapes and pluses; each character of `text` is one byte. */
function unescaped(text: string): Uint8Array {
  const plain = text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(plain, 'latin1');
}

/** Decodes text in the charset that the client names; an unknown name is ignored. */
function decodeText(bytes: Uint8Array, charset: string): string {
  if (LATIN_1.test(charset)) return decodeLatin1(bytes);
  if (charset === '' || UTF_8.test(charset)) return decodeLegacyText(bytes);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return decodeLegacyText(bytes);
  }
}

/** The fields of a query; of a repeated one the first counts. */
function fieldsOf(target: string): ReadonlyMap<string, Uint8Array> {
  const fields = new Map<string, Uint8Array>();
  for (const part of (/\?(.*)/s.exec(target)?.[1] ?? '').split('&')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals));
    if (name !== '' && !fields.has(name)) fields.set(name, unescaped(part.slice(equals + 1)));
  }
  return fields;
}

/** Whether a request's target is that of a title update. */
export const isTitleUpdate = (target: string): boolean =>
  ['/admin/metadata', '/admin.cgi'].includes(pathOf(target) ?? '');

/** The update in a request's target, each of whose characters is one byte. */
export function parseTitleUpdate(target: string): TitleUpdate {
  const fields = fieldsOf(target);
  const exact = (name: string): string | undefined => {
    const bytes = fields.get(name);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  const text = (name: string): string | undefined => {
    const bytes = fields.get(name);
    return bytes && plainText(decodeText(bytes, exact('charset') ?? ''), TITLE_LENGTH_MAX);
  };
  const [artist, title] = [text('artist'), text('title')];
  const both = titleOf({ ...(artist ? { artist } : {}), ...(title ? { title } : {}) });
  return {
    mount: exact('mount'),
    pass: exact('pass'),
    isUpdate: exact('mode') === 'updinfo',
    title: plainText(text('song') ?? both ?? '', TITLE_LENGTH_MAX),
  };
}

/** The target without the password, for logs. */
export const withoutSecrets = (target: string): string =>
  target.replace(/([?&]pass=)[^&]*/g, '$1...');

/** Icecast's answer, for `sendAnswer`; `message` needs no escaping. */
export const metadataAnswer = (status: number, message: string) => ({
  status,
  body:
    '<?xml version="1.0"?>\n' +
    `<iceresponse><message>${message}</message><return>${status === 200 ? 1 : 0}</return></iceresponse>\n`,
  fields: { 'Content-Type': 'text/xml; charset=utf-8' },
});
