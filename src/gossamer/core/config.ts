/**
 * Every knob of Gossamer. Two profiles of one implementation: `PAPER` has the paper's constants and
 * reproduces its figures; `FAST` is production's default, with the departures marked Beyond.
 *
 * Each field says what it does, its unit, its range, and where its two values come from: `paper §x`,
 * `measured: benchmark`, or `guess`.
 */
import { bad, good, type Result } from '../../lib/result.js';

export interface GossamerConfig {
  /** Edges that an SCX adds itself (k1), 1..32. Paper §5.1: 3. */
  readonly addedEdgesMax: number;
  /** Edges that it accepts from others (k2), > k1 so that newcomers find room. Paper §5.1: 4. */
  readonly acceptedEdgesMax: number;

  /** A discovery round each so many ms while nothing new is learned (§3.3). Paper §5.1: 5000. Beyond: 10 s. */
  readonly discoveryIntervalMs: number;
  /** The first rounds, doubling up to the interval. Beyond: 250. Paper: 5000. */
  readonly discoveryIntervalMinMs: number;
  /** Beyond: SCXs exchange digests, and send each other what is missing (see discovery.ts). */
  readonly discoveryDigests: boolean;
  /** Members in one discovery message. Paper §5.2: 30. */
  readonly discoveryListMax: number;
  /**
   * Members known at most; a random one makes room. In a larger session each SCX knows a random part
   * of it, which gossip renews. Enough to find whom to ask, and all of the paper's largest session,
   * 350. Guess: 400, some 20 KB.
   */
  readonly membersMax: number;
  /** How long a death is remembered, ms. Guess: 10 minutes, longer than gossip lives. */
  readonly deathMemoryMs: number;

  /** KEEP_ALIVE to each neighbour (§3.5), ms. Paper §5.1's round: 5000. Beyond: 1000. */
  readonly keepAliveIntervalMs: number;
  /** To a neighbour that takes a source from us, when no ADU has gone there. Beyond: 250. */
  readonly treeKeepAliveIntervalMs: number;
  /** Intervals without a word until a neighbour counts as failed. Guess: 3, SWIM's habit. */
  readonly keepAliveMisses: number;

  /** HEARTBEAT of the elected rendezvous point (§3.5), ms. Guess: paper 5000, fast 1000. */
  readonly heartbeatIntervalMs: number;
  /** Silence after which a partition is suspected, ms; >= 2 intervals. Guess: three intervals. */
  readonly heartbeatTimeoutMs: number;
  /** Upper bound of the random wait before healing (§3.5), ms. Guess: one interval. */
  readonly healDampingMs: number;

  /** One probe each so many ms (§3.6). Paper §5.1: 5000. */
  readonly probeIntervalMs: number;
  /** While edges are missing or the mesh has just changed. Beyond: 250. Paper: 5000. */
  readonly probeIntervalMinMs: number;
  /** Growth of the interval with each probe, up to the longest. Beyond: 1.06 (measured). */
  readonly probeBackoff: number;
  /** H per known source (§3.6), 0..1; without effect where `byWorth` decides. Paper §3.6: 0.15. */
  readonly hysteresis: number;
  /** How long an answer to a probe or an edge request may take, ms. Guess: 3000. */
  readonly answerTimeoutMs: number;
  /** Beyond: never give up the edge that brings the heartbeat, as that may partition the mesh. */
  readonly keepHeartbeatEdge: boolean;
  /** Beyond: which edges to have is decided by worth.ts. Paper: by figures 4 and 5. */
  readonly byWorth: boolean;
  /** Beyond: a full node gives up an edge for one that is worth more. */
  readonly evict: boolean;
  /** Beyond: an edge may count as added at the end that was asked for it. */
  readonly reversible: boolean;
  /** Beyond: what a change of edges must gain, as a share of what the sources cost. Guess: 0.01. */
  readonly gainLeast: number;
  /** Beyond: probe the members whose places promise most before random ones. */
  readonly directedProbes: boolean;

  /** Routing updates to all neighbours (§3.7), ms. Paper §5.1: 30000. */
  readonly updateIntervalMs: number;
  /** How long a change may wait for others to travel with, ms. Beyond: 50. Paper: 1000 (guess). */
  readonly updateDelayMs: number;
  /** Least relative gain for a change of next hop. Paper: 0. Beyond: 0.02 against RTT noise (guess). */
  readonly routeHysteresis: number;
  /** Hops in a path at most. Guess: 64. */
  readonly pathMax: number;
  /** Source SCXs known at most. Guess: 64. */
  readonly sourcesMax: number;

  /** A ping experiment with each neighbour each so many ms (§3.7). Guess: paper 30000, fast 10000. */
  readonly pingIntervalMs: number;
  /** Pings in an experiment. Guess: paper 3, fast 2. */
  readonly pingCount: number;
  /** Weight of the newest experiment in the smoothed RTT, 0..1. Paper: 1. Beyond: 0.3 (RFC 6298: 1/8). */
  readonly pingWeight: number;

