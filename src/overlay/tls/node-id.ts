/**
 * The id of an SCX is the hash of its public key. So a connection proves it, without anybody who
 * issues or lists keys. 128 bits: whoever wants the id of one of a thousand SCXs must try 2^118
 * keys; with 64 bits some graphics cards would do it within weeks.
 */
import { createHash } from 'node:crypto';
import type { NodeId } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';

const DIGITS = 32;

/** The id of the SCX with that key. */
export const nodeIdOf = (key: PublicKey): NodeId =>
  createHash('sha256')
    .update(`scattercast node 1\n${key}`)
    .digest('hex')
    .slice(0, DIGITS) as NodeId;
