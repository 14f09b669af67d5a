/** Ids of nodes and sources: 16 hexadecimal digits in memory, 8 bytes on the wire. */
import type { NodeId, SourceId } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { type Codec, give, take } from './codec.js';

const ID_BYTES = 8;

const ID = /^[0-9a-f]{16}$/;

/** Whether a value is an id: 16 lower-case hexadecimal digits. */
export const isId = (value: unknown): boolean => typeof value === 'string' && ID.test(value);

/** Writes an id as 8 bytes at an offset. */
export const writeId = (view: DataView, at: number, id: string): void =>
  view.setBigUint64(at, BigInt(`0x${id}`));

/** The id in the 8 bytes at an offset. */
export const readId = (view: DataView, at: number): string =>
  view.getBigUint64(at).toString(16).padStart(16, '0');

const id = <Id extends string>(): Codec<Id> => ({
  bytesMax: ID_BYTES,
  bytesOf: () => ID_BYTES,
  write: (to, value) => {
    assert(isId(value), 'an id has 16 hexadecimal digits');
    writeId(to.view, give(to, ID_BYTES), value);
  },
  read: (from) => {
    const at = take(from, ID_BYTES);
    return at === undefined ? undefined : (readId(from.view, at) as Id);
  },
});

/** The codec of node ids. */
export const nodeId = id<NodeId>();
/** The codec of source ids. */
export const sourceId = id<SourceId>();
