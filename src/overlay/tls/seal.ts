/**
 * Seals the datagrams that accompany a data connection: nobody else can read, change, invent or
 * repeat them. Their keys are exported from the connection's TLS (RFC 8446 §7.5), so whoever has
 * proven its id there, and nobody else, has them.
 *
 * AES-128-GCM, with a key for each direction and the number of the datagram as nonce. Numbers that
 * came before are refused; datagrams may overtake each other by up to WINDOW.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  DATAGRAM_HEADER_BYTES,
  DATAGRAM_PROOF_BYTES,
  type DatagramToken,
  decodeHeader,
  encodeHeader,
} from '../../wire/datagram.js';

/** Exports keys from a TLS connection, as its peer can. */
export type ExportKeys = (label: string, bytes: number) => Uint8Array;

export interface Seal {
  /** A datagram with that content. */
  seal(content: Uint8Array): Uint8Array;
  /** The content of a datagram with the token; undefined if it is not the peer's, or came before. */
  open(datagram: Uint8Array): Uint8Array | undefined;
}

/** The ends of a data connection. */
type End = 'parent' | 'child';

const CIPHER = 'aes-128-gcm';
const KEY_BYTES = 16;
const NONCE_BYTES = 12;
const NUMBER_BYTES = 6;
/** Numbers below the highest that may still come: some seconds of the densest stream. */
const WINDOW = 1024;

interface Keys {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The keys of the datagrams that one end sends. */
function keysOf(exportKeys: ExportKeys, sender: End): Keys {
  const bytes = exportKeys(`EXPORTER-scattercast-datagrams-${sender}`, KEY_BYTES + NONCE_BYTES);
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) };
}

/** The nonce of a datagram: no number is used twice with a key. */
function nonceOf({ nonce }: Keys, header: Uint8Array): Uint8Array {
  const mixed = Uint8Array.from(nonce);
  for (let at = 1; at <= NUMBER_BYTES; at++) {
    const byte = (mixed[NONCE_BYTES - at] as number) ^ (header[header.length - at] as number);
    mixed[NONCE_BYTES - at] = byte;
  }
  return mixed;
}

function encrypt(keys: Keys, header: Uint8Array, content: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, keys.key, nonceOf(keys, header));
  cipher.setAAD(header);
  const hidden = cipher.update(content);
  cipher.final();
  return Buffer.concat([header, hidden, cipher.getAuthTag()]);
}

function decrypt(keys: Keys, datagram: Uint8Array): Uint8Array | undefined {
  const header = datagram.subarray(0, DATAGRAM_HEADER_BYTES);
  const proofAt = datagram.length - DATAGRAM_PROOF_BYTES;
  const decipher = createDecipheriv(CIPHER, keys.key, nonceOf(keys, header));
  decipher.setAAD(header);
  decipher.setAuthTag(datagram.subarray(proofAt));
  try {
    const content = decipher.update(datagram.subarray(DATAGRAM_HEADER_BYTES, proofAt));
    decipher.final();
    return content;
  } catch {
    return undefined;
  }
}

/** Creates the record of the numbers that have come; none has. */
function createNumbers() {
  const recent = new Float64Array(WINDOW).fill(-1);
  let highest = -1;
  return {
    isNew: (number: number): boolean =>
      number > highest - WINDOW && recent[number % WINDOW] !== number,
    add: (number: number): void => {
      recent[number % WINDOW] = number;
      highest = Math.max(highest, number);
    },
  };
}

/** Creates the seal of one end of a data connection. */
export function createSeal(exportKeys: ExportKeys, end: End, token: DatagramToken): Seal {
  const ours = keysOf(exportKeys, end);
  const theirs = keysOf(exportKeys, end === 'parent' ? 'child' : 'parent');
  const numbers = createNumbers();
  let next = 0;
  return {
    seal: (content) => encrypt(ours, encodeHeader({ token, number: next++ }), content),
    open: (datagram) => {
      const header = decodeHeader(datagram);
      if (header === undefined || !numbers.isNew(header.number)) return undefined;
      const content = decrypt(theirs, datagram);
      if (content !== undefined) numbers.add(header.number);
      return content;
    },
  };
}
