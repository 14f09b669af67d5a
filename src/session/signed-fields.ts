/**
 * The fields of an announcement that say whose it is, who may broadcast and who may listen: the
 * session's key, the issue time, the source keys, what is private, the key of the administrator's
 * password, and the signature. Here
 * their form is read; runtime/signed-announcement.ts checks the signature.
 */

import { parseInstant } from '../lib/instant.js';
import { bad, good, type Result } from '../lib/result.js';
import type { XmlElement } from '../lib/xml/xml-tree.js';
import type { SignedFields } from './announcement.js';
import { childrenOf } from './announcement-shape.js';
import type { Findings } from './findings.js';
import { PRIVATE_CLUSTERS_MAX, type Privacy, parseTicketId, REVOKED_MAX } from './privacy.js';
import { parseSha256, sha256Text } from './public-key.js';
import { parsePublicKey, parseSource, SOURCE_KEYS_MAX, type SourceKey } from './source-key.js';

/** The unused bits of the last character must be 0, so that each has one form. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;

const parseSignature = (text: string): Result<string> =>
  SIGNATURE.test(text) ? good(text) : bad('the signature must be 86 characters of base64url');

function parseAdminKey(text: string): Result<string> {
  const key = parseSha256('the admin key', text);
  return key.ok ? good(sha256Text(key.value)) : key;
}

function readSources(root: XmlElement, findings: Findings): readonly SourceKey[] | undefined {
  const elements = childrenOf(root, 'radio:SOURCE');
  if (elements.length === 0) return undefined;
  if (elements.length > SOURCE_KEYS_MAX) {
    findings.add(
      `there are ${elements.length} source keys; at most ${SOURCE_KEYS_MAX} are allowed`,
    );
    return undefined;
  }
  const sources = elements.flatMap(
    ({ attributes }) => findings.take(parseSource(attributes)) ?? [],
  );
  for (const field of ['name', 'key'] as const) {
    if (new Set(sources.map((source) => source[field])).size === sources.length) continue;
    findings.add(`two source keys have the same ${field}; give each its own`);
  }
  return sources;
}

/** Reads the attribute of each child of that name. */
function readEach<Value>(
  parent: XmlElement,
  { child, attribute, most }: { child: string; attribute: string; most: number },
  parse: (text: string) => Result<Value>,
  findings: Findings,
): readonly Value[] {
  const elements = childrenOf(parent, child);
  if (elements.length > most) {
    findings.add(`there are ${elements.length} of <${child}>; at most ${most} are allowed`);
    return [];
  }
  const values = elements.flatMap(
    ({ attributes }) => findings.take(parse(attributes.get(attribute) ?? '')) ?? [],
  );
  return [...new Set(values)];
}

/** Reads `PRIVATE`; undefined if the session is public. */
function readPrivacy(root: XmlElement, findings: Findings): Privacy | undefined {
  const element = childrenOf(root, 'radio:PRIVATE')[0];
  if (element === undefined) return undefined;
  const clusters = readEach(
    element,
    { child: 'radio:CLUSTER', attribute: 'key', most: PRIVATE_CLUSTERS_MAX },
    (text) => parsePublicKey("a cluster's key", text),
    findings,
  );
  const revoked = readEach(
    element,
    { child: 'radio:REVOKED', attribute: 'ticket', most: REVOKED_MAX },
    parseTicketId,
    findings,
  );
  return { clusters, revoked };
}

/** Reads the fields; those that are absent are undefined. */
export function readSignedFields(root: XmlElement, findings: Findings) {
  const read = <Value>(name: string, parse: (text: string) => Result<Value>): Value | undefined => {
    const text = childrenOf(root, `radio:${name}`)[0]?.text.trim();
    // An empty element is refused: it is a mistake, and does not mean "absent".
    return text === undefined ? undefined : findings.take(parse(text));
  };
  return {
    key: read('KEY', (text) => parsePublicKey("the session's key", text)),
    issuedMs: read('ISSUED', (text) => parseInstant('the issue time', text)),
    adminKey: read('ADMIN-KEY', parseAdminKey),
    sources: readSources(root, findings),
    privacy: readPrivacy(root, findings),
    signature: read('SIGNATURE', parseSignature),
  } satisfies { readonly [Field in keyof SignedFields]-?: SignedFields[Field] | undefined };
}
