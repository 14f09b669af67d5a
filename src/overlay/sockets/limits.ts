/**
 * Limits of the overlay port, also against hostile peers: time, memory and connections.
 *
 * The defaults are guesses, ample for meshes of k1 + k2 = 7 edges and sessions of 10,000 SCXs. They
 * are options of an overlay so that tests can shorten the times; production uses the defaults.
 */

/** All limits of one overlay. */
export interface OverlayLimits {
  /** Time from the first packet of a connection to the end of HELLO, ms. */
  readonly handshakeMs: number;
  /**
   * A connection that we have ended is destroyed if the peer has not ended it after this time, ms.
   */
  readonly finishMs: number;
  /** Handshakes with openers at one IP address that may begin at once ... */
  readonly handshakeBurst: number;
  /** ... and the interval at which one more may begin, ms. */
  readonly handshakeIntervalMs: number;
  /** The same for all addresses from which nobody was admitted before. */
  readonly handshakeTotalBurst: number;
  readonly handshakeTotalIntervalMs: number;
  /** Signatures of one control connection that are verified at once ... */
  readonly signedBurst: number;
  /** ... and the interval at which one more is verified, ms. */
  readonly signedIntervalMs: number;
  /** Accepted connections that have not sent HELLO. */
  readonly pendingMax: number;
  /** The same from one IP address. Many SCXs may share one behind a network address translator. */
  readonly pendingPerHostMax: number;
  /**
   * Delayed refusals to one IP address at a time. Further clients there are closed without a
   * REFUSAL.
   */
  readonly delayedPerHostMax: number;
  /** Accepted connections after HELLO: control, data and clients. */
  readonly inboundMax: number;
  /** Control connections that we have opened or are opening. */
  readonly outboundControlMax: number;
  /** SCXs that we watch for our operator, and those that watch us. */
  readonly watchedMax: number;
  readonly watchersMax: number;
  /** Data connections that we have opened: k1 + k2 edges, 16 channels, and those being closed. */
  readonly outboundDataMax: number;
  /**
   * Addresses that are remembered: those with a connection, and those that could not be reached.
   */
  readonly peersMax: number;
  /**
   * Messages that wait for the handshake of one connection: more than subscriptions to all sources
   * that may be known, which a neighbour can invent.
   */
  readonly waitingMessagesMax: number;
  /** Their total size, bytes. */
  readonly waitingBytesMax: number;
  /**
   * A connection is closed when more than this waits for its peer to read, bytes: more than all that
   * is cached of a flow, which a child may be sent at once.
   */
  readonly unreadMax: number;
  /** The same for all connections together: the greediest address makes room, bytes. */
  readonly unreadTotalMax: number;
  /**
   * A child is congested when this much data waits for it, bytes: 4 s of 128 kbit/s. More data in
   * the socket would only arrive late, and could no longer be had from another parent.
   */
  readonly dataBacklogMax: number;
  /** Size of the kernel's buffers of our UDP socket, one for each direction, bytes. */
  readonly datagramBufferBytes: number;
  /** Interval between the beats by which a child tells its parent that datagrams arrive, ms. */
  readonly beatMs: number;
  /** Datagrams count as arriving for this time after the last one, ms: four beats. */
  readonly datagramSilenceMs: number;
  /** ADUs in flight over TCP that datagrams may overtake. */
  readonly overtakenMax: number;
  /**
   * A data connection to a neighbour of a predecessor, opened ahead of the edge, ends without an edge after
   * this, ms: it has answered by then.
   */
  readonly preparedMs: number;
  /** A control connection without traffic is closed after this, ms; longer than any KEEP_ALIVE. */
  readonly idleMs: number;
  /** The same when its mesh edge is gone, ms. */
  readonly hungUpIdleMs: number;
  /** Interval between searches for idle connections, ms. */
  readonly sweepMs: number;
  /** First wait before an address that could not be reached is tried again, ms. It doubles. */
  readonly retryFirstMs: number;
  /** Longest wait before an address is tried again, ms. */
  readonly retryLastMs: number;
  /** Attempts at one host that may fail at once, whatever the addresses there ... */
  readonly targetBurst: number;
  /** ... and the interval at which one more may fail, ms. */
  readonly targetIntervalMs: number;
}

/** The limits in production. */
export const OVERLAY_LIMITS: OverlayLimits = Object.freeze({
  handshakeMs: 3000,
  handshakeBurst: 128,
  handshakeIntervalMs: 40,
  handshakeTotalBurst: 256,
  handshakeTotalIntervalMs: 10,
  finishMs: 3000,
  signedBurst: 256,
  signedIntervalMs: 40,
  pendingMax: 128,
  pendingPerHostMax: 32,
  delayedPerHostMax: 4,
  inboundMax: 512,
  outboundControlMax: 256,
  watchedMax: 512,
  watchersMax: 16,
  outboundDataMax: 1024,
  peersMax: 2048,
  waitingMessagesMax: 1024,
  waitingBytesMax: 262_144,
  unreadMax: 4_194_304,
  unreadTotalMax: 33_554_432,
  dataBacklogMax: 65_536,
  datagramBufferBytes: 1_048_576,
  beatMs: 250,
  datagramSilenceMs: 1000,
  overtakenMax: 16,
  preparedMs: 5000,
  idleMs: 15_000,
  hungUpIdleMs: 500,
  sweepMs: 250,
  retryFirstMs: 250,
  retryLastMs: 5000,
  targetBurst: 16,
  targetIntervalMs: 2500,
});
