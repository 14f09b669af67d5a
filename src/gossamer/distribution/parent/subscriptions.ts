/**
 * Our subscriptions to one source's channel (Beyond §3.8: a child says that it uses X_i as its next
 * hop by subscribing), and the reserves among them. When all upstreams are silent, one neighbour
 * after another is asked as a reserve, and the first that delivers becomes the parent. No
 * subscription is cancelled meanwhile, so a parent that was only late costs nothing; and a reserve
 * that is itself in trouble serves us as soon as it can.
 */
import { type Context, sendData } from '../../core/context.js';
import type { Member, NodeId, SourceId } from '../../core/node.js';
import type { LossCause } from '../health/disturbances.js';

/** An upstream that we have subscribed to: the parent, the next parent or a reserve. */
export interface Subscription {
  readonly member: Member;
  readonly id: NodeId;
  readonly askedAt: number;
  /** The first number that it will send, by its SUBSCRIBED. */
  from: number | undefined;
  /** Why it has nothing older, if that is asked. */
  skips: LossCause;
  /** When an ADU came that was new, or nearly. */
  heardAt: number | undefined;
  /** The number after the last that it has sent; undefined before its SUBSCRIBED. */
  reached: number | undefined;
  /** Since when others have delivered what it has not sent; undefined: it keeps its promise. */
  owesSince: number | undefined;
}

/** Sends SUBSCRIBE and UNSUBSCRIBE. */
export interface Subscriber {
  /** Asks for all ADUs from a number on; undefined: for the recent ones. */
  open(member: Member, from: number | undefined, now: number): Subscription;
  close(subscription: Subscription | undefined): void;
}

/** Creates the functions that subscribe to one source's channel. */
export function createSubscriber(context: Context, source: SourceId, channel: number): Subscriber {
  return {
    open: (member, from, now) => {
      const body = { kind: 'subscribe', source, channel, from: from ?? null } as const;
      sendData(context, member, channel, body);
      const unheard = { from: undefined, heardAt: undefined, reached: undefined };
      const { id } = member;
      return { member, id, askedAt: now, ...unheard, skips: 'unkept', owesSince: undefined };
    },
    close: (subscription) => {
      if (subscription === undefined) return;
      sendData(context, subscription.member, channel, { kind: 'unsubscribe', source, channel });
    },
  };
}

export interface Reserves {
  ask(member: Member, from: number | undefined, now: number): void;
  /** Keeps an upstream subscribed as a reserve. */
  keep(subscription: Subscription): void;
  get(id: NodeId): Subscription | undefined;
  /** Removes and returns a reserve; it stays subscribed. */
  take(id: NodeId): Subscription | undefined;
  /** It was given up as it is silent: it is not asked again until ADUs flow. */
  lose(id: NodeId): void;
  /** Routing wants a given-up one again: all of them may be asked again. */
  forgive(id: NodeId): void;
  /** ADUs flow: the reserves are cancelled. */
  dismiss(): void;
  /** Reserves, and those that were given up. */
  asked(): readonly NodeId[];
  all(): Iterable<Subscription>;
}

/**
 * Creates an empty set of reserves. Reserves and given-up ones are bounded by the neighbours at the
 * time.
 */
export function createReserves(subscriber: Subscriber): Reserves {
  const reserves = new Map<NodeId, Subscription>();
  const lost = new Set<NodeId>();
  return {
    ask: (member, from, now) => {
      reserves.set(member.id, subscriber.open(member, from, now));
    },
    keep: (subscription) => void reserves.set(subscription.id, subscription),
    get: (id) => reserves.get(id),
    take: (id) => {
      const reserve = reserves.get(id);
      reserves.delete(id);
      return reserve;
    },
    lose: (id) => {
      reserves.delete(id);
      lost.add(id);
    },
    forgive: (id) => {
      if (lost.has(id)) lost.clear();
    },
    dismiss: () => {
      for (const reserve of reserves.values()) subscriber.close(reserve);
      reserves.clear();
      lost.clear();
    },
    asked() {
      return [...reserves.keys(), ...lost];
    },
    all() {
      return reserves.values();
    },
  };
}
