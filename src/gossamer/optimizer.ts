/**
 * Mesh optimisation (§3.6). "SCXs periodically probe other mesh nodes to evaluate the usefulness of
 * adding new edges. A node X_i probes another node X_j using a REQUEST_STATUS message. The STATUS
 * response from X_j contains a copy of the current routing table of X_j and a CAN_ACCEPT flag."
 *
 * A probe here is a ping experiment (§3.7: the distance), then REQUEST_STATUS. "If X_i has not yet
 * filled its limit k1 of edges it is allowed to add, it will accept X_j as a neighbor"; else figure 4
 * decides (cost.ts).
 *
 * Beyond: probes come fast while edges are missing and back off as the mesh settles; candidates are
 * the neighbours of full nodes and the nodes on our routes before random ones; and a bridge over a
 * cut (§3.5) is a probe whose edge is wanted whatever it costs.
 */
import { type Context, jittered, send } from './context.js';
import { type Candidate, optimize } from './cost.js';
import type { Membership } from './membership.js';
import type { Mesh } from './mesh.js';
import type { Message, Route } from './message.js';
import type { Address, Member, NodeId } from './node.js';
import type { Pings } from './pings.js';

/** Candidates that are waiting to be probed. Guess: a few mesh neighbourhoods. */
const WAITING_MAX = 32;

/** Probes under way at once while edges are missing. Guess: k1 and one more. */
const HURRIED_PROBES_MAX = 4;

/** A bridge is given up after so many ms; the heartbeat's loss then asks again. Guess. */
const BRIDGE_MS = 10_000;

type Status = Extract<Message, { kind: 'status' }>;

interface Probe {
  readonly member: Member;
  rttMs: number | undefined;
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
  /** The nodes on our routes to the sources. */
  ancestors(): NodeId[];
}

export interface Optimizer {
  start(now: number): void;
  stop(): void;
  /** An edge to the far side of a cut is needed: begin with that member. */
  bridge(member: Member, now: number): void;
  /** The cut is healed. */
  onHealed(): void;
  /** The mesh has changed, or there are new candidates: probe fast again. */
  quicken(now: number): void;
  onMeasured(address: Address, rttMs: number | undefined, now: number): void;
  onUnreachable(address: Address): void;
  handleStatus(from: Member, status: Status, now: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** Not yet started. `bearer` is the neighbour that brings the heartbeat. */
export function createOptimizer(
  context: Context,
  membership: Membership,
  mesh: Mesh,
  pings: Pings,
  routing: RoutingView,
  bearer: () => NodeId | undefined,
): Optimizer {
  const { config, rng } = context;
  /** Bounded: each ends by its timeout, and at most one starts per interval. */
  const probes = new Map<Address, Probe>();
  let waiting: Member[] = [];
  let bridging: { readonly until: number; readonly tried: Set<NodeId> } | undefined;
  let nextProbe = Number.POSITIVE_INFINITY;
  let intervalMs = config.probeIntervalMinMs;

  const isCandidate = (member: Member): boolean =>
    member.id !== context.self().id &&
    !mesh.neighbours.has(member.id) &&
    !mesh.isPending(member.id) &&
    !probes.has(member.address) &&
    !membership.isDead(member);

  const await_ = (members: readonly Member[]): void => {
    for (const member of members) {
      if (waiting.length >= WAITING_MAX) return;
      if (bridging?.tried.has(member.id)) continue;
      if (isCandidate(member) && !waiting.some((w) => w.id === member.id)) waiting.push(member);
    }
  };

  const takeWaiting = (): Member | undefined => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (isCandidate(next)) return next;
    }
    return undefined;
  };

  const randomMember = (now: number): Member | undefined => {
    const members = membership.reachable(now);
    // Most draws are candidates, as neighbours are few: a handful of draws does.
    for (let draw = 0; draw < 8; draw++) {
      const member = rng.pick(members);
      if (member !== undefined && isCandidate(member)) return member;
    }
    return undefined;
  };

  const ancestor = (): Member | undefined => {
    const ids = routing.ancestors().filter((id) => !mesh.neighbours.has(id));
    const id = rng.pick(ids);
    const member = id === undefined ? undefined : membership.get(id);
    return member !== undefined && isCandidate(member) ? member : undefined;
  };

