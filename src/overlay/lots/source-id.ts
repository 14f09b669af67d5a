/**
 * The id of a source tells which key signs for it: its first 8 digits are those of the SHA-256 of
 * the public key, the other 8 are drawn, as one key may have several sources.
 */
import { hash, randomBytes } from 'node:crypto';
import type { SourceId } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';

const PREFIX_LENGTH = 8;

/** The digits that all sources of a key begin with. */
export const sourcePrefix = (key: PublicKey): string =>
  hash('sha256', Buffer.from(key, 'base64url'), 'hex').slice(0, PREFIX_LENGTH);

/** The digits by which the key of a source is found. */
export const prefixOf = (source: SourceId): string => source.slice(0, PREFIX_LENGTH);

/** Whether an id is that of a source of this key. */
export const isSourceOf = (source: SourceId, key: PublicKey): boolean =>
  prefixOf(source) === sourcePrefix(key);

/** Draws the id of a new source. */
export const drawSourceId = (key: PublicKey): SourceId =>
  `${sourcePrefix(key)}${randomBytes(4).toString('hex')}` as SourceId;
