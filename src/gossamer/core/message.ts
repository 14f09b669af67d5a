/**
 * What SCXs say to each other. `Message` travels over control connections, one per mesh edge plus
 * short ones for discovery and probes; `DataMessage` over the data connection of one channel (§3.8).
 */
import type { Bloom } from '../../lib/bloom.js';
import type { Member, NodeId, Place, Source, SourceId } from './node.js';

/** One entry of a routing table as it is told to others: path vector, §3.7. */
export interface Route {
  /** The source SCX. */
  readonly scx: NodeId;
  /** Grows with each change of `sources`; a withdrawn stamp outlaws all up to it. */
  readonly stamp: number;
  /** Sum of the one-way distances along the path, in ms. */
  readonly costMs: number;
  /** From the teller (first) to the source SCX (last). */
  readonly path: readonly NodeId[];
  readonly sources: readonly Source[];
}

/** A source SCX that no longer has sources, up to this stamp. */
export interface Withdrawal {
  readonly scx: NodeId;
  readonly stamp: number;
}

/** A death that the teller believes in. */
export interface Death {
  readonly id: NodeId;
  readonly incarnation: number;
}

/** A member, and where it lies. */
export interface Sighting {
  readonly member: Member;
  readonly place: Place;
}

/** How many SCXs a source reaches through the teller, itself included. */
export interface Load {
  readonly scx: NodeId;
  readonly scxs: number;
}

/** A flooded notice of §3.5: somebody left, failed, or is alive after all. */
export interface Notice {
  readonly what: 'left' | 'failed' | 'alive';
  readonly about: Member;
  /** Time stamp by the reporter, ms: tells duplicates apart. */
  readonly atMs: number;
  readonly reporter: NodeId;
}

/** What the asker of an edge brings and wants. */
export interface EdgeOffer {
  readonly rttMs: number;
  /** Beyond, see worth.ts: the gain if it adds the edge (k1), less what it gives up; null: it cannot. */
  readonly addGainMs: number | null;
  /** Beyond: the gain if it accepts the edge (k2); null: it cannot. */
  readonly acceptGainMs: number | null;
  readonly place: Place;
}

export type Message =
  /** §3.3: a bounded random list of the members that the sender knows. */
  | {
      readonly kind: 'discovery' | 'discoveryResponse';
      readonly members: readonly Sighting[];
      readonly deaths: readonly Death[];
      /** Whose HEARTBEAT the sender follows: two answers in one session betray a partition. */
      readonly generator: NodeId | null;
      /** Beyond: what the sender knows; the receiver sends what is missing. */
      readonly digest: Bloom | null;
    }
  /** §3.5 */
  | { readonly kind: 'notice'; readonly notice: Notice }
  | {
      readonly kind: 'keepAlive';
      /** Beyond: what the edge is worth to the sender, see worth.ts. */
      readonly worthMs: number;
      /** Beyond: for each source SCX that the sender reaches over this edge. */
      readonly loads: readonly Load[];
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
  /** Beyond: `instead` has taken the place, and may have room. */
  | { readonly kind: 'edgeDrop'; readonly instead: Member | null }
  /** §3.7 */
  | {
      readonly kind: 'update';
      /** Whether these are all routes of the sender, or those that have changed. */
      readonly whole: boolean;
      readonly routes: readonly Route[];
      /** Source SCXs that the sender has lost its way to. */
      readonly lost: readonly NodeId[];
      readonly withdrawn: readonly Withdrawal[];
    }
  | { readonly kind: 'ping'; readonly nonce: number }
  | { readonly kind: 'pong'; readonly nonce: number; readonly place: Place };

/** Numbers that follow each other. */
export interface SequenceRange {
  readonly from: number;
  /** From 1. */
  readonly count: number;
}

export type DataMessage =
  /** A child asks for a source's ADUs from a number on; null: from the recent ones. */
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
  /** How many listeners hear this source at the child and below it. */
  | { readonly kind: 'audience'; readonly source: SourceId; readonly listeners: number }
  /** Beyond, on lossy channels (repairs.ts): a child asks for what was lost on the way. */
  | {
      readonly kind: 'nack';
      readonly source: SourceId;
      readonly channel: number;
      readonly ranges: readonly SequenceRange[];
    }
  /** The parent has nothing after the number before this one, and has sent all up to it. */
  | {
      readonly kind: 'head';
      readonly source: SourceId;
      readonly channel: number;
      readonly next: number;
    }
  /** The parent will never have these. */
  | {
      readonly kind: 'lost';
      readonly source: SourceId;
      readonly channel: number;
      readonly range: SequenceRange;
    };
