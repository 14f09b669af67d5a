/** The messages of Plumtree (Leitao, Pereira, Rodrigues: SRDS 2007, algorithms 1 to 3). */
import type { Packet, PacketId } from '../core/recent-adus.js';
import { ADU_ID_BYTES, HEAD_BYTES, NUMBER_BYTES } from '../core/sizes.js';
import { type HyParViewMessage, hyParViewBytes } from '../hyparview/messages.js';

export type PlumtreeMessage =
  /** The payload, after so many hops. */
  | ({ readonly kind: 'gossip'; readonly round: number } & Packet)
  /** The sender has it. */
  | { readonly kind: 'iHave'; readonly id: PacketId; readonly round: number }
  /** Asks for it, if it names one, and makes the link one of the tree. */
  | { readonly kind: 'graft'; readonly id: PacketId | null }
  /** The link is none of the tree. */
  | { readonly kind: 'prune' };

/** Plumtree's messages, and those of the membership below it. */
export type AnyMessage = PlumtreeMessage | HyParViewMessage;

/** The bytes of a message: see core/sizes.ts. */
export function bytesOf(message: AnyMessage): number {
  switch (message.kind) {
    case 'gossip':
    case 'iHave':
      return HEAD_BYTES + ADU_ID_BYTES + NUMBER_BYTES;
    case 'graft':
      return HEAD_BYTES + ADU_ID_BYTES;
    case 'prune':
      return HEAD_BYTES;
    default:
      return hyParViewBytes(message);
  }
}
