/**
 * The messages of NICE (Banerjee, Bhattacharjee, Kommareddy: "Scalable Application Layer Multicast",
 * SIGCOMM 2002). The names are ours; OverSim's implementation has about the same.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { Packet } from '../core/recent-adus.js';
import { ADU_ID_BYTES, HEAD_BYTES, ID_BYTES, MEMBER_BYTES, NUMBER_BYTES } from '../core/sizes.js';

/** The distance from the sender to a node, one-way, ms. */
export interface Distance {
  readonly to: NodeId;
  readonly ms: number;
}

export type NiceMessage =
  /** To the rendezvous point: the sender leads its cluster of that layer, and no higher one; -1: it is in none. */
  | { readonly kind: 'claim'; readonly layer: number }
  /** The rendezvous point's answer: the leader of the highest cluster, and its layer. */
  | { readonly kind: 'root'; readonly root: Member; readonly layer: number }
  /** To the rendezvous point, by who has led the highest cluster until now: who does instead. */
  | { readonly kind: 'yield'; readonly root: Member; readonly layer: number }
  /** Asks a leader for the members of its cluster, and for data until it has found one. */
  | { readonly kind: 'query'; readonly layer: number }
  | { readonly kind: 'members'; readonly layer: number; readonly members: readonly Member[] }
  /** The sender needs no more data from the receiver. */
  | { readonly kind: 'release' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'probeReply' }
  | { readonly kind: 'join'; readonly layer: number }
  /** The sender leads no such cluster; who leads its own one, if it is in one of that layer. */
  | { readonly kind: 'refuse'; readonly layer: number; readonly leader: Member | null }
  /** A member to each other one of its cluster. */
  | {
      readonly kind: 'heartbeat';
      readonly layer: number;
      /** Whom the sender takes for the leader. */
      readonly leader: NodeId;
      readonly distances: readonly Distance[];
    }
  /** The heartbeat of a leader: who is in the cluster, itself first, and in the one above it. */
  | {
      readonly kind: 'cluster';
      readonly layer: number;
      readonly members: readonly Member[];
      readonly above: readonly Member[];
      readonly distances: readonly Distance[];
    }
  /** The receiver leads these from now on; who leads the cluster above, if there is one. */
  | {
      readonly kind: 'lead';
      readonly layer: number;
      readonly members: readonly Member[];
      readonly above: Member | null;
    }
  /** The sender's cluster has become too small: the receiver takes its members. */
  | { readonly kind: 'merge'; readonly layer: number; readonly members: readonly Member[] }
  /** The sender is not in that cluster any more. */
  | { readonly kind: 'leave'; readonly layer: number }
  | ({ readonly kind: 'data' } & Packet);

export type NiceKind<Kind extends NiceMessage['kind']> = Extract<NiceMessage, { kind: Kind }>;

const DISTANCE_BYTES = ID_BYTES + NUMBER_BYTES;
const LAYER_BYTES = HEAD_BYTES + 1;

/** The bytes of a message: see core/sizes.ts. */
export function bytesOf(message: NiceMessage): number {
  switch (message.kind) {
    case 'claim':
    case 'query':
    case 'join':
    case 'leave':
      return LAYER_BYTES;
    case 'release':
    case 'probe':
    case 'probeReply':
      return HEAD_BYTES;
    case 'root':
    case 'yield':
      return LAYER_BYTES + MEMBER_BYTES;
    case 'members':
    case 'merge':
      return LAYER_BYTES + MEMBER_BYTES * message.members.length;
    case 'refuse':
      return LAYER_BYTES + (message.leader === null ? 0 : MEMBER_BYTES);
    case 'heartbeat':
      return LAYER_BYTES + ID_BYTES + DISTANCE_BYTES * message.distances.length;
    case 'cluster': {
      const { members, above, distances } = message;
      const named = MEMBER_BYTES * (members.length + above.length);
      return LAYER_BYTES + named + DISTANCE_BYTES * distances.length;
    }
    case 'lead': {
      const named = message.members.length + (message.above === null ? 0 : 1);
      return LAYER_BYTES + MEMBER_BYTES * named;
    }
    case 'data':
      return HEAD_BYTES + ADU_ID_BYTES;
  }
}
