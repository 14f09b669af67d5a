/**
 * All settings of the supervisor. All times are in ms. The relation between them:
 * an SCX's lease interval (1 s) < leaseMs < firstLeaseMs <= the timeout of a client's request.
 */

import { foreignShare, originShare, type PlacesConfig } from '../places/places.js';
import type { PortRange } from '../ports/port-pairs.js';

/** Beyond the limits of places, clients are told that the cluster is full, or their share. */
export interface SupervisorConfig extends PlacesConfig {
  readonly ports: PortRange;
  /** Listeners of one session over all its SCXs here, at most, >= 1; Infinity: no limit. */
  readonly sessionListenersMax: number;
  /**
   * A session gets a further SCX when a listener finds no free slot, or leaves less than this share
   * of one SCX's slots free, 0 to below 0.5. Guess: 0.1, which is enough for the 0.3 s of a launch
   * unless thousands of listeners come each second; those wait for it.
   */
  readonly spareShare: number;
  /**
   * A slot that is reserved for a listener is free again after this. Longer: players on slow lines
   * never find their SCX full. Shorter: fewer slots are reserved for bots. Guess: 5000.
   */
  readonly reservationMs: number;
  /** Launches without a lease yet, at most. Guess: 8, which a small machine starts in time. */
  readonly launchingMax: number;
  /** Launches that may follow each other at once; after those, one every `launchIntervalMs`. */
  readonly launchBurst: number;
  /** Guess: 1000; with the burst it bounds the launches per minute. */
  readonly launchIntervalMs: number;
  /**
   * The same for the foreign sessions of one client, and for those of one server: twice its share at
   * once, and then one in this time. Guess: 5000.
   */
  readonly originIntervalMs: number;
  /** Of `launchingMax`, those that only sessions published here may use. Guess: 2. */
  readonly launchingKept: number;
  /** A launch without a lease after this is stopped and retried. Guess: 8000. */
  readonly firstLeaseMs: number;
  /** An SCX that has not renewed its lease for this long is dead. Guess: 5000, five renewals. */
  readonly leaseMs: number;
  /** Maximum interval between inputs or ticks while there are SCXs. Guess: 1000. */
  readonly pulseMs: number;
  /**
   * A tick later than this shows that this process stood still: all leases are extended. Guess:
   * 1000.
   */
  readonly stallMs: number;
  /** How long a leaving SCX may take for its flood and its drain. Guess: 30000. */
  readonly leavingMs: number;
  /** From stopAll to SIGKILL. 2500: Ctrl-C is to end everything within 3 s. */
  readonly stopMs: number;
  /** After SIGKILL the exit is expected within this. Guess: 3000. */
  readonly killMs: number;
  /** The wait after a quick death, doubling, spread by half; see recordDeath. Guess: 250. */
  readonly backoffMinMs: number;
  /** Its upper end. Guess: 30000. */
  readonly backoffMaxMs: number;
  /**
   * Its upper end for SCXs that had come up, whose clients wait for the next one: less than a client
   * is made to wait here. Guess: 4000.
   */
  readonly backoffHeldMs: number;
  /** A death before this age is a quick one: the launch itself may be at fault. Guess: 30000. */
  readonly quickDeathMs: number;
  /** Quick deaths in a row after which clients are told at once. Guess: 3. */
  readonly quickDeathsMax: number;
  /** How long quick deaths are remembered after the next launch is due. Guess: 300000. */
  readonly memoryMs: number;
  /** How long a port pair that another program uses is avoided. Guess: 60000. */
  readonly portAvoidMs: number;
  /** Port pairs that are tried in a row before the launch counts as a death. Guess: 8. */
  readonly portTriesMax: number;
  /** Requests that wait for a launch, at most: 4096, the connections of the front end. */
  readonly waitingMax: number;
  /** Sessions remembered, at most, besides those with an SCX or published here. Guess: 1024. */
  readonly sessionsMax: number;
  /**
   * SCXs that are tracked, also those that this front end did not launch; further ones are ignored.
   */
  readonly trackedMax: number;
  /**
   * Several front ends supervise the same SCXs, on many machines, which draw their ids by themselves.
   */
  readonly isShared: boolean;
}

/** What the operator may set, besides the cap and the ports. */
export interface OperatorLimits {
  readonly sessionListenersMax?: number | undefined;
  readonly foreignMax?: number | undefined;
  readonly perOriginMax?: number | undefined;
}

/** The defaults for a cap, a range of ports, and what the operator has set. */
export function supervisorConfig(
  scxsMax: number,
  ports: PortRange,
  limits: OperatorLimits = {},
): SupervisorConfig {
  const { sessionListenersMax = Number.POSITIVE_INFINITY } = limits;
  const foreignMax = Math.min(limits.foreignMax ?? foreignShare(scxsMax), scxsMax);
  const { perOriginMax = originShare(foreignMax) } = limits;
  return Object.freeze({
    scxsMax,
    foreignMax,
    perOriginMax,
    ports,
    sessionListenersMax,
    spareShare: 0.1,
    reservationMs: 5000,
    launchingMax: 8,
    launchBurst: Math.max(32, scxsMax),
    launchIntervalMs: 1000,
    originIntervalMs: 5000,
    launchingKept: 2,
    firstLeaseMs: 8000,
    leaseMs: 5000,
    pulseMs: 1000,
    stallMs: 1000,
    leavingMs: 30_000,
    stopMs: 2500,
    killMs: 3000,
    backoffMinMs: 250,
    backoffMaxMs: 30_000,
    backoffHeldMs: 4000,
    quickDeathMs: 30_000,
    quickDeathsMax: 3,
    memoryMs: 300_000,
    portAvoidMs: 60_000,
    portTriesMax: 8,
    waitingMax: 4096,
    sessionsMax: 1024,
    trackedMax: 2 * scxsMax + 64,
    isShared: false,
  });
}

/**
 * The same for many machines. SCXs find their ports on the machine that they land on. Leases are
 * shorter, as the end of a machine is noticed by nothing else; and a launch may have to wait until the
 * engine has elected a leader, which takes up to 20 s.
 */
export const sharedConfig = (config: SupervisorConfig): SupervisorConfig =>
  Object.freeze({
    ...config,
    ports: 'any',
    isShared: true,
    leaseMs: 3000,
    firstLeaseMs: 30_000,
  });
