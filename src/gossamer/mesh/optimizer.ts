/**
 * Mesh optimisation (§3.6). "SCXs periodically probe other mesh nodes to evaluate the usefulness of
 * adding new edges. A node X_i probes another node X_j using a REQUEST_STATUS message. The STATUS
 * response from X_j contains a copy of the current routing table of X_j and a CAN_ACCEPT flag."
 *
 * A probe here is REQUEST_STATUS, then a ping experiment (§3.7: the distance). "If X_i has not yet
 * filled its limit k1 of edges it is allowed to add, it will accept X_j as a neighbor"; else figure 4
 * decides (cost.ts).
 *
 * Beyond: probes come fast while edges are missing and back off as the mesh settles; whom to probe is
 * chosen by what is known (candidates.ts), and what an edge is worth is weighed in ms (worth.ts); and a bridge over a
 * cut (§3.5) is a probe whose edge is wanted whatever it costs.
 */

import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Message, Route } from '../core/message.js';
import type { Address, Member, NodeId, Place } from '../core/node.js';
import type { Membership } from '../discovery/membership.js';
import type { Heartbeat } from '../leaves/heartbeat.js';
import type { Pings } from '../routing/pings.js';
import { createCandidates } from './candidates.js';
import { type Candidate, optimize } from './cost-function.js';
import type { Worth } from './edge-exchange.js';
import type { Mesh } from './mesh.js';

/** Probes under way at once while edges are missing. Guess: k1 and one more. */
const HURRIED_PROBES_MAX = 4;

/** So many in vain, and the next ones take their time until something changes. Guess: it is rare. */
const HURRIED_IN_VAIN_MAX = 100;

/** Probes under way at most, whoever is named to us. Guess: more than an interval each makes in their time. */
const PROBES_MAX = 64;

/** What news make of the interval between probes while no edge is missing. Guess. */
const QUICKENING = 0.7;

/** A bridge is given up after so many ms; the heartbeat's loss then asks again. Guess. */
const BRIDGE_MS = 10_000;

type Status = Extract<Message, { kind: 'status' }>;

interface Probe {
  readonly member: Member;
  /** X_j's routes, once its STATUS is here. */
  routes: readonly Route[] | undefined;
  readonly until: number;
}

