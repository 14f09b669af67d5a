/**
 * SAP (RFC 2974): the description of a stream is sent to a group that all players with a list of local
 * streams read, VLC among them. A packet:
 *
 *   offset  bytes  field
 *        0      1  version 1, IPv4, neither encrypted nor compressed; a bit: the stream has ended
 *        1      1  length of the authentication: 0
 *        2      2  hash of the description: another one is another announcement
 *        4      4  address of the sender
 *        8     16  media type, and a zero
 *       24      …  the description (sdp.ts)
 */

/** Where announcements go: within the organisation, and everywhere (§3). */
export const SAP_GROUPS = Object.freeze(['239.255.255.255', '224.2.127.254'] as const);
export const SAP_PORT = 9875;

const VERSION = 0x20;
const DELETION = 0x04;
const HEADER_BYTES = 8;
const MEDIA_TYPE = 'application/sdp\0';

export interface SapMessage {
  /** An IPv4 address. */
  readonly origin: string;
  /** 16 bits; never 0 (§4). */
  readonly hash: number;
  /** SDP. */
  readonly description: string;
  /** The stream has ended. */
  readonly isDeletion: boolean;
}

/** The hash of a description: FNV-1a, folded to 16 bits. */
export function sapHash(description: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(description)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return (hash >>> 16) ^ (hash & 0xffff) || 1;
}

/** The bytes of a packet. */
export function encodeSap({ origin, hash, description, isDeletion }: SapMessage): Uint8Array {
  const body = new TextEncoder().encode(MEDIA_TYPE + description);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION | (isDeletion ? DELETION : 0));
  view.setUint16(2, hash);
  bytes.set(origin.split('.').map(Number), 4);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}
