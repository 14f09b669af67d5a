/**
 * The upstream side of one source's channel at one SCX: its stream, its parent, and during a change of
 * routes the candidate that is to become the parent (§3.8, make before break).
 */
import { type Context, notify } from './context.js';
import type { DataMessage } from './message.js';
import type { Adu, Member, NodeId, SourceId } from './node.js';
import { createStream, NOTHING, type Progress, type Stream } from './stream.js';

/** What an SCX counts for each source and channel; `status` shows it. */
export interface FlowCounters {
  received: number;
  delivered: number;
  forwarded: number;
  duplicate: number;
  /** Given up: nobody upstream had it any more. */
  missed: number;
  /** From a node that is not our next hop: dropped by the reverse-path check. */
  stray: number;
}

/**
 * While nobody delivers, patience with the next parent doubles, up to so many `stallMs`: a source that
 * pauses must not keep the whole session asking around. Guess.
 */
const PATIENCE_MAX = 4;

interface Upstream {
  readonly id: NodeId;
  readonly askedAt: number;
  /** Set by its SUBSCRIBED: the first number that it will send. */
  from: number | undefined;
  heardAt: number | undefined;
}

export interface Flow {
  readonly source: SourceId;
  readonly channel: number;
  readonly stream: Stream;
  readonly counters: FlowCounters;
  readonly parent: NodeId | undefined;
  /** The source is attached here: there is no parent. */
  becomeLocal(): void;
  /** Routing's next hop; undefined: no route, the old parent stays while it delivers. */
  wantParent(id: NodeId | undefined, now: number): void;
  /** Whether nobody delivers: no parent, no answer, or silence for `stallMs`. */
  needsParent(now: number): boolean;
  /** The upstream that has just failed, for the choice of another. */
  failedParent(): NodeId | undefined;
  passesReversePathCheck(from: NodeId): boolean;
  take(adu: Adu, now: number): Progress;
  takeFrom(from: NodeId, adu: Adu, now: number): Progress;
  onSubscribed(from: NodeId, first: number, now: number): Progress;
  onRefused(from: NodeId, now: number): void;
  onDataDown(peer: NodeId, now: number): void;
  /** Gives up holes that nobody fills, and changes to an idle candidate. */
  care(now: number): Progress;
  /**
   * From when on care(), or needsParent() where a parent is wanted, has something to do, if nothing
   * happens before; Infinity: nothing is waited for.
   */
  careAt(wantsParent: boolean): number;
  close(): void;
}

