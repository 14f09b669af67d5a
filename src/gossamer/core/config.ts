/**
 * The configuration of Gossamer. Two profiles of one implementation: `PAPER` has the paper's
 * constants and reproduces its figures; `FAST` is production's default, with the departures marked
 * Beyond. Each field says what it does, its unit, its range, and where its values come from: `paper
 * §x`, `measured: benchmark`, or `guess`.
 *
 * How soon silence means trouble (fast / paper), from the quickest reaction to the slowest. Each
 * may only act after those above it have had their chance:
 *
 *   reserves are asked        after 8 usual intervals, 400 ms to 1.5 s: TIMEOUTS.quiet...
 *                             400 ms are 15 MP3 frames, and TCP may need as long to send again
 *   ... on a lossy channel    after at least 1 s: TIMEOUTS.lossyQuietMinMs
 *                             the parent may itself wait for a repair
 *   the next reserve is asked each 200 ms: TIMEOUTS.reserveStepMs
 *                             a round trip
 *   other neighbours are      0.4 s later, by one that is wary of lies: TIMEOUTS.unservedMs
 *   looked for                reserves have been asked in vain
 *   a parent is silent        after 3 x 250 ms / 3 x 5 s: keepAliveMisses, treeKeepAliveIntervalMs
 *                             a parent that hangs holds up its whole subtree
 *   one that has failed is    after 100 ms, doubling to 5 s: TIMEOUTS.askAgain...
 *   asked again               it may not know yet that we are a neighbour
 *   reserves no longer fill   1 s after they were heard: TIMEOUTS.answerMs
 *   a hole                    a long round trip
 *   a parent is slow          when 1.5 s later than usual for 0.5 s: TIMEOUTS.slow...
 *                             longer than a burst of losses
 *   a parent is given up      after 1.5 s, doubling to 6 s: stallMs, TIMEOUTS.stallPatienceMax
 *                             a source that pauses must not make the whole session search
 *   a hole is given up        after 2 s, lossy 1.5 s: gapTimeoutMs, repairTimeoutMs
 *                             listeners have 2 s in reserve
 *   an upstream that owes is  after 3 s: TIMEOUTS.owedMs
 *   left and avoided          longer than an honest one needs to change its own parent
 *   another neighbour is      after 3 x 1 s / 3 x 5 s: keepAliveMisses, keepAliveIntervalMs
 *   silent                    SWIM's habit
 *   the heartbeat is lost     after 3.5 s / 15 s: heartbeatTimeoutMs
 *                             three heartbeats and a delay
 *   a former neighbour's      after 5 s: TIMEOUTS.formerNeighbourMs
 *   flow ends                 it has found another parent by then
 *   a source without a route  after 5 s: sourceLingerMs
 *   is forgotten              its last ADUs may be under way
 */
import { bad, good, type Result } from '../../lib/result.js';

/**
 * Readings of figure 4 (§3.6): "Let Λ = (set of neighbors of X_i) ∪ X_j ... Let Y (∈ Λ) = node with
 * maximum C.F." k1 bounds the edges that X_i adds, but the figure does not say which neighbours may
 * make room for one more:
 *
 *   any    Y is any neighbour. X_i may thus have added more than k1 edges, never more than k1 + k2
 *          in all
 *   added  Y is a neighbour whose edge X_i added; costs are normalised over all neighbours
 *   own    Λ is the neighbours whose edges X_i added, and X_j
 */
type Figure4Reading = 'any' | 'added' | 'own';

/**
 * The "number of known source SCXs" (§3.6), of which H is a multiple:
 *
 *   known   the entries of the routing table, X_i's own one included
 *   others  without X_i, as no edge brings X_i nearer to itself
 *   least1  the same, but at least 1 (Beyond: no change for a tiny gain while there is no source)
 */
type HysteresisCounts = 'known' | 'others' | 'least1';

export interface GossamerConfig {
  /** Edges that an SCX adds itself (k1), 1..32. Paper §5.1: 3. */
  readonly addedEdgesMax: number;
  /** Edges that it accepts from others (k2), > k1 so that newcomers find room. Paper §5.1: 4. */
  readonly acceptedEdgesMax: number;

