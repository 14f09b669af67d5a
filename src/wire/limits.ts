/**
 * Bounds the memory that one peer can use. The memory of a connection is bounded by one frame, and
 * a frame by the bound of its type, which is checked before the frame's body is read. The bound of
 * a control message is the length of the longest valid one, which its codec knows.
 */

/** Bounds of the frames that no codec bounds. */
export interface WireLimits {
  /** A JSON body, bytes: HELLO, REFUSAL, ClientMessage, SKETCH. A HELLO with a password, all escaped. */
  readonly jsonBytesMax: number;
  /** The payloads of a lot, bytes. The longest MP3 frame has 2881; the rest is for other channels. */
  readonly payloadBytesMax: number;
}

/** The limits in production. */
export const WIRE_LIMITS: WireLimits = Object.freeze({
  jsonBytesMax: 8192,
  payloadBytesMax: 65_535,
});

/**
 * Bounds inside a body: characters, elements, numbers. Where an SCX adds something to what it
 * received before it sends it on, the bound has room for that addition. Otherwise a hostile peer
 * could make an honest one send malformed messages.
 */
export const BOUNDS = Object.freeze({
  addressLengthMax: 300,
  sessionLengthMax: 400,
  /** UTF-16 units. */
  signatureLengthMax: 86,
  reasonLengthMax: 256,
  /** GossamerConfig.discoveryListMax, and the sender itself. */
  membersMax: 101,
  deathsMax: 100,
  /** GossamerConfig.sourcesMax, and the sender's own. */
  routesMax: 65,
  /** GossamerConfig.pathMax, and the sender, which puts itself in front. */
  pathMax: 65,
  sourcesPerRouteMax: 16,
  withdrawnMax: 64,
  /** Ranges in a NACK (gossamer/distribution/stream/repairs.ts), and numbers in a range. */
  rangesMax: 32,
  rangeCountMax: 65_536,
  /** Channels and positions in the HELLO of a client that receives, and its ticket. */
  channelsMax: 16,
  positionsMax: 32,
  ticketLengthMax: 1024,
  /** Reports are added up on their way; sums are cut to this, so that no sum is malformed. */
  listenersMax: 2 ** 32 - 1,
});
