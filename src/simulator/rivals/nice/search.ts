/**
 * How a node finds a cluster to join (section 3.2 of the paper, "new host joins"): it asks the
 * rendezvous point for the highest leader, that one for the members of its cluster, probes them, goes on
 * with the nearest one layer below, and so on until that one leads a cluster of the wanted layer.
 * Newcomers search layer 0; the leader of a cluster that has lost those above it, the next layer. Whom
 * it asks sends it data until it has joined.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { Distances } from './distances.js';
import type { NiceMessage } from './messages.js';

export interface Search {
  /** Looks for a cluster of that layer, unless it is looking already. */
  start(layer: number, now: number): void;
  /** Joins the cluster that this node leads, whatever was sought before. */
  joinAt(leader: Member, layer: number, now: number): void;
  onRoot(root: Member, layer: number, now: number): void;
  onMembers(from: Member, layer: number, members: readonly Member[], now: number): void;
  /** A distance has been measured. */
  onMeasured(now: number): void;
  /** Returns whether it was meant. */
  onRefused(from: Member, layer: number, leader: Member | null, now: number): boolean;
  /** Whether a cluster of that layer is sought and still needed; if so, the search has ended. */
  finds(layer: number): boolean;
  stop(): void;
}

interface SearchOptions {
  readonly context: RivalContext<NiceMessage>;
  readonly distances: Distances;
  /** Sends a message to the rendezvous point. */
  askRendezvous(now: number): void;
  /** Whether a cluster of that layer is still needed. */
  needs(layer: number): boolean;
}

/** Time for an answer, ms: OverSim's `queryInterval`. */
const ANSWER_MS = 2000;
/** From a failure to the next attempt, ms. Guess. */
const AGAIN_MS = 1000;
/** Leaders that are followed one after the other. Guess. */
const REDIRECTS_MAX = 4;

/** What has been asked last. */
type Step =
  | { readonly kind: 'root' }
  | { readonly kind: 'query'; readonly asked: Member; readonly layer: number }
  | {
      readonly kind: 'probe';
      readonly candidates: readonly Member[];
      readonly layer: number;
      readonly since: number;
    }
  | { readonly kind: 'join'; readonly leader: Member };

interface Sought {
  readonly layer: number;
  step: Step;
  redirects: number;
}

/** Creates the searches of one node; at most one is under way. */
export function createSearch(options: SearchOptions): Search {
  const { context, distances, askRendezvous, needs } = options;
  const { self, send, at } = context;
  let sought: Sought | undefined;
  let host: Member | undefined;

  const leaveHost = (): void => {
    if (host !== undefined) send(host.address, { kind: 'release' });
    host = undefined;
  };

  const stop = (): void => {
    sought = undefined;
    leaveHost();
  };

  /** Enters a step, and begins anew if it is still the same after a while. */
  const enter = (step: Step, now: number, onLate = fail): void => {
    if (sought === undefined) return;
    const mine = sought;
    mine.step = step;
    at(now + ANSWER_MS, (later) => {
      if (sought === mine && mine.step === step) onLate(later);
    });
  };

  const start = (layer: number, now: number): void => {
    if (sought !== undefined) return;
    sought = { layer, step: { kind: 'root' }, redirects: 0 };
    enter(sought.step, now);
    askRendezvous(now);
  };

  function fail(now: number): void {
    const layer = sought?.layer;
    sought = undefined;
    if (layer === undefined) return;
    at(now + AGAIN_MS, (later) => {
      if (needs(layer)) start(layer, later);
    });
  }

  const join = (leader: Member, now: number): void => {
    if (sought === undefined) return;
    if (leader.id === self.id) return fail(now);
    enter({ kind: 'join', leader }, now);
    send(leader.address, { kind: 'join', layer: sought.layer });
  };

  const query = (leader: Member, layer: number, now: number): void => {
    if (host?.id !== leader.id) leaveHost();
    host = leader;
    enter({ kind: 'query', asked: leader, layer }, now);
    send(leader.address, { kind: 'query', layer });
  };

  const isMeasured = (id: NodeId, since: number): boolean =>
    (distances.measuredAt(id) ?? Number.NEGATIVE_INFINITY) >= since;

  /** Goes on with the nearest of those that have answered. */
  const choose = (now: number): void => {
    const step = sought?.step;
    if (sought === undefined || step?.kind !== 'probe') return;
    const near = step.candidates
      .filter(({ id }) => isMeasured(id, step.since))
      .toSorted((a, b) => (distances.to(a.id) ?? 0) - (distances.to(b.id) ?? 0))[0];
    if (near === undefined) return fail(now);
    if (step.layer - 1 === sought.layer) join(near, now);
    else query(near, step.layer - 1, now);
  };

  return {
    start,
    joinAt: (leader, layer, now) => {
      sought = { layer, step: { kind: 'root' }, redirects: 0 };
      join(leader, now);
    },
    onRoot: (root, layer, now) => {
      if (sought?.step.kind !== 'root') return;
      if (root.id === self.id) return fail(now);
      if (layer <= sought.layer) join(root, now);
      else query(root, layer, now);
    },
    onMembers: (from, layer, members, now) => {
      const step = sought?.step;
      if (step?.kind !== 'query' || step.asked.id !== from.id || step.layer !== layer) return;
      const candidates = [from, ...members].filter(({ id }) => id !== self.id);
      enter({ kind: 'probe', candidates, layer, since: now }, now, choose);
      for (const member of candidates) distances.probe(member, now);
    },
    onMeasured: (now) => {
      const step = sought?.step;
      if (step?.kind !== 'probe') return;
      if (step.candidates.every(({ id }) => isMeasured(id, step.since))) choose(now);
    },
    onRefused: (from, layer, leader, now) => {
      const step = sought?.step;
      if (sought === undefined || step?.kind !== 'join') return false;
      if (step.leader.id !== from.id || sought.layer !== layer) return false;
      if (leader === null || ++sought.redirects > REDIRECTS_MAX) fail(now);
      else join(leader, now);
      return true;
    },
    finds: (layer) => {
      if (sought?.layer !== layer || !needs(layer)) return false;
      stop();
      return true;
    },
    stop,
  };
}
