/**
 * The source key of a session. With it every SCX can check the password of a broadcaster on its
 * own. It is `sha256:` and the SHA-256 of the source password in base64url. It may be public: the
 * password has more than 100 random bits, so it cannot be found by trial.
 *
 * In the announcement it is `<radio:SOURCE-KEY>`. A cluster that publishes an announcement adds it
 * to the publisher's document, which otherwise stays unchanged.
 */
import { bad, good, type Result } from '../../lib/result.js';
import { type Announcement, RADIO_NAMESPACE } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { parseSourceKey } from '../../session/source-key-form.js';

/** A document with its source key, and the announcement in it. */
export interface Keyed {
  readonly announcement: Announcement;
  readonly xml: string;
}

const CLOSING_TAG = '</SCATTERCAST';

/**
 * Adds a source key to the document of a valid announcement that has none, as its last element.
 * Problem: the document becomes too large, or text follows its end.
 */
export function addSourceKey(xml: string, sourceKey: string): Result<Keyed> {
  const key = parseSourceKey(sourceKey);
  if (!key.ok) return key;
  const at = xml.lastIndexOf(CLOSING_TAG);
  const element = `<SOURCE-KEY xmlns="${RADIO_NAMESPACE}">${key.value}</SOURCE-KEY>`;
  const added = `${xml.slice(0, at)}  ${element}\n${xml.slice(at)}`;
  // Parsed again, because the last closing tag may be inside a comment.
  const announcement = parseAnnouncement(added);
  if (announcement.ok && announcement.value.sourceKey === key.value) {
    return good({ announcement: announcement.value, xml: added });
  }
  return bad('the document has no room for a source key at its end: shorten it');
}
