/**
 * Writes ID3v2.4 tags (ID3v2.4 structure §3, frames §4). Sizes are syncsafe, seven bits to a byte,
 * so that no byte of them can be taken for the sync word of an MP3 frame.
 */
import { ID3_HEADER_BYTES } from './id3-header.js';

const UTF_8 = 3;

const syncSafe = (size: number): number[] => [21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f);

function frame(id: string, body: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(id, 'latin1'),
    Buffer.from([...syncSafe(body.length), 0, 0]),
    body,
  ]);
}

/** A text frame (§4.2), such as `TIT2`, in UTF-8. */
export const textFrame = (id: string, text: string): Uint8Array =>
  frame(id, Buffer.concat([Buffer.from([UTF_8]), Buffer.from(text)]));

/** A private frame (§4.27): bytes whose meaning the owner defines. */
export const privateFrame = (owner: string, data: Uint8Array): Uint8Array =>
  frame('PRIV', Buffer.concat([Buffer.from(`${owner}\0`, 'latin1'), data]));

/** A tag of these frames, without padding. */
export function printId3(frames: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(frames);
  const header = Buffer.alloc(ID3_HEADER_BYTES);
  header.write('ID3', 'latin1');
  header.set([4, 0, 0, ...syncSafe(body.length)], 3);
  return Buffer.concat([header, body]);
}
