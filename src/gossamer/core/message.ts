/**
 * The messages between SCXs. `Message` travels over control connections: one for each mesh edge,
 * and short ones for discovery and probes. `DataMessage` travels over the data connection of one
 * channel (§3.8). The names of fields are those of the wire (src/wire/message-codec.ts); `place`
 * holds coordinates, and `worthMs` the value of an edge.
 */
import type { Bloom } from '../../lib/bloom.js';
import type { Entry, EntryId, EntryStamp } from './entry.js';
import type { Coordinates, Listing, Member, NodeId, Source, SourceId } from './node.js';

/** One entry of a routing table as it is advertised: path vector, §3.7. */
export interface Route {
  /** The source SCX. */
  readonly scx: NodeId;
  /** Grows with each change of `sources`; a withdrawn stamp invalidates all up to it. */
  readonly stamp: number;
  /** Sum of the one-way distances along the path, in ms. */
  readonly costMs: number;
  /** From the sender (first) to the source SCX (last). */
  readonly path: readonly NodeId[];
  readonly sources: readonly Source[];
}

/** A source SCX that no longer has sources, up to this stamp. */
export interface Withdrawal {
  readonly scx: NodeId;
  readonly stamp: number;
  /** The simulated ones and our own have none. */
  readonly listing?: Listing;
}

/** A death that the sender believes in. */
export interface Death {
  readonly id: NodeId;
  readonly incarnation: number;
}

/** A member and its coordinates. */
export interface Sighting {
  readonly member: Member;
  readonly place: Coordinates;
}

/** The number of SCXs that a source reaches through the sender, itself included. */
export interface Load {
  readonly scx: NodeId;
  readonly scxs: number;
}

/** Beyond: a child to which the sender would yield its place at its parent (mesh/promotion.ts). */
export interface Heir {
  readonly id: NodeId;
  /** SCXs, with every source that the sender reaches over its parent, that would be below both. */
  readonly scxs: number;
  /** Distance between the sender and the heir, ms. */
  readonly distanceMs: number;
}

/** A flooded notice of §3.5: a node left, failed, or is alive after all. */
export interface Notice {
  readonly what: 'left' | 'failed' | 'alive';
  readonly about: Member;
  /**
   * Time stamp of the reporter, ms. Duplicates of `left` have the same one; for the other kinds see
   * notices.ts.
   */
  readonly atMs: number;
  readonly reporter: NodeId;
}

/** A parent that a node would leave, and what the sources cost there (routing/left-parent.ts). */
export interface LeftParent {
  readonly id: NodeId;
  readonly costs: readonly { readonly scx: NodeId; readonly costMs: number }[];
}

/** The offer of a node that asks for an edge. */
export interface EdgeOffer {
  readonly rttMs: number;
  /**
   * Beyond, see edge-exchange.ts: its net gain if it adds the edge (k1); null: it cannot add one.
   */
  readonly addGainMs: number | null;
  /** Beyond: its gain if it accepts the edge (k2); null: it cannot accept one. */
  readonly acceptGainMs: number | null;
  readonly place: Coordinates;
  /** Beyond: where the asker leaves a place. */
  readonly leaves: LeftParent | null;
}

/** Beyond: messages about entries (entries/entries.ts), over mesh edges. */
export type EntryMessage =
  /** `isNews`: the receiver has not asked for them. */
  | { readonly kind: 'entries'; readonly isNews: boolean; readonly entries: readonly Entry[] }
  /** The sender has just got these entries. */
  | { readonly kind: 'entryNews'; readonly stamps: readonly EntryStamp[] }
  /** From now on send the sender whole entries, or only their stamps. */
  | { readonly kind: 'entryEager'; readonly isEager: boolean }
  /** Sums over the sender's entries: one over all, and perhaps one for each bucket, 4 bytes each. */
  | {
      readonly kind: 'entryDigest';
      /** 32 bits. */
      readonly salt: number;
      readonly sum: number;
      readonly buckets: Uint8Array | null;
    }
  /** The sender has these entries, and asks for what the receiver has besides in these buckets. */
  | {
      readonly kind: 'entryHaves';
      readonly buckets: readonly number[];
      readonly stamps: readonly EntryStamp[];
    }
  | { readonly kind: 'entryWants'; readonly ids: readonly EntryId[] };