  /** The longest interval between discovery rounds (§3.3), ms. Paper §5.1: 5000. Beyond: 10 s. */
  readonly discoveryIntervalMs: number;
  /** The first interval, ms; it doubles while nothing new is learned. Beyond: 250. Paper: 5000. */
  readonly discoveryIntervalMinMs: number;
  /** Beyond: SCXs exchange digests and send only what the other one lacks (see discovery.ts). */
  readonly discoveryDigests: boolean;
  /**
   * Beyond: an SCX that hears a new generator exchanges members with the neighbour that brought its
   * heartbeat. Paper §3.3: members are exchanged in rounds.
   */
  readonly exchangesOnNewGenerator: boolean;
  /** Members in one discovery message. Paper §5.2: 30. */
  readonly discoveryListMax: number;
  /**
   * Beyond: a member is told each so many ms in the long run, `discoveryListMax` at once after a
   * pause; 0: no limit.
   */
  readonly sightingIntervalMs: number;
  /**
   * Members known at most; a random one makes room. In a larger session each SCX knows a random
   * part of it, which gossip renews. Enough to find neighbours, and more than the paper's largest
   * session, 350. Guess: 400, some 20 KB.
   */
  readonly membersMax: number;
  /**
   * How long a death is remembered, ms. Guess: 10 minutes, longer than gossip lives. Paper: a minute
   * (guess), as nobody refutes a false report there.
   */
  readonly deathMemoryMs: number;

  /** KEEP_ALIVE to each neighbour (§3.5), ms. Paper §5.1's round: 5000. Beyond: 1000. */
  readonly keepAliveIntervalMs: number;
  /** KEEP_ALIVE to a child while no ADU is sent to it, ms. Beyond: 250. Paper: 5000. */
  readonly treeKeepAliveIntervalMs: number;
  /**
   * Intervals without a message after which a neighbour counts as silent. Guess: 3, SWIM's habit.
   */
  readonly keepAliveMisses: number;

  /** HEARTBEAT of the elected rendezvous point (§3.5), ms. Guess: paper 5000, fast 1000. */
  readonly heartbeatIntervalMs: number;
  /** Silence after which a partition is suspected, ms; >= 2 intervals. Guess: three intervals. */
  readonly heartbeatTimeoutMs: number;
  /**
   * Beyond: a neighbour that had a heartbeat from others before ours came is sent only each second
   * one.
   */
  readonly sparesHeartbeats: boolean;
  /** Upper bound of the random wait before healing (§3.5), ms. Guess: fast half an interval. */
  readonly healDampingMs: number;
  /**
   * Beyond: a cut is found by what any SCX says of the generator that it follows. Paper §3.5: by the
   * loss of the heartbeat, and by the election among the rendezvous points.
   */
  readonly gossipsGenerators: boolean;
  /**
   * Beyond: a neighbour that fell silent, or closed its connection, is pinged before its failure is
   * reported. Paper §3.5: the loss of its messages suffices.
   */
  readonly suspectsFirst: boolean;
  /**
   * Beyond: a node that is reported dead is told, and refutes it. Paper §3.5: reports stand; but one
   * that is heard is alive.
   */
  readonly refutesDeaths: boolean;

  /** The longest interval between probes (§3.6), ms. Paper §5.1: 5000. Beyond: 20 s (guess). */
  readonly probeIntervalMs: number;
  /**
   * The interval while edges are missing or the mesh has just changed, ms. Beyond: 250. Paper:
   * 5000.
   */
  readonly probeIntervalMinMs: number;
  /** Growth of the interval with each probe, up to the longest. Beyond: 1.06 (measured). */
  readonly probeBackoff: number;
  /**
   * H for each known source (§3.6), 0..1; without effect under `exchangesEdges`. Paper §3.6: 0.15.
   */
  readonly hysteresis: number;
  /** Which sources H counts (§3.6); without effect under `exchangesEdges`. */
  readonly hysteresisCounts: HysteresisCounts;
  /** How figure 4 is read (§3.6); without effect under `exchangesEdges`. */
  readonly figure4: Figure4Reading;
  /** How long an answer to a probe or an edge request may take, ms. Guess: 3000. */
  readonly answerTimeoutMs: number;
  /**
   * Beyond: the edge that brings the heartbeat is not given up for a better one, as the mesh may
   * fall apart. Under `exchangesEdges` this holds only for evictions while no source is known
   * (evictions.ts), and for bridges (edge-choice.ts).
   */
  readonly keepHeartbeatEdge: boolean;
  /** Beyond: edge-exchange.ts decides which edges to have. Paper: figures 4 and 5. */
  readonly exchangesEdges: boolean;
  /** Beyond: a full node gives up an edge for one of a higher value. */
  readonly evict: boolean;
  /** Beyond: an edge may count as added at the end that was asked for it. */
  readonly reversible: boolean;
  /**
   * Beyond: the least gain of a change of edges, as a share of the cost of the sources. Guess:
   * 0.01.
   */
  readonly gainLeast: number;
  /** Beyond: `gainLeast` doubles at this interval (hysteresis.ts), ms. */
  readonly gainDoublingMs: number;
  /** Beyond: a parent may yield its place to a child (promotion.ts). */
  readonly promotes: boolean;
  /** Beyond: an evicted neighbour may take the place that the asker leaves (left-parent.ts). */
  readonly swaps: boolean;
  /** Beyond: probe the members whose coordinates promise most before random ones. */
  readonly directedProbes: boolean;

