/**
 * What bounds the overlay port: time, memory and connections, whatever strangers and peers do.
 * All are guesses, ample for meshes of k1 + k2 = 7 edges and sessions of 10,000 SCXs.
 */
export const OVERLAY_LIMITS = Object.freeze({
  /** From the first packet to the end of HELLO, ms. */
  handshakeMs: 3000,
  /** A connection that we have ended is destroyed if the peer has not ended it so much later, ms. */
  finishMs: 3000,
  /** Connections that have been accepted and have not said HELLO. */
  strangersMax: 128,
  /** And of one IP address. Many SCXs may share one behind a network address translator. */
  strangersPerHostMax: 32,
  /** Refusals that wait to be told to one IP address, because it fails again and again. */
  delayedPerHostMax: 4,
  /** Inbound connections after HELLO: control, data and clients. */
  inboundMax: 512,
  /** Control connections that we have opened or are opening. */
  outboundControlMax: 256,
  /** Data connections that we have opened: k1 + k2 edges, 16 channels, and those being closed. */
  outboundDataMax: 1024,
  /** Addresses remembered: with a connection, or because none could be opened. */
  peersMax: 2048,
  /** What waits for a handshake, for each connection. */
  waitingMessagesMax: 64,
  waitingBytesMax: 262_144,
  /** A peer that reads so slowly that this much control waits for it is given up, bytes. */
  controlBacklogMax: 1_048_576,
  /**
   * A child that has so much data waiting is congested, bytes: 4 s of 128 kbit/s. More would only come
   * late, and could not be had from another parent any more.
   */
  dataBacklogMax: 65_536,
  /** What waits in the kernel for our UDP socket, or from it, bytes. */
  datagramBufferBytes: 1_048_576,
  /** A child tells its parent that datagrams arrive so often, ms. */
  beatMs: 250,
  /** Datagrams are in use while some came so lately, ms: four beats. */
  datagramSilenceMs: 1000,
  /** ADUs under way over TCP that datagrams may overtake. */
  overtakenMax: 16,
  /** A control connection without a word is closed, ms. Longer than the slowest KEEP_ALIVE. */
  idleMs: 15_000,
  /** The same when its mesh edge is gone, ms. */
  hungUpIdleMs: 500,
  /** How often idle connections are looked for, ms. */
  sweepMs: 250,
  /** An address that could not be reached rests so long, doubling from first to last, ms. */
  retryFirstMs: 250,
  retryLastMs: 5000,
});
