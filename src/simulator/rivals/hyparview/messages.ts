/** The messages of HyParView (Leitao, Pereira, Rodrigues: DSN 2007, algorithms 1 and 2). */
import type { Member } from '../../../gossamer/core/node.js';
import { HEAD_BYTES, MEMBER_BYTES } from '../core/sizes.js';

export type HyParViewMessage =
  /** A newcomer asks its contact. */
  | { readonly kind: 'join' }
  /** The newcomer's name on its random walk, which has so many hops before it. */
  | { readonly kind: 'forwardJoin'; readonly newcomer: Member; readonly hops: number }
  /** Asks for a place in the active view; with high priority it is never refused. */
  | { readonly kind: 'neighbour'; readonly isUrgent: boolean }
  | { readonly kind: 'neighbourReply'; readonly accepted: boolean }
  /** The sender has taken the receiver out of its active view. */
  | { readonly kind: 'disconnect' }
  | {
      readonly kind: 'shuffle';
      readonly origin: Member;
      readonly members: readonly Member[];
      readonly hops: number;
    }
  | { readonly kind: 'shuffleReply'; readonly members: readonly Member[] };

/** The bytes of a message: see core/sizes.ts. */
export function hyParViewBytes(message: HyParViewMessage): number {
  switch (message.kind) {
    case 'join':
    case 'disconnect':
      return HEAD_BYTES;
    case 'neighbour':
    case 'neighbourReply':
      return HEAD_BYTES + 1;
    case 'forwardJoin':
      return HEAD_BYTES + MEMBER_BYTES + 1;
    case 'shuffle':
      return HEAD_BYTES + MEMBER_BYTES + 1 + MEMBER_BYTES * message.members.length;
    case 'shuffleReply':
      return HEAD_BYTES + MEMBER_BYTES * message.members.length;
  }
}
