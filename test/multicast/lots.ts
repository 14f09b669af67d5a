/** Lots for tests of multicast, with a signature that nobody verifies. */
import type { Lot, SourceId } from '../../src/gossamer/core/node.js';
import { treeHash } from '../../src/overlay/lots/lot-statement.js';
import { createLot, SIGNATURE_BYTES } from '../../src/wire/lot-codec.js';

/** A lot of these payloads from a number on. */
export function signedLot(
  channel: number,
  texts: readonly string[],
  first = 100,
): { readonly lot: Lot; readonly payloads: readonly (Uint8Array | undefined)[] } {
  const payloads = texts.map((text) => new Uint8Array(Buffer.from(text)));
  const source = '00112233445566aa' as SourceId;
  const head = { source, epoch: 1, channel, first, timeMs: 1_700_000_000_000 };
  const lot = createLot({ ...head, timestampMs: 1_700_000_000_000 }, payloads, treeHash);
  return { lot: { ...lot, signature: new Uint8Array(SIGNATURE_BYTES).fill(7) }, payloads };
}