  /** Routing updates to all neighbours (§3.7), ms. Paper §5.1: 30000. */
  readonly updateIntervalMs: number;
  /**
   * Beyond: whatever changes in the routing table is advertised at once. Paper §3.7: with the next
   * periodic update; only a death triggers one (§3.5).
   */
  readonly triggersUpdates: boolean;
  /** How long a change may wait for others to travel with, ms. Beyond: 50. Paper: 1000 (guess). */
  readonly updateDelayMs: number;
  /** Beyond: changes leave at this interval in the long run, ms; 0: no limit. */
  readonly changesIntervalMs: number;
  /**
   * Least relative gain for a change of next hop. Paper: 0. Beyond: 0.02 against RTT noise (guess).
   */
  readonly routeHysteresis: number;
  /** Hops in a path at most. Guess: 64. */
  readonly pathMax: number;
  /** Source SCXs known at most. Guess: 64. */
  readonly sourcesMax: number;

  /**
   * The interval between ping experiments with a neighbour (§3.7), ms. Guess: paper 30000, fast
   * 10000.
   */
  readonly pingIntervalMs: number;
  /** Pings in an experiment. Guess: paper 3, fast 2. */
  readonly pingCount: number;
  /**
   * Weight of the newest experiment in the smoothed RTT, 0..1. Paper: 1. Beyond: 0.3 (RFC 6298:
   * 1/8).
   */
  readonly pingWeight: number;

  /** The channels of the session's announcement, 1..16 ids; others may be added later (Input `addChannels`). */
  readonly channels: readonly number[];
  /** Those of them whose ADUs may be lost on the way: lost ones are asked for again (§4). */
  readonly lossyChannels: readonly number[];
  /** How long ADUs are kept for children that change parents, ms. Guess: 20 s. */
  readonly cacheMs: number;
  /** Bytes of ADUs that are kept for each source and channel, at most. Guess: 2 MiB. */
  readonly cacheBytesMax: number;
  /** The same for all sources and channels together: the largest makes room. Guess: 32 MiB. */
  readonly cachesBytesMax: number;
  /** How much of the past a newcomer gets, ms: the burst of its first listeners. Guess: 10 s. */
  readonly recentMs: number;
  /** How long a hole may wait to be filled before it is given up and counted, ms. Guess: 2000. */
  readonly gapTimeoutMs: number;
  /** The same on a lossy channel, ms: below what listeners have in reserve. Guess: 1500 of 2000. */
  readonly repairTimeoutMs: number;
  /** Silence after which a parent is given up and another one is asked, ms. Guess: 1500. */
  readonly stallMs: number;
  /**
   * Beyond: on channels that may be silent for minutes, another neighbour than the parent is asked
   * at this interval for what the parent may withhold, ms; Infinity: none is. Guess: 5 s.
   */
  readonly witnessIntervalMs: number;
  /** Beyond: a neighbour that breaks its promise to deliver is avoided for a time: trust.ts. */
  readonly remembersBroken: boolean;
  /**
   * Beyond: a report that a node failed only makes others look at it. Paper §3.5: it is believed.
   */
  readonly verifiesFailures: boolean;
  /** How long a withdrawn source's last ADUs may still be under way, ms. Guess: 5000. */
  readonly sourceLingerMs: number;
  /**
   * How long a leaving SCX continues to forward to children that have not moved, ms. Guess: 2000.
   */
  readonly drainMs: number;
}

/** The values that both profiles have. */
const COMMON = {
  addedEdgesMax: 3,
  acceptedEdgesMax: 4,
  discoveryListMax: 30,
  membersMax: 400,
  keepAliveMisses: 3,
  hysteresis: 0.15,
  answerTimeoutMs: 3000,
  updateIntervalMs: 30_000,
  pathMax: 64,
  sourcesMax: 64,
  channels: [1, 2],
  lossyChannels: [],
  cacheMs: 20_000,
  cacheBytesMax: 2 * 1024 * 1024,
  cachesBytesMax: 32 * 1024 * 1024,
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
  discoveryIntervalMs: 5000,
  discoveryIntervalMinMs: 5000,
  discoveryDigests: false,
  exchangesOnNewGenerator: false,
  sightingIntervalMs: 0,
  deathMemoryMs: 60_000,
  keepAliveIntervalMs: 5000,
  treeKeepAliveIntervalMs: 5000,
  heartbeatIntervalMs: 5000,
  heartbeatTimeoutMs: 15_000,
  sparesHeartbeats: false,
  healDampingMs: 5000,
  gossipsGenerators: false,
  suspectsFirst: false,
  refutesDeaths: false,
  hysteresisCounts: 'known',
  figure4: 'own',
  probeIntervalMs: 5000,
  probeIntervalMinMs: 5000,
  keepHeartbeatEdge: false,
  exchangesEdges: false,
  evict: false,
  reversible: false,
  gainLeast: 0,
  gainDoublingMs: Number.POSITIVE_INFINITY,
  promotes: false,
  swaps: false,
  probeBackoff: 2,
  directedProbes: false,
  triggersUpdates: false,
  updateDelayMs: 1000,
  changesIntervalMs: 0,
  routeHysteresis: 0,
  witnessIntervalMs: Number.POSITIVE_INFINITY,
  remembersBroken: false,
  verifiesFailures: false,
  pingIntervalMs: 30_000,
  pingCount: 3,
  pingWeight: 1,
});