/** A flow without a parent. */
export function createFlow(
  context: Context,
  source: SourceId,
  channel: number,
  neighbour: (id: NodeId) => Member | undefined,
): Flow {
  const { config } = context;
  const stream = createStream(config);
  /** Only the first channel flows all the time; on the others silence, for minutes, says nothing. */
  const isMain = channel === config.channels[0];
  const counters = { received: 0, delivered: 0, forwarded: 0, duplicate: 0, missed: 0, stray: 0 };
  let parent: Upstream | undefined;
  let candidate: Upstream | undefined;
  let failed: NodeId | undefined;
  /** How long an upstream may be silent, ms. */
  let patienceMs = config.stallMs;
  /** The members behind our upstreams, who may cease to be neighbours before we leave them. */
  const members = new Map<NodeId, Member>();

  const tell = (id: NodeId, body: DataMessage): void => {
    const to = members.get(id);
    if (to !== undefined) context.emit({ kind: 'sendData', to, message: { channel, body } });
  };

  const abandon = (upstream: Upstream | undefined): void => {
    if (upstream === undefined) return;
    tell(upstream.id, { kind: 'unsubscribe', source, channel });
    members.delete(upstream.id);
  };

  const subscribe = (member: Member, now: number): Upstream => {
    members.set(member.id, member);
    const from = stream.next ?? null;
    tell(member.id, { kind: 'subscribe', source, channel, from });
    return { id: member.id, askedAt: now, from: undefined, heardAt: undefined };
  };

  const becomeParent = (upstream: Upstream): void => {
    const old = parent;
    parent = upstream;
    candidate = undefined;
    failed = undefined;
    abandon(old);
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: upstream.id });
  };

  const dropCandidate = (): void => {
    abandon(candidate);
    candidate = undefined;
  };

  const becomeOrphan = (): void => {
    failed = parent?.id;
    parent = undefined;
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: null });
  };

  const wantParent = (id: NodeId | undefined, now: number): void => {
    if (id === undefined || id === candidate?.id) return;
    if (id === parent?.id) return dropCandidate();
    const member = neighbour(id);
    if (member === undefined) return;
    dropCandidate();
    candidate = subscribe(member, now);
  };

  /** The candidate delivers, or will: it takes over unless that left a hole the parent may fill. */
  const promoteIfSeamless = (): void => {
    if (candidate?.from === undefined) return;
    const isSeamless = stream.next === undefined || candidate.from <= stream.next;
    if (parent === undefined || (isSeamless && candidate.heardAt !== undefined)) {
      becomeParent(candidate);
    }
  };

  const heardFrom = (id: NodeId, now: number): void => {
    patienceMs = config.stallMs;
    if (candidate?.id === id) candidate.heardAt = now;
    if (parent?.id === id) parent.heardAt = now;
  };

  const take = (adu: Adu, now: number): Progress => {
    counters.received++;
    if (stream.isDuplicate(adu)) {
      counters.duplicate++;
      return NOTHING;
    }
    return stream.accept(adu, now);
  };

  const onSubscribed = (from: NodeId, first: number, now: number): Progress => {
    const upstream = candidate?.id === from ? candidate : parent?.id === from ? parent : undefined;
    if (upstream === undefined) return NOTHING;
    upstream.from = first;
    stream.begin(first);
    promoteIfSeamless();
    // Nobody else feeds us, and this parent has nothing older: what is between is lost.
    const isAlone = parent === upstream && candidate === undefined;
    return isAlone ? stream.skipTo(first, now) : NOTHING;
  };

  const silentAt = (upstream: Upstream): number =>
    (upstream.heardAt ?? upstream.askedAt) + patienceMs;

  const isSilent = (upstream: Upstream, now: number): boolean => now >= silentAt(upstream);

  const hasStalled = (upstream: Upstream, now: number): boolean =>
    isMain && isSilent(upstream, now);

  const parentNeededAt = (): number => {
    const upstream = candidate ?? parent;
    if (upstream === undefined) return Number.NEGATIVE_INFINITY;
    if (!isMain || candidate?.from !== undefined) return Number.POSITIVE_INFINITY;
    return silentAt(upstream);
  };

  const fillBy = (): number =>
    stream.holeSince === undefined
      ? Number.POSITIVE_INFINITY
      : stream.holeSince + config.gapTimeoutMs;

  const takeOverAt = (): number =>
    parent === undefined || candidate?.from === undefined
      ? Number.POSITIVE_INFINITY
      : silentAt(parent);

  const giveUp = (upstream: Upstream): void => {
    failed = upstream.id;
    patienceMs = Math.min(2 * patienceMs, PATIENCE_MAX * config.stallMs);
  };

  return {
    source,
    channel,
    stream,
    counters,
    get parent() {
      return parent?.id;
    },
    becomeLocal: () => {
      dropCandidate();
      abandon(parent);
      parent = undefined;
    },
    wantParent,
    needsParent: (now) => {
      if (candidate !== undefined) {
        if (candidate.from !== undefined || !hasStalled(candidate, now)) return false;
        giveUp(candidate);
        dropCandidate();
        return true;
      }
      if (parent === undefined) return true;
      if (!hasStalled(parent, now)) return false;
      giveUp(parent);
      abandon(parent);
      parent = undefined;
      return true;
    },
    failedParent: () => failed,
    passesReversePathCheck: (from) => from === parent?.id || from === candidate?.id,
    take,
    takeFrom: (from, adu, now) => {
      heardFrom(from, now);
      const result = take(adu, now);
      promoteIfSeamless();
      return result;
    },
    onSubscribed,
    onRefused: (from, _now) => {
      if (candidate?.id === from) {
        failed = from;
        dropCandidate();
      } else if (parent?.id === from) {
        members.delete(from);
        becomeOrphan();
        promoteIfSeamless();
      }
    },
    onDataDown: (peer, _now) => {
      if (candidate?.id === peer) {
        failed = peer;
        candidate = undefined;
      }
      if (parent?.id === peer) becomeOrphan();
      members.delete(peer);
      promoteIfSeamless();
    },
    care: (now) => {
      if (candidate !== undefined && now >= takeOverAt()) becomeParent(candidate);
      return now >= fillBy() ? stream.skipHole(now) : NOTHING;
    },
    careAt: (wantsParent) =>
      Math.min(fillBy(), takeOverAt(), wantsParent ? parentNeededAt() : Number.POSITIVE_INFINITY),
    close: () => {
      dropCandidate();
      abandon(parent);
      parent = undefined;
    },
  };
}
