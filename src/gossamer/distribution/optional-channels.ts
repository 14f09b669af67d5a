/**
 * Channels that travel only where somebody wants them (Beyond §3.8; §4: lower bit-rate versions of the sound).
 * Interest goes up the tree by the subscriptions themselves: an SCX that wants such a channel, or has a child
 * that subscribes to it, subscribes at its own parent, up to the SCX of the source, which is told what is wanted
 * of it. So what nobody wants is not made, and what many want is made once.
 *
 * Nothing is delivered for a while after the first subscription, and there may be a source that makes no such
 * channel, or an SCX in between that does not know it. So silence means nothing here: it is no reason to look for another
 * parent, and no neighbour is blamed for it.
 *
 * Whoever begins gets all that its parent keeps of the channel. A flow that nobody wants any more lasts
 * LINGER_MS, so that those who come and go start and stop nothing.
 *
 * Bounded: OFFERED_MAX flows for each known source; the others are refused.
 */
import { type Context, notify } from '../core/context.js';
import type { Member, NodeId, SourceId } from '../core/node.js';
import type { Children } from './children.js';
import type { Flow } from './flow.js';
import type { KnownSource, KnownSources } from './known-sources.js';

/** The optional channels of a session, and those that this SCX wants for itself. */
export interface OptionalNeeds {
  readonly offered: readonly number[];
  readonly wanted: readonly number[];
}

export interface OptionalChannels {
  /** `maintain` is to follow. */
  set(needs: OptionalNeeds): void;
  /** Opens the flow that a neighbour asks for; undefined: it may not have it. */
  openFor(
    child: NodeId,
    asked: { readonly source: SourceId; readonly channel: number },
    now: number,
  ): Flow | undefined;
  /** From now on nothing is opened. */
  refuseNewcomers(): void;
  /** Opens what is wanted, closes what is not, and tells what is wanted of our own sources. */
  maintain(now: number): void;
  /** From when on maintain() has something to do, if nothing happens before. */
  maintainAt(): number;
}

export interface OptionalChannelsOptions {
  readonly context: Context;
  readonly sources: Pick<KnownSources, 'known' | 'open' | 'close'>;
  readonly children: Pick<Children, 'of' | 'forget'>;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
}

/** Optional channels of a session at most. Guess: twice what an announcement lists. */
const OFFERED_MAX = 8;

/** How long a flow lasts that nobody wants, ms. Guess: a child that changes parents is back by then. */
const LINGER_MS = 5000;

const optionalOf = ({ flows }: KnownSource): readonly Flow[] =>
  flows.filter(({ isOptional }) => isOptional);

/** Creates them; none is offered. */
export function createOptionalChannels(options: OptionalChannelsOptions): OptionalChannels {
  const { context, sources, children, neighbour } = options;
  const selfId = context.self().id;
  let offered: ReadonlySet<number> = new Set();
  let wanted: ReadonlySet<number> = new Set();
  let isLeaving = false;
  /** Since when nobody wants a flow. Bounded: the open flows. */
  const unwantedSince = new Map<Flow, number>();
  /** The channels that were told last. Bounded: the known sources. */
  const told = new Map<SourceId, string>();

  const flowOf = ({ flows }: KnownSource, channel: number): Flow | undefined =>
    flows.find((flow) => flow.channel === channel);

  const close = (entry: KnownSource, flow: Flow): void => {
    children.forget(flow);
    sources.close(entry, flow);
    unwantedSince.delete(flow);
  };

  /** Those that are offered no more. */
  const closeOthers = (): void => {
    for (const entry of sources.known.values()) {
      const others = entry.flows.filter((flow) => flow.isOptional && !offered.has(flow.channel));
      for (const flow of others) close(entry, flow);
      tell(entry);
    }
  };

  const checkFlow = (entry: KnownSource, flow: Flow, now: number): void => {
    if (wanted.has(flow.channel) || children.of(flow).length > 0) {
      unwantedSince.delete(flow);
      return;
    }
    const since = unwantedSince.get(flow) ?? now;
    unwantedSince.set(flow, since);
    if (now >= since + LINGER_MS) close(entry, flow);
  };

  /** Tells what is wanted of a source that is attached here, if that has changed. */
  const tell = (entry: KnownSource): void => {
    const { id: source } = entry.source;
    if (entry.scx !== selfId || entry.goneSince !== undefined) return void told.delete(source);
    const channels = optionalOf(entry).map(({ channel }) => channel);
    channels.sort((a, b) => a - b);
    const text = channels.join();
    if (text === (told.get(source) ?? '')) return;
    told.set(source, text);
    notify(context, { kind: 'demand', source, channels });
  };

  const checkSource = (entry: KnownSource, now: number): void => {
    if (entry.goneSince === undefined) {
      for (const channel of wanted) {
        if (flowOf(entry, channel) === undefined) sources.open(entry, channel, now);
      }
    }
    for (const flow of optionalOf(entry)) checkFlow(entry, flow, now);
    tell(entry);
  };

  /** Sources that are not known any more. */
  const forgetGone = (): void => {
    const flows = new Set([...sources.known.values()].flatMap((entry) => entry.flows));
    for (const flow of unwantedSince.keys()) if (!flows.has(flow)) unwantedSince.delete(flow);
    for (const source of told.keys()) if (!sources.known.has(source)) told.delete(source);
  };

  return {
    set: (needs) => {
      const { channels } = context.config;
      const optional = needs.offered.filter((channel) => !channels.includes(channel));
      const before = [...offered];
      offered = new Set(optional.slice(0, OFFERED_MAX));
      wanted = new Set(needs.wanted.filter((channel) => offered.has(channel)));
      if (before.some((channel) => !offered.has(channel))) closeOthers();
    },
    openFor: (child, { source, channel }, now) => {
      const entry = sources.known.get(source);
      const mayOpen = !isLeaving && offered.has(channel) && neighbour(child) !== undefined;
      if (!mayOpen || entry === undefined || entry.goneSince !== undefined) return undefined;
      const flow = sources.open(entry, channel, now);
      tell(entry);
      return flow;
    },
    refuseNewcomers: () => {
      isLeaving = true;
    },
    maintain: (now) => {
      if (offered.size + unwantedSince.size + told.size === 0) return;
      forgetGone();
      for (const entry of sources.known.values()) checkSource(entry, now);
    },
    maintainAt: () => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const since of unwantedSince.values()) earliest = Math.min(earliest, since + LINGER_MS);
      return earliest;
    },
  };
}