/** Production: the paper's rules at the speed of today's networks, and the rules marked Beyond. */
export const FAST: GossamerConfig = Object.freeze({
  ...COMMON,
  discoveryIntervalMinMs: 250,
  discoveryIntervalMs: 10_000,
  discoveryDigests: true,
  exchangesOnNewGenerator: true,
  sightingIntervalMs: 50,
  deathMemoryMs: 600_000,
  keepAliveIntervalMs: 1000,
  treeKeepAliveIntervalMs: 250,
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 3500,
  sparesHeartbeats: true,
  healDampingMs: 500,
  gossipsGenerators: true,
  suspectsFirst: true,
  refutesDeaths: true,
  hysteresisCounts: 'least1',
  figure4: 'added',
  probeIntervalMinMs: 250,
  keepHeartbeatEdge: true,
  exchangesEdges: true,
  evict: true,
  reversible: true,
  gainLeast: 0.01,
  gainDoublingMs: 50_000,
  promotes: true,
  swaps: true,
  probeBackoff: 1.06,
  probeIntervalMs: 20_000,
  directedProbes: true,
  triggersUpdates: true,
  updateDelayMs: 50,
  changesIntervalMs: 1000,
  routeHysteresis: 0.02,
  witnessIntervalMs: 5000,
  remembersBroken: true,
  verifiesFailures: true,
  pingIntervalMs: 10_000,
  pingCount: 2,
  pingWeight: 0.3,
});

/**
 * A session with nothing but entries (entries/) has no listeners who would hear a gap, and many members: its
 * heartbeats, which all SCXs pass on, are rarer.
 */
export const withEntriesOnly = (config: GossamerConfig): GossamerConfig => ({
  ...config,
  heartbeatIntervalMs: PAPER.heartbeatIntervalMs,
  heartbeatTimeoutMs: PAPER.heartbeatTimeoutMs,
  healDampingMs: PAPER.healDampingMs,
});

/** Timeouts that no profile changes; the table above has the reasons. All are guesses. */
export const TIMEOUTS = Object.freeze({
  /** Silence is suspicious after this many usual intervals of the source ... */
  quietIntervals: 8,
  /** ... but not sooner than this, ms, ... */
  quietMinMs: 400,
  /** ... and on a lossy channel not sooner than this, ms. */
  lossyQuietMinMs: 1000,
  /** While no upstream delivers, another reserve is asked at this interval, ms. */
  reserveStepMs: 200,
  /** A flow that has been quiet for longer than this is unserved: reserves are silent, too, ms. */
  unservedMs: 400,
  /**
   * An upstream that refused, or could not be connected to, is asked again after this, ms; the wait
   * doubles with each failure in a row ...
   */
  askAgainFirstMs: 100,
  /** ... up to this, ms. */
  askAgainLastMs: 5000,
  /** A subscription that was asked or heard within this time may yet fill a hole, ms. */
  answerMs: 1000,
  /**
   * While no upstream delivers, `stallMs` doubles with each parent that is given up, to this many
   * times.
   */
  stallPatienceMax: 4,
  /** A parent is slow when its ADUs come this much later than usual, ms, ... */
  slowMs: 1500,
  /** ... for this long: ADUs that were held up, and come at once, show no slow link, ms. */
  slowSustainedMs: 500,
  /** The lateness that is tolerated doubles with each report up to this many times `slowMs`. */
  slowPatienceMax: 8,
  /**
   * More is tolerated for each hop but the first, ms: a change of parents takes a round trip ...
   */
  slowHopMs: 500,
  /** ... for at most this many hops. */
  slowHopsMax: 8,
  /** An upstream that another one overtakes must catch up within this time, ms. */
  owedMs: 3000,
  /** An ADU that is older than the newest one by more than this is not timely, ms. */
  timelyMs: 1000,
  /** A child that is no neighbour any more keeps its flow this long, to find another parent, ms. */
  formerNeighbourMs: 5000,
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
