/**
 * What SCXs say to each other. `Message` travels over control connections, one per mesh edge plus
 * short ones for discovery and probes; `DataMessage` over the data connection of one channel (§3.8).
 */
import type { Member, NodeId, Source, SourceId } from './node.js';

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

/** A flooded notice of §3.5: somebody left, failed, or is alive after all. */
export interface Notice {
  readonly what: 'left' | 'failed' | 'alive';
  readonly about: Member;
  /** Time stamp by the reporter, ms: tells duplicates apart. */
  readonly atMs: number;
  readonly reporter: NodeId;
}

export type Message =
  /** §3.3: a bounded random list of the members that the sender knows. */
  | {
      readonly kind: 'discovery' | 'discoveryResponse';
      readonly members: readonly Member[];
      readonly deaths: readonly Death[];
      /** Whose HEARTBEAT the sender follows: two answers in one session betray a partition. */
      readonly generator: NodeId | null;
    }
  /** §3.5 */
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'keepAlive' }
  | { readonly kind: 'heartbeat'; readonly generator: Member; readonly sequence: number }
  /** §3.6 */
  | { readonly kind: 'requestStatus' }
  | {
      readonly kind: 'status';
      readonly canAccept: boolean;
      readonly routes: readonly Route[];
      /** Where to ask instead when this node is full. */
      readonly neighbours: readonly Member[];
      readonly generator: NodeId | null;
    }
  | { readonly kind: 'edgeRequest'; readonly rttMs: number }
  | { readonly kind: 'edgeAccept' }
  | { readonly kind: 'edgeReject' }
  | { readonly kind: 'edgeDrop' }
  /** §3.7 */
  | {
      readonly kind: 'update';
      readonly routes: readonly Route[];
      readonly withdrawn: readonly Withdrawal[];
    }
  | { readonly kind: 'ping' | 'pong'; readonly nonce: number };

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
  | { readonly kind: 'audience'; readonly source: SourceId; readonly listeners: number };
