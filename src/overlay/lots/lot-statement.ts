/** What a lot's signature covers besides its statement, and how its payloads are hashed. */
import { hash } from 'node:crypto';
import { HASH_BYTES } from '../../wire/lot-codec.js';

/** The hash of a payload in a lot's statement. */
export const payloadHash = (payload: Uint8Array): Uint8Array =>
  hash('sha256', payload, 'buffer').subarray(0, HASH_BYTES);

/** The bytes that are signed: a lot of one session is none of another. */
export const signedBytes = (session: string, statement: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${session}\n`), statement]);
