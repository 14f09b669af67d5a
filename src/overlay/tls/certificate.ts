/**
 * The certificate of an SCX: TLS shows keys only in certificates. Its key is all that counts. It is
 * signed by itself, is valid at any time, and nobody issues it.
 *
 * We write the bytes ourselves: Node makes no certificates, the package `selfsigned` has no Ed25519,
 * and `@peculiar/x509` brings a tree of packages for what is a list of constants around a key. DER
 * (X.690) is a tag, a length and the content; the structure is that of RFC 5280 §4.1, and Ed25519
 * has its identifiers from RFC 8410 §3.
 */
import { createHash, createPublicKey, sign } from 'node:crypto';
import type { SigningKey } from '../../runtime/signing-key.js';

const TAG = Object.freeze({
  integer: 0x02,
  bitString: 0x03,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** Constructed, in the context [0]. */
  version: 0xa0,
});

const ED25519 = Buffer.from('06032b6570', 'hex'); // 1.3.101.112
const COMMON_NAME = Buffer.from('0603550403', 'hex'); // 2.5.4.3
/** Version 3 is written as 2. */
const V3 = Buffer.from([2]);
/** From the beginning of time, as clocks may be wrong, to "no well-defined expiration date". */
const NOT_BEFORE = Buffer.from('700101000000Z');
const NOT_AFTER = Buffer.from('99991231235959Z');
const SERIAL_BYTES = 16;

/** The length of a content: one byte, or a count of the bytes that follow. */
function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  if (bytes < 0x100) return Buffer.from([0x81, bytes]);
  return Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

/** A value with its tag. Its content has fewer than 2^16 bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...contents);

/** Bits in whole bytes: none is unused. */
const bitString = (bytes: Uint8Array): Buffer => der(TAG.bitString, Buffer.from([0]), bytes);

/** A name with one part, the common name. */
const nameOf = (text: string): Buffer =>
  sequence(der(TAG.set, sequence(COMMON_NAME, der(TAG.utf8, Buffer.from(text)))));

/** Positive, and without leading zeros. */
function serialOf(spki: Uint8Array): Buffer {
  const serial = createHash('sha256').update(spki).digest().subarray(0, SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return der(TAG.integer, serial);
}

/** The certificate of a key, PEM. `name`, for people: at most 64 characters. */
export function certificateOf({ privateKey }: SigningKey, name: string): string {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const tbs = sequence(
    der(TAG.version, der(TAG.integer, V3)),
    serialOf(spki),
    sequence(ED25519),
    nameOf(name),
    sequence(der(TAG.utcTime, NOT_BEFORE), der(TAG.generalizedTime, NOT_AFTER)),
    nameOf(name),
    spki,
  );
  const certificate = sequence(tbs, sequence(ED25519), bitString(sign(null, tbs, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
