/** The messages of Narada (Chu, Rao, Zhang: "A Case for End System Multicast", SIGMETRICS 2000). */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { Packet } from '../core/recent-adus.js';
import { ADU_ID_BYTES, HEAD_BYTES, ID_BYTES, MEMBER_BYTES, NUMBER_BYTES } from '../core/sizes.js';

/** What is known of a member: the highest sequence number of its refreshes that was heard of. */
export interface Refreshed {
  readonly member: Member;
  readonly sequence: number;
}

/** A route as a neighbour advertises it: "the cost of the path, and the path itself". */
export interface Route {
  readonly to: NodeId;
  /** Of the path from the advertiser, ms. */
  readonly costMs: number;
  /** From the advertiser's next hop to the end; empty at the end itself. */
  readonly path: readonly NodeId[];
}

export type NaradaMessage =
  /** Asks for the list of members: "an out-of-band bootstrap mechanism". */
  | { readonly kind: 'askMembers' }
  | { readonly kind: 'refresh'; readonly members: readonly Refreshed[] }
  | { readonly kind: 'routes'; readonly routes: readonly Route[] }
  /** Measures the distance; the answer has what the utility of a link is computed from. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'probeReply'; readonly routes: readonly Route[] }
  /** Asks for a link; the distance is what the sender has measured, ms. */
  | { readonly kind: 'add'; readonly distanceMs: number }
  | { readonly kind: 'addReply'; readonly accepted: boolean }
  | { readonly kind: 'drop' }
  /** Somebody did not answer probes any more. */
  | { readonly kind: 'dead'; readonly member: Member }
  | ({ readonly kind: 'data' } & Packet);

const routeBytes = ({ path }: Route): number =>
  ID_BYTES + NUMBER_BYTES + 1 + ID_BYTES * path.length;

/** The bytes of a message: see core/sizes.ts. */
export function bytesOf(message: NaradaMessage): number {
  switch (message.kind) {
    case 'refresh':
      return HEAD_BYTES + (MEMBER_BYTES + NUMBER_BYTES) * message.members.length;
    case 'routes':
    case 'probeReply':
      return message.routes.reduce((sum, route) => sum + routeBytes(route), HEAD_BYTES);
    case 'add':
      return HEAD_BYTES + NUMBER_BYTES;
    case 'addReply':
      return HEAD_BYTES + 1;
    case 'dead':
      return HEAD_BYTES + MEMBER_BYTES;
    case 'data':
      return HEAD_BYTES + ADU_ID_BYTES;
    case 'askMembers':
    case 'probe':
    case 'drop':
      return HEAD_BYTES;
  }
}