export type Message =
  /** §3.3: a bounded random list of the members that the sender knows. */
  | {
      readonly kind: 'discovery' | 'discoveryResponse';
      readonly members: readonly Sighting[];
      readonly deaths: readonly Death[];
      /**
       * The generator that the sender follows: two generators in one session reveal a partition.
       */
      readonly generator: NodeId | null;
      /** Beyond: what the sender knows; the receiver sends what is missing. */
      readonly digest: Bloom | null;
    }
  /** §3.5 */
  | { readonly kind: 'notice'; readonly notice: Notice }
  | {
      readonly kind: 'keepAlive';
      /** Beyond: the value of the edge to the sender, see edge-value.ts. */
      readonly worthMs: number;
      /** Beyond: for each source SCX that the sender reaches over this edge. */
      readonly loads: readonly Load[];
      /** Beyond: told to the heir and to the parent. */
      readonly heir: Heir | null;
    }
  | { readonly kind: 'heartbeat'; readonly generator: NodeId; readonly sequence: number }
  /** §3.6 */
  | { readonly kind: 'requestStatus' }
  | {
      readonly kind: 'status';
      readonly canAccept: boolean;
      readonly routes: readonly Route[];
      readonly generator: NodeId | null;
    }
  | ({ readonly kind: 'edgeRequest' } & EdgeOffer)
  /** `reversed`: the edge counts as added at the sender, and as accepted at the asker. */
  | { readonly kind: 'edgeAccept'; readonly reversed: boolean }
  | { readonly kind: 'edgeReject' }
  /** Beyond: `instead` has replaced the receiver, and may have room for it. */
  | { readonly kind: 'edgeDrop'; readonly instead: Member | null }
  /** §3.7 */
  | {
      readonly kind: 'update';
      /** True: all routes of the sender; false: those that have changed. */
      readonly whole: boolean;
      readonly routes: readonly Route[];
      /** Source SCXs that the sender has no route to any more. */
      readonly lost: readonly NodeId[];
      readonly withdrawn: readonly Withdrawal[];
    }
  | { readonly kind: 'ping'; readonly nonce: number }
  | { readonly kind: 'pong'; readonly nonce: number; readonly place: Coordinates }
  | EntryMessage;

/** Consecutive sequence numbers. */
export interface SequenceRange {
  readonly from: number;
  /** At least 1. */
  readonly count: number;
}

export type DataMessage =
  /** A child asks for the ADUs of a source from a number on; null: from the recent ones on. */
  | {
      readonly kind: 'subscribe';
      readonly source: SourceId;
      readonly channel: number;
      readonly from: number | null;
    }
  /** The parent's answer: the first number that it will send. */
  | {
      readonly kind: 'subscribed';
      readonly source: SourceId;
      readonly channel: number;
      readonly from: number;
    }
  | { readonly kind: 'unsubscribe'; readonly source: SourceId; readonly channel: number }
  /** The parent cannot serve this source: it does not know it, or is leaving. */
  | { readonly kind: 'refused'; readonly source: SourceId; readonly channel: number }
  /** The number of listeners of this source at the child and below it. */
  | { readonly kind: 'audience'; readonly source: SourceId; readonly listeners: number }
  /** Beyond, on lossy channels (repairs.ts): a child asks again for lost ADUs. */
  | {
      readonly kind: 'nack';
      readonly source: SourceId;
      readonly channel: number;
      readonly ranges: readonly SequenceRange[];
    }
  /** The parent has sent all ADUs before this number, and has no further ones. */
  | {
      readonly kind: 'head';
      readonly source: SourceId;
      readonly channel: number;
      readonly next: number;
    }
  /** The parent will never have these ADUs. */
  | {
      readonly kind: 'lost';
      readonly source: SourceId;
      readonly channel: number;
      readonly range: SequenceRange;
    };
