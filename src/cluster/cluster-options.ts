/**
 * The options of a cluster. The CLI fills them in: defaults < configuration file < environment <
 * flags (cli/options/). Those of the SCXs are passed on to every SCX that the cluster launches;
 * their defaults stand here, because the front end launches them.
 */
import type { Logger } from 'pino';
import type { Launch } from '../api/scx-launch.js';
import type { RoundTripLooks } from '../runtime/system/round-trips.js';
import type { RecentWarnings } from './dashboard/recent-warnings.js';
import type { MulticastSettings } from './fleet/launch-document.js';
import type { Mounts } from './ingest/session-of-mount.js';
import type { Trust } from './nearest/nearest.js';
import type { PortRange } from './ports/port-pairs.js';

/** Settings of the cluster's SCXs; api/scx-launch.ts says what each does. */
export type ScxSettings = Pick<
  Launch,
  | 'lingerMs'
  | 'burstMs'
  | 'writeIntervalMs'
  | 'silenceMs'
  | 'listenerHook'
  | 'recording'
  | 'listenersMax'
  | 'perAddressMax'
  | 'accessLog'
  | 'certificate'
  | 'profile'
  | 'leaseIntervalMs'
  | 'logLevel'
>;

/** All but the log level, which is that of the cluster's own log. */
export const SCX_DEFAULTS: Omit<ScxSettings, 'logLevel'> = Object.freeze({
  lingerMs: 30_000, // guess: a player that reconnects finds it, a zapping listener costs little
  burstMs: 4000, // as Icecast: its 64 KiB are 4 s at 128 kbit/s
  writeIntervalMs: 1000, // the burst is four times that, and each write costs a system call
  listenersMax: 10_000, // what one core serves with room to spare
  perAddressMax: 1000, // guess: a campus behind one address
  profile: 'fast',
  leaseIntervalMs: 1000, // guess: a crash is noticed within seconds
});

/** The proxies whose X-Forwarded-For counts by default: those on this machine. */
export const TRUSTED_PROXIES: readonly string[] = ['127.0.0.0/8', '::1'];

/** A Swarm that starts SCXs. */
export interface SwarmOptions {
  /** Of the SCXs, as engines know it. */
  readonly image: string | undefined;
  /** The beginning of the names of services: for each cluster of the Swarm another. */
  readonly name: string;
  /** The socket of the Docker engine of this machine, a manager. */
  readonly socket: string;
}

export interface ClusterOptions {
  /** The port of the front end; 0 is any free one. */
  readonly port: number;
  /** The descriptor of a socket that is used instead of opening the port: it outlives us. */
  readonly listeningFd?: number | undefined;
  /** The address at which others reach the front end and the SCXs. */
  readonly host: string;
  /** Where the sockets listen: an address of this machine, or 0.0.0.0 or ::, all of them. */
  readonly listenHost: string;
  /** Everything that is to survive a restart; made if it does not exist. One front end each. */
  readonly dataDir: string;
  /** Two ports for each SCX. */
  readonly scxPorts: PortRange;
  /** The maximum number of SCXs, >= 1. */
  readonly maxScxs: number;
  /** The announcement servers whose sessions are carried, `HOST` or `HOST:PORT`; default: all. */
  readonly carryFrom?: readonly string[] | undefined;
  /** The URL of the announcement of the directory in which the cluster takes part; default: none. */
  readonly directory?: string | undefined;
  /** The clusters that may have listeners of ours (nearest/nearest.ts); default: `directory`. */
  readonly trust?: Trust | undefined;
  /** For tests: how often round trips are looked at, and how. */
  readonly roundTripLooks?: Pick<RoundTripLooks, 'everyMs' | 'read'> | undefined;
  /** For tests: how often other clusters are asked what they have seen, ms. */
  readonly askClustersMs?: number | undefined;
  /** SCXs for sessions that are not announced here, >= 0; default: three quarters of all. */
  readonly maxForeignScxs?: number | undefined;
  /** Of these, for one client address and for one announcement server; default: a quarter. */
  readonly maxForeignScxsPerAddress?: number | undefined;
  /** Listeners of one session over all its SCXs, >= 1; default: no limit. */
  readonly maxListenersPerSession?: number;
  /** Whose X-Forwarded-For counts: addresses, or ranges of them as CIDR; default: loopback. */
  readonly trustedProxies?: readonly string[];
  /** Mounts of sessions, besides their own names. */
  readonly mounts?: Mounts;
  /** How long listeners over https may stay at an SCX that is replaced, ms; default: an hour. */
  readonly drainMs?: number;
  /** Sessions that are new here may be announced by anybody; default: by the operator. */
  readonly anyoneMayAnnounce?: boolean;
  /** Everybody may look at the map of a session's overlay; default: the operator. */
  readonly publicMap?: boolean;
  /** The largest size of the history's file; 0: none is kept; default: 256 MB. */
  readonly historyBytesMax?: number;
  /** The file of a database of addresses with countries; default: countries are not known. */
  readonly places?: string | undefined;
  /** The last warnings of `log`, for the dashboard; default: they are not shown. */
  readonly warnings?: RecentWarnings;
  /** Whether announcements and rendezvous points may be at private addresses. */
  readonly allowPrivate: boolean;
  /** The main file of the command line: SCXs are `node ENTRY scx`. */
  readonly entry: string;
  /** SCXs may only use the files that they need (runtime/system/permissions.ts); default: all. */
  readonly confined?: boolean;
  /** SCX processes that are kept started and wait for a launch; default: none. */
  readonly spares?: number;
  /** The file of a text that all front ends of the cluster derive its secrets from; default: drawn. */
  readonly clusterSecret?: string | undefined;
  /** SCXs are services of a Docker Swarm; default: processes of this machine. */
  readonly swarm?: SwarmOptions | undefined;
  /** Multicast in the local network; default: none. */
  readonly multicast?: MulticastSettings | undefined;
  readonly log: Logger;
  readonly scx?: Partial<ScxSettings>;
  /** The files and sockets that this process may have open; default: what the system says. */
  readonly filesMax?: number;
  /** SCXs log to our output instead of files in the data directory. */
  readonly inheritLogs?: boolean;
}
