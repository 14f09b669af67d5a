/**
 * The downstream side (§3.8): "Every ADU that passes this reverse-path check is forwarded to all those
 * neighbors that use X_i as their next hop" - those that have subscribed. Each child is a cursor into
 * the stream's cache; one whose connection is full waits there and costs its siblings nothing.
 */
import type { Context } from './context.js';
import type { Flow } from './flow.js';
import type { DataMessage, SequenceRange } from './message.js';
import type { Member, NodeId, SourceId } from './node.js';

/** Audience reports go up on change at most so often, and at least so often, ms. Guess. */
const REPORT_MIN_MS = 1000;
const REPORT_MAX_MS = 10_000;

/** A child that lost its edge keeps its flow so long, to find another parent, ms. Guess. */
const FORMER_NEIGHBOUR_MS = 5000;

/**
 * On a lossy channel nobody misses the last of what was sent: a child that was sent nothing for so long
 * is told where the stream ends, ms. Guess.
 */
const HEAD_MS = 150;

/** ADUs that one request brings again, at most. Guess: 7 s of MP3 frames. */
const REPAIRS_MAX = 256;

/**
 * A child is sent at once no more than so much of the past, of the source's time, and the rest soon: if its
 * link carries too little that shows in between, and the rest stays here, where it can be skipped, ms. Guess.
 */
const SERVED_AT_ONCE_MS = 4000;

interface Child {
  readonly member: Member;
  /** The number that it gets next; undefined: from the recent ones, once there are any. */
  next: number | undefined;
  isTold: boolean;
  /** It has had all that there was, once: from then on it may fall behind. */
  hasCaughtUp: boolean;
  formerSince: number | undefined;
  /** On a lossy channel: how far it had been served at the last look, when that was, and was told. */
  seen: number | undefined;
  seenAt: number;
  toldHead: number | undefined;
}

interface LastReport {
  readonly to: NodeId;
  readonly listeners: number;
  readonly atMs: number;
}

type SubscribeMessage = Extract<DataMessage, { kind: 'subscribe' }>;
type AudienceMessage = Extract<DataMessage, { kind: 'audience' }>;

export interface Children {
  subscribe(flow: Flow | undefined, from: Member, message: SubscribeMessage): void;
  unsubscribe(source: SourceId, channel: number, child: NodeId): void;
  /** Sends each child of the flow what it has not had. */
  serve(flow: Flow): void;
  /** A child asks again for what was lost on the way. */
  repair(flow: Flow, child: NodeId, ranges: readonly SequenceRange[]): void;
  onDataDown(peer: NodeId, channel: number): void;
  onCongestion(peer: NodeId, channel: number, isCongested: boolean): void;
  hearAudience(from: NodeId, message: AudienceMessage): void;
  setAudience(listeners: number): void;
  /** Listeners here and below, for one source. */
  audience(source: SourceId): number;
  refuseNewcomers(): void;
  forget(source: SourceId): void;
  /** Reports what is due, and ends the flows of former neighbours. */
  care(now: number): void;
  /** From when on care() has something to do, if nothing happens before. */
  careAt(): number;
  of(flow: Flow): NodeId[];
  readonly size: number;
}

