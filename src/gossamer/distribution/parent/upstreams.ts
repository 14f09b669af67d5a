/**
 * The upstreams of one flow: the parent, the next parent that routing has chosen, and the reserves.
 * Only this file changes which is which, and each change closes the subscriptions that it makes
 * needless. When the parent changes is decided in parent-change.ts.
 */
import { type Context, notify } from '../../core/context.js';
import type { Member, NodeId, SourceId } from '../../core/node.js';
import type { FailoverCause, FlowWatch } from '../health/disturbances.js';
import type { Stream } from '../stream/stream.js';
import type { Silence } from './silence.js';
import {
  createReserves,
  createSubscriber,
  type Reserves,
  type Subscription,
} from './subscriptions.js';

/** The flow whose upstreams they are. */
export interface UpstreamFlow {
  readonly source: SourceId;
  readonly channel: number;
  readonly stream: Stream;
  /** On the first channel, which flows all the time; undefined on the others. */
  readonly watch: FlowWatch | undefined;
}

export interface Upstreams {
  parent(): Subscription | undefined;
  nextParent(): Subscription | undefined;
  readonly reserves: Reserves;
  /** The parent, the next parent or a reserve. */
  get(id: NodeId): Subscription | undefined;
  /** The ids of all that are asked now, and of those that were given up since ADUs came last. */
  asked(): ReadonlySet<NodeId>;
  /** The next parent or a reserve takes over; the subscription to the old parent is cancelled. */
  becomeParent(subscription: Subscription, now: number): void;
  /** Calls a function with each upstream. */
  each(visit: (upstream: Subscription) => void): void;
  /** The parent becomes a reserve. */
  demoteParent(): void;
  /** A member becomes the next parent: it is asked, unless it is a reserve already. */
  setNextParent(member: Member, now: number): void;
  /** The subscription to the next parent is cancelled. */
  dropNextParent(): void;
  /** The next parent becomes a reserve. */
  demoteNextParent(): void;
  askReserve(member: Member, now: number): void;
  /** An upstream is given up as it does not deliver; its subscription is cancelled. */
  giveUp(subscription: Subscription): void;
  /** An upstream has refused, or its connection is gone. */
  lose(id: NodeId, cause: FailoverCause): void;
  /** Cancels all subscriptions. */
  end(): void;
}

/** Creates the upstreams of one flow; none has been asked. */
export function createUpstreams(context: Context, flow: UpstreamFlow, silence: Silence): Upstreams {
  const { source, channel, stream, watch } = flow;
  const subscriber = createSubscriber(context, source, channel);
  const reserves = createReserves(subscriber);
  let parent: Subscription | undefined;
  let nextParent: Subscription | undefined;

  const notifyParent = (): void => {
    if (watch === undefined) return;
    notify(context, { kind: 'parentChanged', source, parent: parent?.id ?? null });
  };

  const dropNextParent = (): void => {
    subscriber.close(nextParent);
    nextParent = undefined;
  };

  const subscribe = (member: Member, now: number): Subscription => {
    silence.onAsked(now);
    return subscriber.open(member, stream.next(), now);
  };

  return {
    parent() {
      return parent;
    },
    nextParent() {
      return nextParent;
    },
    reserves,
    get: (id) => {
      if (nextParent?.id === id) return nextParent;
      return parent?.id === id ? parent : reserves.get(id);
    },
    asked() {
      const ids = [parent?.id, nextParent?.id, ...reserves.asked()];
      return new Set(ids.filter((id) => id !== undefined));
    },
    becomeParent: (subscription, now) => {
      const old = parent;
      watch?.onParent(subscription.id, old !== undefined && silence.isMute(old, now));
      parent = subscription;
      if (nextParent !== subscription) subscriber.close(nextParent);
      nextParent = undefined;
      subscriber.close(old);
      notifyParent();
    },
    each: (visit) => {
      if (parent !== undefined) visit(parent);
      if (nextParent !== undefined) visit(nextParent);
      for (const reserve of reserves.all()) visit(reserve);
    },
    demoteParent: () => {
      if (parent !== undefined) reserves.keep(parent);
      parent = undefined;
    },
    setNextParent: (member, now) => {
      const reserve = reserves.take(member.id);
      nextParent = reserve === undefined ? subscribe(member, now) : { ...reserve, askedAt: now };
    },
    dropNextParent,
    demoteNextParent: () => {
      if (nextParent !== undefined) reserves.keep(nextParent);
      nextParent = undefined;
    },
    askReserve: (member, now) => {
      silence.onAsked(now);
      reserves.ask(member, stream.next(), now);
    },
    giveUp: (subscription) => {
      if (subscription === parent) watch?.doubt('silent');
      subscriber.close(subscription);
      reserves.lose(subscription.id);
      if (subscription === parent) parent = undefined;
      if (subscription === nextParent) nextParent = undefined;
    },
    lose: (id, cause) => {
      reserves.take(id);
      if (nextParent?.id === id) nextParent = undefined;
      if (parent?.id !== id) return;
      watch?.doubt(cause);
      parent = undefined;
      notifyParent();
    },
    end: () => {
      reserves.dismiss();
      dropNextParent();
      subscriber.close(parent);
      parent = undefined;
    },
  };
}
