/**
 * Ids in hexadecimal digits in memory, two for each byte on the wire: 16 bytes for a node, 8 for a
 * source, 32 for the author of an entry.
 */
import type { AuthorKey, AuthorTag } from '../gossamer/core/entry.js';
import type { NodeId, SourceId } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { type Codec, give, take } from './codec.js';

const NODE_ID = /^[0-9a-f]{32}$/;
const SOURCE_ID = /^[0-9a-f]{16}$/;

/** A source id, a token, half of a node id: what a BigInt of 64 bits holds. */
const DIGITS = 16;
const HALF_BYTES = 8;

/** Whether a value is a node id: 32 lower-case hexadecimal digits. */
export const isNodeId = (value: unknown): boolean =>
  typeof value === 'string' && NODE_ID.test(value);

/** Whether a value is a source id or a token: 16 lower-case hexadecimal digits. */
export const isId = (value: unknown): boolean => typeof value === 'string' && SOURCE_ID.test(value);

/** Writes 16 digits as 8 bytes at an offset. */
export const writeId = (view: DataView, at: number, id: string): void =>
  view.setBigUint64(at, BigInt(`0x${id}`));

/** The 16 digits of the 8 bytes at an offset. */
export const readId = (view: DataView, at: number): string =>
  view.getBigUint64(at).toString(16).padStart(DIGITS, '0');

const HEXADECIMAL = /^[0-9a-f]+$/;

/** An id of `halves` times 8 bytes. */
function idCodec<Id extends string>(halves: number): Codec<Id> {
  const bytes = halves * HALF_BYTES;
  const isWritable = (value: string): boolean =>
    value.length === halves * DIGITS && HEXADECIMAL.test(value);
  return {
    bytesMax: bytes,
    isFixed: true,
    bytesOf: () => bytes,
    write: (to, value) => {
      assert(
        isWritable(value),
        () => `an id of ${bytes} bytes has ${2 * bytes} hexadecimal digits`,
      );
      const at = give(to, bytes);
      for (let half = 0; half < halves; half++) {
        const digits = value.slice(half * DIGITS, (half + 1) * DIGITS);
        writeId(to.view, at + half * HALF_BYTES, digits);
      }
    },
    read: (from) => {
      const at = take(from, bytes);
      if (at === undefined) return undefined;
      let id = '';
      for (let half = 0; half < halves; half++) id += readId(from.view, at + half * HALF_BYTES);
      return id as Id;
    },
  };
}

/** The codec of node ids. */
export const nodeId: Codec<NodeId> = idCodec(2);

/** The codec of source ids. */
export const sourceId: Codec<SourceId> = idCodec(1);

/** The codecs of an entry's author, and of what stands for it. */
export const authorKey: Codec<AuthorKey> = idCodec(4);
export const authorTag: Codec<AuthorTag> = idCodec(1);
