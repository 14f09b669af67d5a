/**
 * Seals the datagrams of a group in the local network, as those of a data connection are (seal.ts): who
 * has not been given the key of the group can neither read nor write them. Each sender has a token, which
 * it has drawn, and keys that follow from that of the group and the token (HKDF, RFC 5869), so no nonce is
 * used twice. All who have the key could write what another one writes: sound is signed besides.
 *
 * Bounded: SENDERS_MAX senders; the keys of one that is forgotten are derived again.
 */
import { hkdfSync } from 'node:crypto';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { drawId } from '../../runtime/secrets.js';
import { type DatagramToken, decodeHeader } from '../../wire/datagram.js';
import { createSeal, type ExportKeys, type Seal } from './seal.js';

export interface GroupSeal {
  seal(content: Uint8Array): Uint8Array;
  /** Whether it names another sender: what is sent to a group comes back to its own machine as well. */
  isOther(datagram: Uint8Array): boolean;
  /** Whether it names the SCX, which opening it proves. */
  isOfScx(datagram: Uint8Array): boolean;
  /** Undefined: it is our own, comes again, or was not sealed with the key of the group. */
  open(
    datagram: Uint8Array,
  ): { readonly token: DatagramToken; readonly content: Uint8Array } | undefined;
}

export interface GroupKey {
  readonly key: Uint8Array;
  /** The token of the SCX. */
  readonly scx: DatagramToken;
}

/** Draws the token of a sender. */
export const drawSender = (): DatagramToken => drawId() as DatagramToken;

/** The length of the key of a group, bytes. */
export const GROUP_KEY_BYTES = 16;
const SENDERS_MAX = 256;

const exportFrom =
  (key: Uint8Array, token: DatagramToken): ExportKeys =>
  (label, bytes) =>
    new Uint8Array(hkdfSync('sha256', key, token, label, bytes));

/** Creates the seal of the member with that token. */
export function createGroupSeal({ key, scx }: GroupKey, own: DatagramToken): GroupSeal {
  const senders = createBoundedMap<DatagramToken, Seal>(SENDERS_MAX);
  const sealOf = (token: DatagramToken): Seal => {
    const known = senders.use(token);
    if (known !== undefined) return known;
    // The SCX sends as a parent does; to read what it sends is the child's part.
    const end = token === scx ? 'child' : 'parent';
    const created = createSeal(exportFrom(key, token), end, token);
    senders.set(token, created);
    return created;
  };
  const ours = createSeal(exportFrom(key, own), own === scx ? 'parent' : 'child', own);
  return {
    seal: ours.seal,
    isOther: (datagram) => {
      const token = decodeHeader(datagram)?.token;
      return token !== undefined && token !== own;
    },
    isOfScx: (datagram) => decodeHeader(datagram)?.token === scx,
    open: (datagram) => {
      const token = decodeHeader(datagram)?.token;
      if (token === undefined || token === own) return undefined;
      const content = sealOf(token).open(datagram);
      return content === undefined ? undefined : { token, content };
    },
  };
}
