/**
 * The parent of a flow, and the change to another one, make before break (§3.8): "To minimize any data loss
 * during a route change, data continues to be forwarded along the old route for a short while until the
 * downstream SCX starts receiving data along the new route."
 *
 * Here the downstream SCX sees to it: routing's new next hop is its candidate, and becomes the parent when it
 * delivers and leaves no hole behind that the old parent may fill, or when the old parent is silent.
 *
 * Beyond: while both are silent, reserves are asked, too (upstream.ts); who is silent for too long is given up.
 */
import { type Context, notify } from '../core/context.js';
import type { Member, NodeId, SourceId } from '../core/node.js';
import type { Continuity } from './health/continuity.js';
import type { FailoverCause } from './health/disturbances.js';
import type { Rhythm } from './health/usual-interval.js';
import type { Stream } from './stream.js';
import { createReserves, createSubscriptions, type Upstream } from './upstream.js';

/**
 * While nobody delivers, patience with the next parent doubles, up to so many `stallMs`: a source that
 * pauses must not keep the whole session asking around. Guess.
 */
const PATIENCE_MAX = 4;

/** While nobody delivers, another reserve is asked each so many ms. Guess: a round trip. */
const RESERVE_STEP_MS = 200;

/** Who was asked, or heard, so lately may fill a hole, ms. Guess: a long round trip. */
const ANSWER_MS = 1000;

/** The flow whose parent it is. */
export interface ChangeOverFlow {
  readonly source: SourceId;
  readonly channel: number;
  readonly stream: Stream;
  readonly rhythm: Rhythm;
  /** On the first channel, which flows all the time; on the others silence, for minutes, says nothing. */
  readonly continuity: Continuity | undefined;
}

export interface ChangeOver {
  readonly parent: Upstream | undefined;
  /** Of all that are asked now: the candidate, the parent and the reserves. */
  get(id: NodeId): Upstream | undefined;
  /** Routing's next hop; undefined: no route, the old parent stays while it delivers. */
  wantParent(id: NodeId | undefined, now: number): void;
  /** Whether nobody delivers: no parent, no answer, or silence for `stallMs`. Who is silent is given up. */
  needsParent(now: number): boolean;
  /** Whether its upstreams are silent, for longer than is usual: others should be asked, too. */
  needsReserve(now: number): boolean;
  askReserve(id: NodeId, now: number): void;
  /** All that are asked now, and those that failed since ADUs came last. */
  readonly asked: ReadonlySet<NodeId>;
  /** It refuses, or its connection is gone: it need not be told that we leave. */
  lose(id: NodeId, cause: FailoverCause, now: number): void;
  /** An upstream has sent something. */
  onHeard(from: NodeId, now: number): void;
  /** What it sent was new; `isInOrder`: and can be delivered. */
  onNews(from: NodeId, isInOrder: boolean, now: number): void;
  /** The candidate takes over if it delivers, or will, without a hole that the parent may fill. */
  promoteIfSeamless(now: number): void;
  /** The candidate takes over all the same. */
  promoteIfParentSilent(now: number): void;
  /** Until when somebody beside the parent may yet send what is missing. */
  othersFillUntil(): number;
  /** From when on promoteIfParentSilent() has something to do. */
  takeOverAt(): number;
  /** From when on needsParent() or needsReserve() is true. */
  neededAt(): number;
  /** Takes leave of all. */
  end(): void;
}

