/**
 * Private sessions: only holders of a ticket listen (runtime/ticket.ts), and only SCXs of the listed
 * clusters join. In the announcement:
 *
 *   <radio:PRIVATE>
 *     <radio:CLUSTER key="..."/>
 *     <radio:REVOKED ticket="..."/>
 *   </radio:PRIVATE>
 */
import { bad, good, type Result } from '../lib/result.js';
import { childrenOf } from './announcement-shape.js';
import type { Findings } from './findings.js';
import type { PublicKey } from './public-key.js';
import { parsePublicKey } from './source-key.js';
import type { XmlElement } from './xml-tree.js';

/** Who may hear and carry a private session. */
export interface Privacy {
  /** The keys of the clusters whose SCXs may join; 1 to PRIVATE_CLUSTERS_MAX, distinct. */
  readonly clusters: readonly PublicKey[];
  /** The ids of the tickets that are void; 0 to REVOKED_MAX, distinct. */
  readonly revoked: readonly string[];
}

export const PRIVATE_CLUSTERS_MAX = 32;
/** Guess: with further ones, announce another session. */
export const REVOKED_MAX = 128;

const TICKET_ID = /^[0-9a-f]{16}$/;

/** Reads the id of a ticket: 16 hexadecimal digits. */
export const parseTicketId = (text: string): Result<string> =>
  TICKET_ID.test(text) ? good(text) : bad("a ticket's id must be 16 hexadecimal digits");

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
export function readPrivacy(root: XmlElement, findings: Findings): Privacy | undefined {
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