  /** The channels of the session's announcement, 1..16 ids. */
  readonly channels: readonly number[];
  /** Those of them whose ADUs may be lost on the way: what is missing is asked for again (§4). */
  readonly lossyChannels: readonly number[];
  /** ADUs are kept so long for children that change parents, ms. Guess: 20 s. */
  readonly cacheMs: number;
  /** And at most so many bytes for each source and channel. Guess: 2 MiB. */
  readonly cacheBytesMax: number;
  /** What a newcomer gets of the past, ms: the burst of its first listeners. Guess: 10 s. */
  readonly recentMs: number;
  /** How long a hole may wait to be filled before it is given up and counted, ms. Guess: 2000. */
  readonly gapTimeoutMs: number;
  /** The same on a lossy channel, ms: below what listeners have in reserve. Guess: 1500 of 2000. */
  readonly repairTimeoutMs: number;
  /** A source that is routed but delivers nothing: subscribe anew after so many ms. Guess: 1500. */
  readonly stallMs: number;
  /** How long a withdrawn source's last ADUs may still be under way, ms. Guess: 5000. */
  readonly sourceLingerMs: number;
  /** How long a leaving SCX goes on forwarding to children that have not moved, ms. Guess: 2000. */
  readonly drainMs: number;
}

const COMMON = {
  addedEdgesMax: 3,
  acceptedEdgesMax: 4,
  discoveryIntervalMs: 5000,
  discoveryListMax: 30,
  membersMax: 400,
  deathMemoryMs: 600_000,
  keepAliveMisses: 3,
  probeIntervalMs: 5000,
  hysteresis: 0.15,
  answerTimeoutMs: 3000,
  updateIntervalMs: 30_000,
  pathMax: 64,
  sourcesMax: 64,
  channels: [1, 2],
  lossyChannels: [],
  cacheMs: 20_000,
  cacheBytesMax: 2 * 1024 * 1024,
  recentMs: 10_000,
  gapTimeoutMs: 2000,
  repairTimeoutMs: 1500,
  stallMs: 1500,
  sourceLingerMs: 5000,
  drainMs: 2000,
} as const;

/** The paper's rules and constants. */
export const PAPER: GossamerConfig = Object.freeze({
  ...COMMON,
  discoveryIntervalMinMs: 5000,
  discoveryDigests: false,
  keepAliveIntervalMs: 5000,
  treeKeepAliveIntervalMs: 5000,
  heartbeatIntervalMs: 5000,
  heartbeatTimeoutMs: 15_000,
  healDampingMs: 5000,
  probeIntervalMinMs: 5000,
  keepHeartbeatEdge: false,
  byWorth: false,
  evict: false,
  reversible: false,
  gainLeast: 0,
  probeBackoff: 2,
  directedProbes: false,
  updateDelayMs: 1000,
  routeHysteresis: 0,
  pingIntervalMs: 30_000,
  pingCount: 3,
  pingWeight: 1,
});

/** Production: the paper's rules at the speed of today's networks. */
export const FAST: GossamerConfig = Object.freeze({
  ...COMMON,
  discoveryIntervalMinMs: 250,
  discoveryIntervalMs: 10_000,
  discoveryDigests: true,
  keepAliveIntervalMs: 1000,
  treeKeepAliveIntervalMs: 250,
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 3500,
  healDampingMs: 500,
  probeIntervalMinMs: 250,
  keepHeartbeatEdge: true,
  byWorth: true,
  evict: true,
  reversible: true,
  gainLeast: 0.01,
  probeBackoff: 1.06,
  probeIntervalMs: 20_000,
  directedProbes: true,
  updateDelayMs: 50,
  routeHysteresis: 0.02,
  pingIntervalMs: 10_000,
  pingCount: 2,
  pingWeight: 0.3,
});

const inRange = (name: string, value: number, least: number, most: number): string[] =>
  value >= least && value <= most ? [] : [`${name} must be ${least} to ${most}, got ${value}`];

/** Checks a configuration as a whole: every problem at once, relations included. */
export function validateConfig(config: GossamerConfig): Result<GossamerConfig> {
  const problems = [
    ...inRange('addedEdgesMax', config.addedEdgesMax, 1, 32),
    ...inRange('acceptedEdgesMax', config.acceptedEdgesMax, 2, 64),
    ...inRange('discoveryListMax', config.discoveryListMax, 1, 100),
    ...inRange('hysteresis', config.hysteresis, 0, 1),
    ...inRange('pingCount', config.pingCount, 1, 16),
    // The wire's bounds: what a message may hold.
    ...inRange('sourcesMax', config.sourcesMax, 1, 64),
    ...inRange('pathMax', config.pathMax, 2, 64),
    ...inRange('channels', config.channels.length, 1, 16),
  ];
  if (config.acceptedEdgesMax <= config.addedEdgesMax) {
    problems.push('acceptedEdgesMax must exceed addedEdgesMax, or newcomers find no room (§3.2)');
  }
  if (config.treeKeepAliveIntervalMs > config.keepAliveIntervalMs) {
    problems.push('treeKeepAliveIntervalMs must not exceed keepAliveIntervalMs');
  }
  if (config.heartbeatTimeoutMs < 2 * config.heartbeatIntervalMs) {
    problems.push('heartbeatTimeoutMs must be at least two heartbeat intervals');
  }
  if (config.recentMs > config.cacheMs) problems.push('recentMs must not exceed cacheMs');
  return problems.length === 0 ? good(config) : bad(...problems);
}
