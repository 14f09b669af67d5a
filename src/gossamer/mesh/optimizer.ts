/**
 * Mesh optimisation (§3.6). "SCXs periodically probe other mesh nodes to evaluate the usefulness of
 * adding new edges ... X_i uses this status information to evaluate the usefulness of X_j as a
 * neighbor over its current set of neighbors."
 *
 * This file takes a probe from the choice of the member to the decision about the edge:
 *
 *   probe-schedule  when to probe            probes       REQUEST_STATUS, then the ping experiment
 *   candidates      which member to probe    edge-choice  whether to request the edge
 *   bridge          an edge over a cut (§3.5)
 */
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import type { ClockedContext } from '../core/context.js';
import { predictedDelayMs } from '../core/coordinates.js';
import type { Message } from '../core/message.js';
import type { Address, Coordinates, Member } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Heartbeat } from '../leaves/heartbeat.js';
import { leftParent } from '../routing/left-parent.js';
import type { Pings } from '../routing/pings.js';
import type { Routing } from '../routing/routing.js';
import { createBridge } from './bridge.js';
import { createCandidates } from './candidates.js';
import { createEdgeChoice } from './edge-choice.js';
import type { EdgeExchange } from './edge-exchange.js';
import type { EdgeReports } from './edge-reports.js';
import type { Mesh } from './mesh.js';
import { createProbeSchedule } from './probe-schedule.js';
import { createProbes } from './probes.js';

/**
 * Probes under way at most, however many members are named to us. Guess: more than start within
 * their timeout.
 */
const PROBES_MAX = 64;

/** Interval between two searches of one that is unserved, ms. Guess: a round trip or two. */
const UNSERVED_MS = 250;

type Status = Extract<Message, { kind: 'status' }>;

/** The rules that the optimiser works with. */
export interface OptimizerOptions {
  readonly context: ClockedContext;
  readonly membership: Membership;
  readonly mesh: Mesh;
  readonly pings: Pings;
  readonly routing: Pick<
    Routing,
    'lambda' | 'offerOf' | 'sources' | 'costMs' | 'isAvoided' | 'table' | 'rttMs' | 'reachedOver'
  >;
  readonly exchange: EdgeExchange;
  readonly reports: Pick<EdgeReports, 'weights'>;
  readonly heartbeat: Pick<Heartbeat, 'bearer' | 'generator'>;
  ownCoordinates(): Coordinates;
}

