/**
 * Divides what the front end's process may open: each SCX costs it two sockets (the port that is
 * held, and the connection of the lease), each stream or encoder that is passed through costs two.
 * The rest are connections. Some of those are kept for saying 503 to clients that come when there
 * are too many, and for the SCXs: at the limit, the system refuses connections in silence.
 */

/** The shares of one process. */
export interface FrontEndShares {
  readonly scxsMax: number;
  /** Connections that the port takes; further ones are closed. */
  readonly connectionsMax: number;
  /** Above this number of connections, clients are told to come back. */
  readonly busyAbove: number;
  /** Streams passed through. */
  readonly proxiedMax: number;
  /** Encoders passed through. */
  readonly encodersMax: number;
}

/** Where the limit does not matter. All are guesses. */
const AMPLE = { connections: 4096, proxied: 1024, encoders: 256 } as const;
/** Node itself, the data directory, fetches and webhooks: at the start 25, and 64 at a time. */
const OTHER = 100;

const atLeastOne = (count: number): number => Math.max(1, Math.floor(count));

/** The shares of a process that may open `filesMax`, and should run `scxsMax` SCXs. */
export function shareFrontEnd(filesMax: number, scxsMax: number): FrontEndShares {
  const usable = Math.max(0, filesMax - OTHER);
  const scxs = atLeastOne(Math.min(scxsMax, usable / 4));
  const proxied = atLeastOne(Math.min(AMPLE.proxied, usable / 8));
  const encoders = atLeastOne(Math.min(AMPLE.encoders, usable / 16));
  // The other halves of what is passed through, and the held ports.
  const connections = atLeastOne(Math.min(AMPLE.connections, usable - scxs - proxied - encoders));
  return {
    ...{ scxsMax: scxs, proxiedMax: proxied, encodersMax: encoders },
    connectionsMax: connections,
    busyAbove: Math.floor(connections * 0.75),
  };
}
