/**
 * How much one peer may make us hold. A connection's memory is bounded by one frame, and a frame
 * by its type's bound, which is checked before the frame's body is read. A control message's bound
 * is that of the longest valid one, which its codec knows.
 */
export interface WireLimits {
  /** A JSON body, bytes: HELLO, REFUSAL, ClientMessage. A HELLO with a password, all escaped. */
  readonly jsonBytesMax: number;
  /** An ADU's payload, bytes. The longest MP3 frame has 2881; the rest is for other channels. */
  readonly payloadBytesMax: number;
}

export const WIRE_LIMITS: WireLimits = Object.freeze({
  jsonBytesMax: 8192,
  payloadBytesMax: 65_536,
});

/**
 * Bounds of what is inside a body: characters, elements, numbers. What an SCX adds to before it
 * tells it on has room for that: else a hostile peer could make an honest one say what is malformed.
 */
export const BOUNDS = Object.freeze({
  addressLengthMax: 300,
  sessionLengthMax: 400,
  /** UTF-16 units. */
  passwordLengthMax: 1024,
  reasonLengthMax: 256,
  /** GossamerConfig.discoveryListMax and the teller itself. */
  membersMax: 101,
  deathsMax: 100,
  /** GossamerConfig.sourcesMax, and the teller's own. */
  routesMax: 65,
  /** GossamerConfig.pathMax, and the teller, who put itself in front. */
  pathMax: 65,
  sourcesPerRouteMax: 16,
  withdrawnMax: 64,
  /** Ranges in a NACK, see gossamer/repairs.ts; and numbers in a range. */
  rangesMax: 32,
  rangeCountMax: 65_536,
  /** Reports are summed up on the way: sums are cut to this, so that no sum is malformed. */
  listenersMax: 2 ** 32 - 1,
});
