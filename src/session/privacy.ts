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
import type { PublicKey } from './public-key.js';

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
