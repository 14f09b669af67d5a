/**
 * What the nodes of a session with two levels say to each other besides Gossamer's own messages: an
 * SCX that looks for a neighbourhood asks representatives about theirs.
 */
import type { Address, NodeId } from '../core/node.js';

/** One neighbourhood, as a member of it describes it. */
export interface Offer {
  /** Its oldest member, by which it is recognised. */
  readonly oldest: NodeId;
  readonly members: number;
  /** Addresses in its mesh, by which it is entered. */
  readonly entries: readonly Address[];
  /** Addresses in the upper mesh; none: the node does not take part there. */
  readonly above: readonly Address[];
  /** Whether it has represented its neighbourhood for a while. */
  readonly represents: boolean;
  /** Nodes that represent neighbourhoods: some that are near to this one, and some at random. */
  readonly near: readonly Address[];
}

export type LevelMessage =
  | { readonly kind: 'seek'; readonly nonce: number }
  | { readonly kind: 'offer'; readonly nonce: number; readonly offer: Offer };

/** Addresses in one list of an offer, at most. */
export const ADDRESSES_MAX = 12;
