/**
 * Every knob of the supervisor. All times are in ms. The relation to keep in mind:
 * SCX's lease interval (1 s) < leaseMs < firstLeaseMs <= a client's patience.
 */
import type { PortRange } from './port-pairs.js';

export interface SupervisorConfig {
  /** SCXs at most, >= 1; beyond it clients are told that the cluster is full. */
  readonly scxsMax: number;
  readonly ports: PortRange;
  /** Listeners of one session over all its SCXs here, at most, >= 1; Infinity: no limit. */
  readonly sessionListenersMax: number;
  /**
   * A session gets a further SCX when a listener finds no place, or takes one and leaves less than
   * this share of one SCX's free, 0 to below 0.5. Guess: 0.1, which outlasts a launch of 0.3 s
   * unless thousands come each second; those wait for it.
   */
  readonly spareShare: number;
  /**
   * Whoever was sent to an SCX and is not in its leases after this does not come. Longer: players
   * on slow lines never find their SCX full. Shorter: fewer places are held for bots. Guess: 5000.
   */
  readonly reservationMs: number;
  /** Launches without a lease yet, at most. Guess: 8, a small machine starts so many in time. */
  readonly launchingMax: number;
  /** Launches that may follow each other at once; then one each `launchIntervalMs`. */
  readonly launchBurst: number;
  /** Guess: 1000; with the burst it bounds the launches per minute. */
  readonly launchIntervalMs: number;
  /** A launch without a lease after this is stopped and retried. Guess: 8000. */
  readonly firstLeaseMs: number;
  /** An SCX that renews nothing for so long is dead. Guess: 5000, five renewals. */
  readonly leaseMs: number;
  /** While there are SCXs, something happens so often, if only a tick. Guess: 1000. */
  readonly pulseMs: number;
  /** A pulse so late means that we ourselves stood still, and leases go on. Guess: 1000. */
  readonly stallMs: number;
  /** A leaving SCX (flood, drain) may take so long. Guess: 30000. */
  readonly leavingMs: number;
  /** After stopAll, SCXs may take so long before SIGKILL. 2500: Ctrl-C is to end all within 3 s. */
  readonly stopMs: number;
  /** After SIGKILL the exit is expected within this. Guess: 3000. */
  readonly killMs: number;
  /** The wait after a quick death, doubling, spread by half; see recordDeath. Guess: 250. */
  readonly backoffMinMs: number;
  /** Its upper end. Guess: 30000. */
  readonly backoffMaxMs: number;
  /** Who lived so long did not die of a wrong start. Guess: 30000. */
  readonly quickDeathMs: number;
  /** After so many quick deaths in a row clients are told at once. Guess: 3. */
  readonly quickDeathsMax: number;
  /** Quick deaths are remembered so long after the last. Guess: 300000. */
  readonly memoryMs: number;
  /** A port pair that somebody else uses is left alone for so long. Guess: 60000. */
  readonly portAvoidMs: number;
  /** Port pairs tried at once in a row before it counts as a death. Guess: 8. */
  readonly portTriesMax: number;
  /** Clients that wait for a launch, at most: as many as the front end has connections, 4096. */
  readonly waitingMax: number;
  /** Sessions remembered, at most (kept ones and those with an SCX always are). Guess: 1024. */
  readonly sessionsMax: number;
  /** SCXs that are tracked, whoever launched them; more renewals are not listened to. */
  readonly trackedMax: number;
}

/** The defaults for a cap, a range of ports, and a limit for each session's listeners. */
export function supervisorConfig(
  scxsMax: number,
  ports: PortRange,
  sessionListenersMax = Number.POSITIVE_INFINITY,
): SupervisorConfig {
  return Object.freeze({
    scxsMax,
    ports,
    sessionListenersMax,
    spareShare: 0.1,
    reservationMs: 5000,
    launchingMax: 8,
    launchBurst: Math.max(32, scxsMax),
    launchIntervalMs: 1000,
    firstLeaseMs: 8000,
    leaseMs: 5000,
    pulseMs: 1000,
    stallMs: 1000,
    leavingMs: 30_000,
    stopMs: 2500,
    killMs: 3000,
    backoffMinMs: 250,
    backoffMaxMs: 30_000,
    quickDeathMs: 30_000,
    quickDeathsMax: 3,
    memoryMs: 300_000,
    portAvoidMs: 60_000,
    portTriesMax: 8,
    waitingMax: 4096,
    sessionsMax: 1024,
    trackedMax: 2 * scxsMax + 64,
  });
}