/** What the optimiser needs to know of routing. */
export interface RoutingView {
  /** Our neighbours as Λ of figure 4. */
  lambda(): Candidate[];
  /** X_j with the routes that it told. */
  candidate(id: NodeId, distanceMs: number, routes: readonly Route[]): Candidate;
  /** The source SCXs in our routing table, we ourselves excluded. */
  sources(): NodeId[];
  /** Of our route to a source SCX, ms; Infinity without one. */
  costMs(scx: NodeId): number;
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
  /** The cut is healed. */
  onHealed(): void;
  /** The mesh has changed, or there are new candidates: probe fast again. */
  quicken(now: number): void;
  /** A ping experiment with that address has ended; undefined: it failed. */
  onMeasured(address: Address, rttMs: number | undefined, now: number): void;
  onUnreachable(address: Address): void;
  handleStatus(from: Member, status: Status, now: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** Not yet started. */
export function createOptimizer(
  context: ClockedContext,
  membership: Membership,
  mesh: Mesh,
  pings: Pings,
  routing: RoutingView,
  worth: Worth,
  ownPlace: () => Place,
  heartbeat: Pick<Heartbeat, 'bearer' | 'generator'>,
): Optimizer {
  const { config, rng } = context;
  /** Bounded by PROBES_MAX. */
  const probes = new Map<Address, Probe>();
  let bridging: { readonly until: number; readonly tried: Set<NodeId> } | undefined;
  let nextProbe = Number.POSITIVE_INFINITY;
  /** Probes since the mesh or the candidates have changed. */
  let inVain = 0;
  let intervalMs = config.probeIntervalMinMs;

  const isCandidate = (member: Member): boolean =>
    member.id !== context.self().id &&
    !mesh.neighbours.has(member.id) &&
    !mesh.isPending(member.id) &&
    !probes.has(member.address) &&
    !membership.isDead(member);

  const candidates = createCandidates(context, membership, {
    isCandidate: (member) => isCandidate(member) && bridging?.tried.has(member.id) !== true,
    ownPlace,
    costMs: routing.costMs,
    weights: worth.weights,
  });

  const choose = (now: number): Member | undefined => {
    // Who was named may be full: others of the far side are as good, and random ones are often there.
    if (bridging !== undefined && mesh.room() <= 0) {
      return candidates.takeNamed() ?? candidates.random(now);
    }
    return config.directedProbes ? candidates.next(now) : candidates.random(now);
  };

  const probe = (member: Member, now: number): void => {
    inVain++;
    bridging?.tried.add(member.id);
    const until = now + 2 * config.answerTimeoutMs;
    probes.set(member.address, { member, routes: undefined, until });
    context.wakeBy(until);
    send(context, member.address, { kind: 'requestStatus' });
  };

  const hysteresis = (): number => config.hysteresis * Math.max(1, routing.sources().length);

  /** Edges of ours that may be given up for a better one. */
  const replaceable = (): Set<NodeId> => {
    const kept = config.keepHeartbeatEdge ? heartbeat.bearer() : undefined;
    const ours = [...mesh.neighbours.values()].filter((n) => n.ours && n.member.id !== kept);
    return new Set(ours.map((n) => n.member.id));
  };

  /** Whether a full X_j might make room for us, if it were very near. */
  const mayGain = ({ id }: Member, { routes }: Status): boolean =>
    config.evict && worth.gainMs(routing.candidate(id, 0, routes)) > 0;

  /** Which edge of ours X_j takes the place of, and what is gained: figure 4, or worth.ts. */
  const replacement = (candidate: Candidate): { id: NodeId; gainMs: number } | undefined => {
    if (bridging === undefined && config.byWorth) return worth.replacement(candidate);
    const id =
      bridging === undefined
        ? optimize(candidate, routing.lambda(), replaceable(), routing.sources(), hysteresis())
        : rng.pick([...replaceable()]);
    return id === undefined ? undefined : { id, gainMs: Math.max(0, worth.gainMs(candidate)) };
  };

  /** §3.6: take X_j when there is room, else in the place of another. */
  const consider = (member: Member, rttMs: number, candidate: Candidate, now: number): void => {
    const gainMs = Math.max(0, worth.gainMs(candidate));
    const hasRoom = mesh.room() > 0;
    const replaced = hasRoom ? undefined : replacement(candidate);
    const addGainMs = hasRoom ? gainMs : (replaced?.gainMs ?? null);
    const mayAccept = config.reversible && gainMs > 0 && mesh.canAccept();
    if (addGainMs === null && !mayAccept) return;
    const acceptGainMs = mayAccept ? gainMs : null;
    const offer = { rttMs, addGainMs, acceptGainMs, place: ownPlace() };
    mesh.request(member, offer, replaced?.id, now);
  };

  const expire = (now: number): void => {
    for (const [address, probe] of [...probes]) if (probe.until <= now) probes.delete(address);
    if (bridging !== undefined && bridging.until <= now) bridging = undefined;
  };

  const isUrgent = (): boolean => mesh.room() > 0 || bridging !== undefined;

  const round = (now: number): void => {
    const chosen = probes.size < PROBES_MAX ? choose(now) : undefined;
    if (chosen !== undefined) probe(chosen, now);
    if (chosen !== undefined && mayHurry()) {
      nextProbe = now;
      return;
    }
    intervalMs = isUrgent()
      ? config.probeIntervalMinMs
      : Math.min(config.probeBackoff * intervalMs, config.probeIntervalMs);
    nextProbe = now + jittered(context, intervalMs);
  };

  /**
   * Beyond: while edges are missing, the next probe follows each answer at once; but where all are full,
   * answers would beget probes without end.
   */
  const mayHurry = (): boolean =>
    config.directedProbes &&
    isUrgent() &&
    inVain < HURRIED_IN_VAIN_MAX &&
    probes.size < HURRIED_PROBES_MAX;

  const quicken = (now: number): void => {
    if (nextProbe === Number.POSITIVE_INFINITY) return;
    intervalMs = isUrgent()
      ? config.probeIntervalMinMs
      : Math.max(config.probeIntervalMinMs, QUICKENING * intervalMs);
    const waitMs = mayHurry() ? 0 : jittered(context, intervalMs);
    nextProbe = Math.min(nextProbe, now + waitMs);
    context.wakeBy(nextProbe);
  };

  return {
    start: (now) => {
      nextProbe = now + rng.unit() * config.probeIntervalMinMs;
      context.wakeBy(nextProbe);
    },
    stop: () => {
      nextProbe = Number.POSITIVE_INFINITY;
      bridging = undefined;
    },
    bridge: (member, now) => {
      bridging ??= { until: now + BRIDGE_MS, tried: new Set() };
      context.wakeBy(bridging.until);
      candidates.name([member]);
      quicken(now);
    },
    onRefused: (now) => {
      if (isUrgent()) quicken(now);
    },
    onNamed: (member, now) => {
      if (nextProbe === Number.POSITIVE_INFINITY) return;
      candidates.name([member]);
      nextProbe = Math.min(nextProbe, now);
      context.wakeBy(nextProbe);
    },
    onHealed: () => {
      bridging = undefined;
    },
    quicken: (now) => {
      inVain = 0;
      quicken(now);
    },
    onMeasured: (address, rttMs, now) => {
      const found = probes.get(address);
      if (found?.routes === undefined) return;
      probes.delete(address);
      if (rttMs === undefined || !isCandidate(found.member)) return;
      const candidate = routing.candidate(found.member.id, rttMs / 2, found.routes);
      consider(found.member, rttMs, candidate, now);
    },
    onUnreachable: (address) => {
      probes.delete(address);
    },
    handleStatus: (from, status, now) => {
      const found = probes.get(from.address);
      if (found === undefined || found.routes !== undefined) return;
      probes.delete(from.address);
      if (!isCandidate(from)) return;
      // A bridge must end where another heartbeat is, if an edge is given up for it.
      const isFarSide = status.generator !== null && status.generator !== heartbeat.generator();
      if (bridging !== undefined && mesh.room() <= 0 && !isFarSide) return;
      if (status.canAccept || mayGain(from, status)) {
        probes.set(from.address, { ...found, routes: status.routes });
        pings.start(from.address, now);
      } else if (isUrgent()) quicken(now);
    },
    tick: (now) => {
      expire(now);
      while (nextProbe <= now) round(now);
    },
    get deadline() {
      let earliest = Math.min(nextProbe, bridging?.until ?? Number.POSITIVE_INFINITY);
      for (const { until } of probes.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
