/**
 * The participants: SCXs, their addresses and coordinates, the sources attached to them, and their
 * ADUs. Plain data. What a peer sends is untrusted until `wire` has checked its shape.
 */

/**
 * 32 lower-case hexadecimal digits: the hash of the key that the SCX proves in each connection
 * (overlay/tls/node-id.ts).
 */
export type NodeId = string & { readonly brand: 'NodeId' };

/** 16 lower-case hexadecimal digits, drawn at random by each source. */
export type SourceId = string & { readonly brand: 'SourceId' };

/** `host:port` of an SCX's overlay port; an IPv6 host stands in brackets. */
export type Address = string & { readonly brand: 'Address' };

/** One SCX as others know it. */
export interface Member {
  readonly id: NodeId;
  readonly address: Address;
  /** The start time of the process in ms, plus one for each refuted report of its death. */
  readonly incarnation: number;
  /** Whether it is a rendezvous point of the session (§3.4). */
  readonly rendezvous: boolean;
}

/**
 * The network coordinates of an SCX, by ping experiments: their distances predict the one-way
 * delays between SCXs, ms (see coordinates.ts).
 */
export interface Coordinates {
  readonly x: number;
  readonly y: number;
  /** A delay added to every path, e.g. a slow access line, ms. */
  readonly height: number;
  /** The error of predictions, as a share: 0..1. */
  readonly error: number;
  /** The experiments that they rest on; more is newer. 0: none yet. */
  readonly samples: number;
}

/**
 * Proves that a source is attached to an SCX: the source has signed that, with its epoch and its
 * priority. The protocol only passes it on, and the environment checks it before a route is an
 * input.
 */
export interface Statement {
  /** The source's clock when it signed, in ms. */
  readonly timeMs: number;
  readonly signature: Uint8Array;
}

/**
 * Proves that an SCX has said itself, at a stamp, that a source is attached to it, or that none is.
 * As with a statement, the protocol only passes it on.
 */
export interface Listing {
  /** The public half of the SCX's key, 32 bytes. */
  readonly key: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** A source as its SCX announces it. */
export interface Source {
  readonly id: SourceId;
  /** Of the live sources, listeners hear the one with the highest priority; 0 to 255. */
  readonly priority: number;
  /** Grows each time the source attaches anew, perhaps at another SCX. */
  readonly epoch: number;
  /** Simulated sources have none. */
  readonly statement?: Statement;
  /** Its SCX's, at the stamp of the route; the simulated ones and our own have none. */
  readonly listing?: Listing;
}

/**
 * The ADUs that left a source together, signed as one. The protocol only passes it on: it is laid
 * out in src/wire/lot-codec.ts, and verified before any of its ADUs is an input.
 */
export interface Lot {
  readonly source: SourceId;
  readonly epoch: number;
  readonly channel: number;
  /** The number of its first ADU; the others follow without a hole. */
  readonly first: number;
  readonly count: number;
  /** The source's clock when it signed, in ms. */
  readonly timeMs: number;
  /** The signed bytes. */
  readonly statement: Uint8Array;
  /** Known hashes of its parts, by which an ADU of it proves itself without the others. */
  readonly nodes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Application data unit (§3.8): here one MP3 frame, or one now-playing notice. */
export interface Adu {
  readonly source: SourceId;
  readonly channel: number;
  /** Counts from the source's first ADU of the channel, without holes. */
  readonly sequence: number;
  /** The source's clock when it published, in ms. */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
  /** The lot that proves where it comes from; simulated ADUs have none. */
  readonly lot?: Lot;
  /** The SCX whose shared tree it travels (shared/); undefined: it travels its source's own tree. */
  readonly root?: NodeId;
}
