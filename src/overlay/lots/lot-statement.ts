/** What a lot's signature covers besides its statement, and how its payloads are hashed. */
import { hash } from 'node:crypto';
import { HASH_BYTES, type Hash } from '../../wire/lot-codec.js';

/** The hash in a lot's tree. */
export const treeHash: Hash = (...parts) =>
  hash('sha256', Buffer.concat(parts), 'buffer').subarray(0, HASH_BYTES);

/** The bytes that are signed: a lot of one session is none of another. */
export const signedBytes = (session: string, statement: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${session}\n`), statement]);