/** Nobody has subscribed. */
export function createChildren(
  context: Context,
  flows: ReadonlyMap<string, Flow>,
  neighbour: (id: NodeId) => Member | undefined,
): Children {
  const { config } = context;
  /** Bounded: only neighbours subscribe, and former ones end after FORMER_NEIGHBOUR_MS. */
  const children = new Map<string, Map<NodeId, Child>>();
  const congested = new Set<string>();
  /** Reports by source, then child. Bounded like the children. */
  const reports = new Map<SourceId, Map<NodeId, number>>();
  const lastReport = new Map<SourceId, LastReport>();
  let ownListeners = 0;
  let isLeaving = false;

  const key = (source: SourceId, channel: number): string => `${source}/${channel}`;
  const linkKey = (peer: NodeId, channel: number): string => `${peer}/${channel}`;
  const isLossy = ({ channel }: Flow): boolean => config.lossyChannels.includes(channel);
  const childrenOf = (flow: Flow): Map<NodeId, Child> =>
    children.get(key(flow.source, flow.channel)) ?? new Map();

  const tell = (to: Member, channel: number, body: DataMessage): void =>
    context.emit({ kind: 'sendData', to, message: { channel, body } });

  const tellFrom = (flow: Flow, child: Child, from: number): void => {
    child.next = from;
    child.isTold = true;
    const { source, channel } = flow;
    tell(child.member, channel, { kind: 'subscribed', source, channel, from });
  };

  /**
   * Beyond: a child whose link carries too little skips to live before the cache runs dry: when half of it
   * is used up, so that the rest is there for it at a better parent. Who fills a hole has all of it.
   */
  const mustSkip = ({ stream }: Flow, child: Child): boolean => {
    if (!child.hasCaughtUp || child.next === undefined) return false;
    return stream.behindMs(child.next) > config.cacheMs / 2;
  };

  /** Where a child begins, or goes on when it cannot have all. */
  const place = (flow: Flow, child: Child): void => {
    const { stream } = flow;
    if (stream.next === undefined || (child.isTold && isLossy(flow))) return;
    if (mustSkip(flow, child)) return tellFrom(flow, child, stream.next - 1);
    const wanted = child.next ?? (stream.recentStart() as number);
    const from = wanted >= stream.next ? wanted : stream.keptFrom(wanted);
    if (!child.isTold || from !== child.next) tellFrom(flow, child, from);
  };

  const tellLost = (flow: Flow, child: Child, from: number, end: number): void => {
    const { source, channel } = flow;
    const range = { from, count: end - from };
    if (range.count > 0) tell(child.member, channel, { kind: 'lost', source, channel, range });
  };

  /** What it needs next is no longer kept: it goes on with what is. */
  const skipLost = (flow: Flow, child: Child, next: number): void => {
    const kept = flow.stream.keptFrom(next);
    if (!isLossy(flow)) return tellFrom(flow, child, kept);
    // What it was sent before that it may yet ask for again.
    tellLost(flow, child, next, kept);
    child.next = kept;
  };

  const serveChild = (flow: Flow, child: Child): void => {
    const { stream, channel, counters } = flow;
    if (congested.has(linkKey(child.member.id, channel))) return;
    place(flow, child);
    let firstMs: number | undefined;
    while (child.next !== undefined && child.next < (stream.next ?? 0)) {
      const adu = stream.get(child.next);
      if (adu === undefined) {
        skipLost(flow, child, child.next);
        continue;
      }
      firstMs ??= adu.timestampMs;
      if (adu.timestampMs - firstMs > SERVED_AT_ONCE_MS) return;
      child.next++;
      counters.forwarded++;
      context.emit({ kind: 'forward', to: child.member.id, adu });
    }
    child.hasCaughtUp = child.isTold;
  };

  const repairOne = (flow: Flow, child: Child, sequence: number): void => {
    const adu = flow.stream.get(sequence);
    if (adu === undefined) return tellLost(flow, child, sequence, sequence + 1);
    flow.counters.forwarded++;
    context.emit({ kind: 'forward', to: child.member.id, adu });
  };

  const headDueAt = (child: Child): number => {
    if (child.next === child.toldHead) return Number.POSITIVE_INFINITY;
    return child.next === child.seen ? child.seenAt + HEAD_MS : Number.NEGATIVE_INFINITY;
  };

  const tellHead = (flow: Flow, child: Child, now: number): void => {
    if (child.next === undefined || now < headDueAt(child)) return;
    if (child.next !== child.seen) {
      child.seen = child.next;
      child.seenAt = now;
      return;
    }
    child.toldHead = child.next;
    const { source, channel } = flow;
    tell(child.member, channel, { kind: 'head', source, channel, next: child.next });
  };

  /** A child that heard nothing more would wait in vain on a channel that is often silent. */
  const dismiss = (source: SourceId, channel: number, child: Child): void => {
    tell(child.member, channel, { kind: 'refused', source, channel });
    remove(source, channel, child.member.id);
  };

  const remove = (source: SourceId, channel: number, child: NodeId): void => {
    const siblings = children.get(key(source, channel));
    siblings?.delete(child);
    if (siblings?.size === 0) children.delete(key(source, channel));
    if (channel === config.channels[0]) reports.get(source)?.delete(child);
  };

  const audience = (source: SourceId): number => {
    let total = ownListeners;
    for (const listeners of reports.get(source)?.values() ?? []) total += listeners;
    return total;
  };

  const report = (flow: Flow, now: number): void => {
    const parent = flow.parent === undefined ? undefined : neighbour(flow.parent);
    if (parent === undefined) return;
    const listeners = audience(flow.source);
    lastReport.set(flow.source, { to: parent.id, listeners, atMs: now });
    tell(parent, flow.channel, { kind: 'audience', source: flow.source, listeners });
  };

  const reportAt = (flow: Flow): number => {
    const parent = flow.parent === undefined ? undefined : neighbour(flow.parent);
    if (flow.channel !== config.channels[0] || parent === undefined) {
      return Number.POSITIVE_INFINITY;
    }
    const last = lastReport.get(flow.source);
    // A new parent knows nothing of what the old one was told.
    if (last?.to !== parent.id) return Number.NEGATIVE_INFINITY;
    const isNews = last.listeners !== audience(flow.source);
    return last.atMs + (isNews ? REPORT_MIN_MS : REPORT_MAX_MS);
  };

  /** Whether a child could be sent more at once. */
  const isOwed = (flow: Flow, { member, next, isTold }: Child): boolean =>
    isTold &&
    (next ?? 0) < (flow.stream.next ?? 0) &&
    !congested.has(linkKey(member.id, flow.channel));

  const dismissedAt = ({ formerSince }: Child): number =>
    formerSince === undefined ? Number.POSITIVE_INFINITY : formerSince + FORMER_NEIGHBOUR_MS;

  const retire = (child: Child, now: number): boolean => {
    if (neighbour(child.member.id) !== undefined) child.formerSince = undefined;
    else child.formerSince ??= now;
    return now >= dismissedAt(child);
  };

  return {
    subscribe: (flow, from, message) => {
      const { source, channel } = message;
      if (flow === undefined || isLeaving || neighbour(from.id) === undefined) {
        tell(from, channel, { kind: 'refused', source, channel });
        return;
      }
      const child = {
        member: from,
        next: message.from ?? undefined,
        isTold: false,
        hasCaughtUp: false,
        formerSince: undefined,
        seen: undefined,
        seenAt: 0,
        toldHead: undefined,
      };
      const siblings = childrenOf(flow);
      siblings.set(from.id, child);
      children.set(key(source, channel), siblings);
      lastReport.delete(source);
      serveChild(flow, child);
    },
    unsubscribe: remove,
    serve: (flow) => {
      for (const child of childrenOf(flow).values()) serveChild(flow, child);
    },
    repair: (flow, id, ranges) => {
      const child = childrenOf(flow).get(id);
      let left = REPAIRS_MAX;
      for (const { from, count } of child === undefined ? [] : ranges) {
        // What we have not sent yet we lack ourselves: it is forwarded when it comes.
        const end = Math.min(from + count, from + left, child?.next ?? 0);
        left -= Math.max(0, end - from);
        for (let sequence = from; sequence < end; sequence++) {
          repairOne(flow, child as Child, sequence);
        }
      }
    },
    onDataDown: (peer, channel) => {
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) {
        if (flow.channel === channel) remove(flow.source, channel, peer);
      }
    },
    onCongestion: (peer, channel, isCongested) => {
      if (isCongested) {
        congested.add(linkKey(peer, channel));
        return;
      }
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) {
        const child = flow.channel === channel ? childrenOf(flow).get(peer) : undefined;
        if (child !== undefined) serveChild(flow, child);
      }
    },
    hearAudience: (from, message) => {
      const isChild = children.get(key(message.source, config.channels[0] as number))?.has(from);
      if (!isChild) return;
      const bySource = reports.get(message.source) ?? new Map();
      bySource.set(from, message.listeners);
      reports.set(message.source, bySource);
    },
    setAudience: (listeners) => {
      ownListeners = listeners;
    },
    audience,
    refuseNewcomers: () => {
      isLeaving = true;
    },
    forget: (source) => {
      for (const channel of config.channels) {
        const siblings = children.get(key(source, channel)) ?? new Map<NodeId, Child>();
        for (const child of [...siblings.values()]) dismiss(source, channel, child);
      }
      reports.delete(source);
      lastReport.delete(source);
    },
    care: (now) => {
      for (const flow of flows.values()) {
        for (const child of [...childrenOf(flow).values()]) {
          if (retire(child, now)) dismiss(flow.source, flow.channel, child);
          else if (isOwed(flow, child)) serveChild(flow, child);
          else if (isLossy(flow)) tellHead(flow, child, now);
        }
        if (now >= reportAt(flow)) report(flow, now);
      }
    },
    careAt: () => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const flow of flows.values()) {
        earliest = Math.min(earliest, reportAt(flow));
        for (const child of childrenOf(flow).values()) {
          earliest = Math.min(earliest, dismissedAt(child));
          if (isLossy(flow)) earliest = Math.min(earliest, headDueAt(child));
          if (isOwed(flow, child)) earliest = Number.NEGATIVE_INFINITY;
        }
      }
      return earliest;
    },
    of: (flow) => [...childrenOf(flow).keys()],
    get size() {
      let total = 0;
      for (const siblings of children.values()) total += siblings.size;
      return total;
    },
  };
}
