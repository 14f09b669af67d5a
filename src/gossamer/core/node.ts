/**
 * Who takes part: SCXs, their addresses, and the sources attached to them. Plain data; what a peer
 * claims here is untrusted until `wire` has checked its shape.
 */

/** 16 lower-case hexadecimal digits, drawn at random by each SCX when it starts. */
export type NodeId = string & { readonly brand: 'NodeId' };

/** 16 lower-case hexadecimal digits, drawn at random by each source client. */
export type SourceId = string & { readonly brand: 'SourceId' };

/** `host:port` of an SCX's overlay port; an IPv6 host stands in brackets. */
export type Address = string & { readonly brand: 'Address' };

/** One SCX as others know it. */
export interface Member {
  readonly id: NodeId;
  readonly address: Address;
  /** Grows with each life: the start time in ms, plus one for each refuted report of its death. */
  readonly incarnation: number;
  /** Whether it is a rendezvous point of the session (§3.4). */
  readonly rendezvous: boolean;
}

/**
 * Where an SCX lies in the network, as far as ping experiments tell: coordinates whose distances
 * foretell the one-way delays between SCXs (see place.ts). In ms.
 */
export interface Place {
  readonly x: number;
  readonly y: number;
  /** What every path from there pays in addition, as behind a slow access line. */
  readonly height: number;
  /** How wrong its foretelling is, as a share: 0..1. */
  readonly error: number;
  /** How many experiments have shaped it; more is newer. 0: none yet. */
  readonly samples: number;
}

/** A source client as its SCX announces it. */
export interface Source {
  readonly id: SourceId;
  /** The highest priority that is live is played; 0 to 255. */
  readonly priority: number;
  /** Grows each time the source attaches anew, perhaps at another SCX. */
  readonly epoch: number;
}

/** Application data unit (§3.8): here one MP3 frame, or one now-playing notice. */
export interface Adu {
  readonly source: SourceId;
  readonly sourceScx: NodeId;
  readonly channel: number;
  /** Counts from the source's first ADU of the channel, without holes. */
  readonly sequence: number;
  /** The source's clock when it published, in ms. */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}
