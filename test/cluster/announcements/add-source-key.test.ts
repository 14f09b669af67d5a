import { describe, expect, test } from 'vitest';
import { addSourceKey } from '../../../src/cluster/announcements/add-source-key.js';
import { parseAnnouncement } from '../../../src/session/parse-announcement.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import { problemsOf } from '../../session/support.js';

const KEY = `sha256:${'aB3_-'.repeat(8)}xyz`;
const OPENING = '<SCATTERCAST name="scattercast://radio.example/night">';
const CONTENT = '<CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL><RENDEZVOUS>a:1</RENDEZVOUS>';
const documentOf = (end = '</SCATTERCAST>'): string => `${OPENING}${CONTENT}${end}`;

const keyIn = (xml: string): string | undefined => {
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) throw new Error(problemsOf(parsed));
  return parsed.value.sourceKey;
};

describe('A source key', () => {
  test('is added to a document, which stays as it is otherwise', () => {
    const added = addSourceKey(documentOf(), KEY);
    if (!added.ok) throw new Error(problemsOf(added));
    const { xml, announcement } = added.value;
    expect(xml.replace(/ {2}<SOURCE-KEY.*<\/SOURCE-KEY>\n/, '')).toBe(documentOf());
    expect([announcement.sourceKey, keyIn(xml)]).toEqual([KEY, KEY]);
  });

  test.each(['</SCATTERCAST >\n', '</SCATTERCAST>\n<!-- end -->'])('is added before %j', (end) =>
    expect(addSourceKey(documentOf(end), KEY).ok).toBe(true),
  );

  test('is printed and read again', () => {
    const parsed = parseAnnouncement(documentOf());
    if (!parsed.ok) throw new Error(problemsOf(parsed));
    expect(keyIn(printAnnouncement({ ...parsed.value, sourceKey: KEY }))).toBe(KEY);
  });

  test('is not added where it would not be read: in a comment, or beyond the size of a document', () => {
    const hidden = documentOf('</SCATTERCAST><!-- </SCATTERCAST> -->');
    const large = documentOf(`<!-- ${'x'.repeat(65_350)} --></SCATTERCAST>`);
    expect(keyIn(large)).toBeUndefined();
    for (const xml of [hidden, large]) {
      expect(problemsOf(addSourceKey(xml, KEY))).toContain('no room for a source key');
    }
  });

  test.each(['', 'sha256:', 'md5:abc', `${KEY}x`, KEY.replace('x', '='), 'my password'])(
    'that is %j makes an announcement invalid, and is not shown',
    (key) => {
      const element = `<SOURCE-KEY xmlns="https://scattercast.example/ns/radio/1">${key}</SOURCE-KEY>`;
      const parsed = parseAnnouncement(documentOf(`${element}</SCATTERCAST>`));
      expect(problemsOf(parsed)).toBe(
        'the source key must be "sha256:" and 43 characters of base64url',
      );
    },
  );
});