  const choose = (now: number): Member | undefined => {
    if (bridging !== undefined) return takeWaiting();
    if (!config.directedProbes) return randomMember(now);
    const directed = takeWaiting() ?? (rng.below(2) === 0 ? ancestor() : undefined);
    return directed ?? randomMember(now);
  };

  const probe = (member: Member, now: number): void => {
    bridging?.tried.add(member.id);
    const until = now + 2 * config.answerTimeoutMs;
    probes.set(member.address, { member, rttMs: undefined, until });
    pings.start(member.address, now);
  };

  const hysteresis = (): number => config.hysteresis * Math.max(1, routing.sources().length);

  /** Edges of ours that may be given up for a better one. */
  const replaceable = (): Set<NodeId> => {
    const kept = config.keepHeartbeatEdge ? bearer() : undefined;
    const ours = [...mesh.neighbours.values()].filter((n) => n.ours && n.member.id !== kept);
    return new Set(ours.map((n) => n.member.id));
  };

  /** §3.6: take X_j when there is room, else when figure 4 says so. */
  const consider = (member: Member, rttMs: number, candidate: Candidate, now: number): void => {
    if (mesh.room() > 0) return mesh.request(member, rttMs, undefined, now);
    const worst =
      bridging === undefined
        ? optimize(candidate, routing.lambda(), replaceable(), routing.sources(), hysteresis())
        : rng.pick([...replaceable()]);
    if (worst !== undefined) mesh.request(member, rttMs, worst, now);
  };

  const expire = (now: number): void => {
    for (const [address, probe] of [...probes]) if (probe.until <= now) probes.delete(address);
    if (bridging !== undefined && bridging.until <= now) bridging = undefined;
  };

  const isUrgent = (): boolean => mesh.room() > 0 || bridging !== undefined;

  const round = (now: number): void => {
    const chosen = choose(now);
    if (chosen !== undefined) probe(chosen, now);
    if (chosen !== undefined && mayHurry()) {
      nextProbe = now;
      return;
    }
    intervalMs = isUrgent()
      ? config.probeIntervalMinMs
      : Math.min(2 * intervalMs, config.probeIntervalMs);
    nextProbe = now + jittered(context, intervalMs);
  };

  /** Beyond: while edges are missing, the next probe follows each answer at once. */
  const mayHurry = (): boolean =>
    config.directedProbes && isUrgent() && probes.size < HURRIED_PROBES_MAX;

  const quicken = (now: number): void => {
    if (nextProbe === Number.POSITIVE_INFINITY) return;
    intervalMs = config.probeIntervalMinMs;
    const waitMs = mayHurry() ? 0 : jittered(context, intervalMs);
    nextProbe = Math.min(nextProbe, now + waitMs);
  };

  return {
    start: (now) => {
      nextProbe = now + rng.unit() * config.probeIntervalMinMs;
    },
    stop: () => {
      nextProbe = Number.POSITIVE_INFINITY;
      bridging = undefined;
    },
    bridge: (member, now) => {
      bridging ??= { until: now + BRIDGE_MS, tried: new Set() };
      if (bridging.tried.has(member.id) || !isCandidate(member)) return;
      waiting = [member, ...waiting.filter((w) => w.id !== member.id)].slice(0, WAITING_MAX);
      quicken(now);
    },
    onHealed: () => {
      bridging = undefined;
    },
    quicken,
    onMeasured: (address, rttMs, _now) => {
      const found = probes.get(address);
      if (found === undefined) return;
      if (rttMs === undefined) probes.delete(address);
      else {
        found.rttMs = rttMs;
        send(context, address, { kind: 'requestStatus' });
      }
    },
    onUnreachable: (address) => {
      probes.delete(address);
    },
    handleStatus: (from, status, now) => {
      const found = probes.get(from.address);
      probes.delete(from.address);
      if (found?.rttMs === undefined || !isCandidate(from)) return;
      // A bridge must end where the heartbeat is.
      if (bridging !== undefined && status.generator === null) return;
      if (!status.canAccept) {
        if (config.directedProbes || bridging !== undefined) await_(status.neighbours);
        if (isUrgent()) quicken(now);
        return;
      }
      const candidate = routing.candidate(from.id, found.rttMs / 2, status.routes);
      consider(from, found.rttMs, candidate, now);
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