/** Nobody is asked yet. */
export function createChangeOver(
  context: Context,
  flow: ChangeOverFlow,
  neighbour: (id: NodeId) => Member | undefined,
): ChangeOver {
  const { config } = context;
  const { source, channel, stream, rhythm, continuity } = flow;
  const isMain = continuity !== undefined;
  const subscriptions = createSubscriptions(context, source, channel);
  const reserves = createReserves(subscriptions);
  let parent: Upstream | undefined;
  let candidate: Upstream | undefined;
  /** How long an upstream may be silent, ms. */
  let patienceMs = config.stallMs;
  /** When an ADU came last, or the first one was asked for; and when somebody was asked last. */
  let heardAt: number | undefined;
  let askedAt = 0;

  const subscribe = (member: Member, now: number): Upstream => {
    heardAt ??= now;
    askedAt = now;
    return subscriptions.open(member, stream.next, now);
  };

  /** An upstream that has not spoken for longer than is usual. */
  const isMute = ({ heardAt: spokeAt, askedAt: since }: Upstream, now: number): boolean =>
    now - (spokeAt ?? since) >= rhythm.quietMs;

  const becomeParent = (upstream: Upstream, now: number): void => {
    const old = parent;
    continuity?.onParent(upstream.id, old !== undefined && isMute(old, now));
    parent = upstream;
    if (candidate !== upstream) subscriptions.close(candidate);
    candidate = undefined;
    subscriptions.close(old);
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: upstream.id });
  };

  const becomeOrphan = (): void => {
    parent = undefined;
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: null });
  };

  const dropCandidate = (): void => {
    subscriptions.close(candidate);
    candidate = undefined;
  };

  /** Nobody has delivered for longer than is usual. */
  const isQuiet = (now: number): boolean => now - (heardAt ?? now) >= rhythm.quietMs;

  const wantParent = (id: NodeId | undefined, now: number): void => {
    if (id === undefined || id === candidate?.id) return;
    if (id === parent?.id) {
      continuity?.trust();
      return dropCandidate();
    }
    const member = neighbour(id);
    if (member === undefined) return;
    // While nobody delivers, who was asked may yet do so.
    const isStarving = parent === undefined || isQuiet(now);
    if (isStarving && candidate !== undefined) reserves.keep(candidate);
    else subscriptions.close(candidate);
    reserves.forgive(id);
    const reserve = reserves.take(id);
    candidate = reserve === undefined ? subscribe(member, now) : { ...reserve, askedAt: now };
  };

  const promoteIfSeamless = (now: number): void => {
    if (candidate?.from === undefined) return;
    const isSeamless = stream.next === undefined || candidate.from <= stream.next;
    if (parent === undefined || (isSeamless && candidate.heardAt !== undefined)) {
      becomeParent(candidate, now);
    }
  };

  /**
   * News from a reserve makes it the parent, news from others make reserves needless. What we had already
   * proves nothing: a reserve may be below us in the tree, and send us back what we gave it.
   */
  const onNews = (from: NodeId, isInOrder: boolean, now: number): void => {
    const reserve = reserves.take(from);
    if (reserve !== undefined && !isInOrder && parent !== undefined) {
      // There is a hole, which the old parent may fill yet.
      continuity?.doubt('silent');
      reserves.keep(parent);
      parent = undefined;
    }
    if (reserve !== undefined) becomeParent(reserve, now);
    if (isInOrder) reserves.dismiss();
  };

  const get = (id: NodeId): Upstream | undefined => {
    if (candidate?.id === id) return candidate;
    return parent?.id === id ? parent : reserves.get(id);
  };

  const silentAt = (upstream: Upstream): number =>
    (upstream.heardAt ?? upstream.askedAt) + patienceMs;

  const hasStalled = (upstream: Upstream, now: number): boolean =>
    isMain && now >= silentAt(upstream);

  const takeOverAt = (): number =>
    parent === undefined || candidate?.from === undefined
      ? Number.POSITIVE_INFINITY
      : silentAt(parent);

  const parentNeededAt = (): number => {
    const upstream = candidate ?? parent;
    if (upstream === undefined) return Number.NEGATIVE_INFINITY;
    if (!isMain || candidate?.from !== undefined) return Number.POSITIVE_INFINITY;
    return silentAt(upstream);
  };

  const reserveNeededAt = (): number => {
    const isServed = parent !== undefined || candidate !== undefined;
    if (!isMain || !isServed || heardAt === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(heardAt + rhythm.quietMs, askedAt + RESERVE_STEP_MS);
  };

  const giveUp = (upstream: Upstream): void => {
    if (upstream === parent) continuity?.doubt('silent');
    subscriptions.close(upstream);
    reserves.lose(upstream.id);
    patienceMs = Math.min(2 * patienceMs, PATIENCE_MAX * config.stallMs);
  };

  return {
    get parent() {
      return parent;
    },
    get,
    wantParent,
    needsParent: (now) => {
      if (candidate !== undefined) {
        if (candidate.from !== undefined || !hasStalled(candidate, now)) return false;
        giveUp(candidate);
        candidate = undefined;
        return true;
      }
      if (parent === undefined) return true;
      if (!hasStalled(parent, now)) return false;
      giveUp(parent);
      parent = undefined;
      return true;
    },
    needsReserve: (now) => now >= reserveNeededAt(),
    askReserve: (id, now) => {
      const member = neighbour(id);
      if (member === undefined) return;
      askedAt = now;
      reserves.ask(member, stream.next, now);
    },
    get asked() {
      const ids = [parent?.id, candidate?.id, ...reserves.asked];
      return new Set(ids.filter((id) => id !== undefined));
    },
    lose: (id, cause, now) => {
      // Strangers, of whom there is no end, have nothing to refuse.
      if (get(id) === undefined && neighbour(id) === undefined) return;
      reserves.lose(id);
      if (candidate?.id === id) candidate = undefined;
      if (parent?.id === id) {
        continuity?.doubt(cause);
        becomeOrphan();
      }
      promoteIfSeamless(now);
    },
    onHeard: (from, now) => {
      patienceMs = config.stallMs;
      heardAt = now;
      if (candidate?.id === from) candidate.heardAt = now;
      if (parent?.id === from) parent.heardAt = now;
    },
    onNews,
    promoteIfSeamless,
    promoteIfParentSilent: (now) => {
      if (candidate !== undefined && now >= takeOverAt()) becomeParent(candidate, now);
    },
    othersFillUntil: () => {
      let latest = Number.NEGATIVE_INFINITY;
      for (const other of [candidate, ...reserves.all]) {
        if (other === undefined || (other.from ?? 0) > (stream.next ?? 0)) continue;
        latest = Math.max(latest, (other.heardAt ?? other.askedAt) + ANSWER_MS);
      }
      return latest;
    },
    takeOverAt,
    neededAt: () => Math.min(parentNeededAt(), reserveNeededAt()),
    end: () => {
      reserves.dismiss();
      dropCandidate();
      subscriptions.close(parent);
      parent = undefined;
    },
  };
}
