/**
 * The source key of a session: by it every SCX knows who may broadcast, without asking anybody. It
 * is `sha256:` and the SHA-256 of the source password in base64url, and may be public: the password
 * is drawn from more than 100 random bits, so nobody finds it by trying.
 *
 * It stands in the announcement as `<radio:SOURCE-KEY>`. A cluster that publishes adds it to the
 * document of the publisher, whose other words stay as they are.
 */
import { bad, good, type Result } from '../lib/result.js';
import { type Announcement, RADIO_NAMESPACE } from './announcement.js';
import { parseAnnouncement } from './parse-announcement.js';
import { parseSourceKey } from './source-key-form.js';

/** A document and what it says. */
export interface Keyed {
  readonly announcement: Announcement;
  readonly xml: string;
}

const CLOSING_TAG = '</SCATTERCAST';

/**
 * The document of a valid announcement that has no source key, with this one in it, as its last
 * element. Problem: the document is too large for it, or has other things behind its end.
 */
export function addSourceKey(xml: string, sourceKey: string): Result<Keyed> {
  const key = parseSourceKey(sourceKey);
  if (!key.ok) return key;
  const at = xml.lastIndexOf(CLOSING_TAG);
  const element = `<SOURCE-KEY xmlns="${RADIO_NAMESPACE}">${key.value}</SOURCE-KEY>`;
  const added = `${xml.slice(0, at)}  ${element}\n${xml.slice(at)}`;
  // Read again, because the last closing tag may stand in a comment.
  const announcement = parseAnnouncement(added);
  if (announcement.ok && announcement.value.sourceKey === key.value) {
    return good({ announcement: announcement.value, xml: added });
  }
  return bad('there is no room for a source key before its end: shorten it');
}
