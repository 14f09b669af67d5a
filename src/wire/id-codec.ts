/**
 * Ids in hexadecimal digits in memory, two for each byte on the wire: 16 bytes for a node, 8 for a
 * source.
 */
import type { NodeId, SourceId } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { type Codec, give, take } from './codec.js';

const NODE_ID = /^[0-9a-f]{32}$/;
const SOURCE_ID = /^[0-9a-f]{16}$/;

/** Half of a node id, a source id, a token: what a BigInt of 64 bits holds. */
const DIGITS = 16;
const HALF_BYTES = 8;
/** The bytes of a node id. */
const NODE_ID_BYTES = 2 * HALF_BYTES;

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

/** Writes a node id as 16 bytes at an offset. */
function writeNodeId(view: DataView, at: number, id: NodeId): void {
  writeId(view, at, id.slice(0, DIGITS));
  writeId(view, at + HALF_BYTES, id.slice(DIGITS));
}

/** The node id in the 16 bytes at an offset. */
const readNodeId = (view: DataView, at: number): NodeId =>
  (readId(view, at) + readId(view, at + HALF_BYTES)) as NodeId;

/** The codec of node ids. */
export const nodeId: Codec<NodeId> = {
  bytesMax: NODE_ID_BYTES,
  bytesOf: () => NODE_ID_BYTES,
  write: (to, value) => {
    assert(isNodeId(value), 'a node id has 32 hexadecimal digits');
    writeNodeId(to.view, give(to, NODE_ID_BYTES), value);
  },
  read: (from) => {
    const at = take(from, NODE_ID_BYTES);
    return at === undefined ? undefined : readNodeId(from.view, at);
  },
};

/** The codec of source ids. */
export const sourceId: Codec<SourceId> = {
  bytesMax: HALF_BYTES,
  bytesOf: () => HALF_BYTES,
  write: (to, value) => {
    assert(isId(value), 'a source id has 16 hexadecimal digits');
    writeId(to.view, give(to, HALF_BYTES), value);
  },
  read: (from) => {
    const at = take(from, HALF_BYTES);
    return at === undefined ? undefined : (readId(from.view, at) as SourceId);
  },
};
