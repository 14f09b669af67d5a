/**
 * The messages of shared trees, between neighbours. Packets, heads and NACKs may be lost on the way;
 * the others travel over the control connection of the edge.
 */
import type { Adu, NodeId } from '../core/node.js';

/** Identifies a packet: its sender's id, channel and number, as one text. */
export type PacketKey = string;

interface OfLink {
  readonly root: NodeId;
  /** Drawn by the child for each link, so that what is late belongs to no other one. */
  readonly link: number;
}

export type TreeMessage = OfLink &
  (
    | /** The sender is a child of the receiver in that tree from now on, and has these packets. */
    { readonly kind: 'treeAttach'; readonly have: readonly PacketKey[] }
    /** The parent's answer. */
    | { readonly kind: 'treeAttached'; readonly have: readonly PacketKey[] }
    /** The sender is a child no more. */
    | { readonly kind: 'treeDetach' }
    /** `number` counts what was sent over this link in this direction, from 0. */
    | { readonly kind: 'treePacket'; readonly number: number; readonly adu: Adu }
    /** All packets before this number have been sent. */
    | { readonly kind: 'treeHead'; readonly next: number }
    /** The receiver is asked to send these packets again. */
    | { readonly kind: 'treeNack'; readonly from: number; readonly count: number }
  );

export const isTreeMessage = (message: { readonly kind: string }): message is TreeMessage =>
  message.kind.startsWith('tree');