export interface Optimizer {
  start(now: number): void;
  stop(): void;
  /** An edge to the far side of a cut is needed: begin with that member. */
  bridge(member: Member, now: number): void;
  /** A request was refused. */
  onRefused(now: number): void;
  /** A member was named that may have room. */
  onNamed(member: Member, now: number): void;
  /**
   * No neighbour delivers a source, whatever routes they claim to have: its SCX is asked for an
   * edge, and the next member probed, at once. `source`: that SCX, if it is known.
   */
  onUnserved(source: Member | undefined, now: number): void;
  /** The cut is healed. */
  onHealed(): void;
  /** The mesh has changed, or there are new members: probe more often again. */
  quicken(now: number): void;
  /** A ping experiment with that address has ended; `rttMs` undefined: it failed. */
  onMeasured(address: Address, rttMs: number | undefined, now: number): void;
  onUnreachable(address: Address): void;
  handleStatus(from: Member, status: Status, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

/** Creates the optimiser, not yet started. */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  const { context, membership, mesh, pings, routing, exchange, reports, heartbeat } = options;
  const { config, rng } = context;
  const probes = createProbes(context);
  const bridge = createBridge();
  const searches = createTokenBucket(1, UNSERVED_MS);

  const isUrgent = (): boolean => mesh.room() > 0 || bridge.isWanted();

  const schedule = createProbeSchedule(context, { isUrgent, probesUnderWay: () => probes.size() });

  const choice = createEdgeChoice({
    ...{ config, rng, mesh, exchange, lambda: routing.lambda, sources: routing.sources },
    ...{ bearer: heartbeat.bearer, ownCoordinates: options.ownCoordinates },
    isSource: () => routing.table.has(context.self().id),
    leftParent: (asked) => leftParent(routing, asked),
    isBridgeWanted: () => bridge.isWanted(),
  });

  const isCandidate = (member: Member): boolean =>
    member.id !== context.self().id &&
    !mesh.neighbours.has(member.id) &&
    !mesh.isPending(member.id) &&
    !probes.isUnderWay(member.address) &&
    !routing.isAvoided(member.id) &&
    !membership.isDead(member);

  const candidates = createCandidates(context, membership, {
    isCandidate: (member) => isCandidate(member) && !bridge.hasTried(member.id),
    ownCoordinates: options.ownCoordinates,
    costMs: routing.costMs,
    weights: reports.weights,
  });

  const choose = (now: number): Member | undefined => {
    // The named member may be full. Any other of the far side will do, and a random one is often
    // there.
    if (bridge.isWanted() && mesh.room() <= 0)
      return candidates.takeNamed() ?? candidates.random(now);
    return config.directedProbes ? candidates.next(now) : candidates.random(now);
  };

  const probeNext = (now: number): void => {
    const chosen = probes.size() < PROBES_MAX ? choose(now) : undefined;
    if (chosen !== undefined) {
      schedule.onProbe();
      bridge.onProbe(chosen.id);
      probes.start(chosen, now);
    }
    schedule.advance(chosen !== undefined, now);
  };

  /** Whether a full X_j might evict a neighbour for us, if it were very near. */
  const mayGain = ({ id }: Member, { routes }: Status, now: number): boolean =>
    config.evict && exchange.gainMs(routing.offerOf({ id, distanceMs: 0, routes }), now) > 0;

  /**
   * If an edge is given up for a bridge, the bridge must end where another heartbeat is followed.
   */
  const isUseful = ({ generator }: Status): boolean =>
    !bridge.isWanted() ||
    mesh.room() > 0 ||
    (generator !== null && generator !== heartbeat.generator());

  const handleStatus = (from: Member, status: Status, now: number): void => {
    const probe = probes.takeWaiting(from.address);
    if (probe === undefined || !isCandidate(from) || !isUseful(status)) return;
    if (status.canAccept || mayGain(from, status, now)) {
      probes.measure({ ...probe, routes: status.routes });
      pings.start(from.address, now);
    } else if (isUrgent()) schedule.quicken(now);
  };

  const onMeasured = (address: Address, rttMs: number | undefined, now: number): void => {
    const probe = probes.takeMeasuring(address);
    if (probe === undefined || rttMs === undefined || !isCandidate(probe.member)) return;
    const { member, routes } = probe;
    const offer = routing.offerOf({ id: member.id, distanceMs: rttMs / 2, routes });
    choice.consider({ member, rttMs, offer }, now);
  };

  /** Without measuring first, as that takes round trips: coordinates must do. */
  const askSource = (source: Member, now: number): void => {
    const place = membership.coordinates(source.id);
    const distanceMs = predictedDelayMs(options.ownCoordinates(), place);
    const offer = { id: source.id, distanceMs, costMsBySource: new Map([[source.id, distanceMs]]) };
    choice.consider({ member: source, rttMs: 2 * distanceMs, offer }, now);
  };

  return {
    start: schedule.start,
    stop: () => {
      schedule.stop();
      bridge.end();
    },
    bridge: (member, now) => {
      bridge.want(now);
      context.wakeBy(bridge.until());
      candidates.name([member]);
      schedule.quicken(now);
    },
    onRefused: (now) => {
      if (isUrgent()) schedule.quicken(now);
    },
    onNamed: (member, now) => {
      if (schedule.next() === Number.POSITIVE_INFINITY) return;
      candidates.name([member]);
      schedule.atOnce(now);
    },
    onUnserved: (source, now) => {
      if (schedule.next() === Number.POSITIVE_INFINITY || !searches.take(now)) return;
      schedule.atOnce(now);
      if (source !== undefined && isCandidate(source)) askSource(source, now);
    },
    onHealed: bridge.end,
    quicken: schedule.onChange,
    onMeasured,
    onUnreachable: probes.forget,
    handleStatus,
    tick: (now) => {
      probes.expire(now);
      bridge.expire(now);
      while (schedule.next() <= now) probeNext(now);
    },
    deadline() {
      return Math.min(schedule.next(), bridge.until(), probes.deadline());
    },
  };
}
