/** Whom a flow has asked for its ADUs. */
import { type Context, sendData } from '../core/context.js';
import type { Member, NodeId, SourceId } from '../core/node.js';

export interface Upstream {
  readonly member: Member;
  readonly id: NodeId;
  readonly askedAt: number;
  /** Set by its SUBSCRIBED: the first number that it will send. */
  from: number | undefined;
  heardAt: number | undefined;
}

/** Our side of the subscriptions of one flow. */
export interface Subscriptions {
  /** Asks for all from a number on; undefined: for the recent ones. */
  open(member: Member, from: number | undefined, now: number): Upstream;
  close(upstream: Upstream | undefined): void;
}

/** Speaks for one source's channel. */
export function createSubscriptions(
  context: Context,
  source: SourceId,
  channel: number,
): Subscriptions {
  return {
    open: (member, from, now) => {
      const body = { kind: 'subscribe', source, channel, from: from ?? null } as const;
      sendData(context, member, channel, body);
      return { member, id: member.id, askedAt: now, from: undefined, heardAt: undefined };
    },
    close: (upstream) => {
      if (upstream === undefined) return;
      sendData(context, upstream.member, channel, { kind: 'unsubscribe', source, channel });
    },
  };
}

/**
 * Reserves: when all upstreams are silent, one neighbour after the other is asked, too, and the first that
 * delivers becomes the parent. Nobody is left meanwhile, so a parent that was only late costs nothing;
 * and as they stay subscribed, one that is itself in trouble serves us as soon as it is out of it.
 */
export interface Reserves {
  ask(member: Member, from: number | undefined, now: number): void;
  /** One that was asked as candidate stays subscribed. */
  keep(upstream: Upstream): void;
  get(id: NodeId): Upstream | undefined;
  /** It is a reserve no more, but stays subscribed. */
  take(id: NodeId): Upstream | undefined;
  /** It refused, or its connection closed: it is not asked again until ADUs flow. */
  lose(id: NodeId): void;
  /** One that was lost is asked again after all: so may be the others. */
  forgive(id: NodeId): void;
  /** ADUs flow: the reserves are dismissed. */
  dismiss(): void;
  /** Reserves, and those that are lost. */
  readonly asked: readonly NodeId[];
  readonly all: readonly Upstream[];
}

/** None yet. */
export function createReserves(subscriptions: Subscriptions): Reserves {
  /** Bounded, both: neighbours at the time. */
  const reserves = new Map<NodeId, Upstream>();
  const lost = new Set<NodeId>();
  const take = (id: NodeId): Upstream | undefined => {
    const reserve = reserves.get(id);
    reserves.delete(id);
    return reserve;
  };
  return {
    ask: (member, from, now) => {
      reserves.set(member.id, subscriptions.open(member, from, now));
    },
    keep: (upstream) => void reserves.set(upstream.id, upstream),
    get: (id) => reserves.get(id),
    take,
    lose: (id) => {
      reserves.delete(id);
      lost.add(id);
    },
    forgive: (id) => {
      if (lost.has(id)) lost.clear();
    },
    dismiss: () => {
      for (const reserve of reserves.values()) subscriptions.close(reserve);
      reserves.clear();
      lost.clear();
    },
    get asked() {
      return [...reserves.keys(), ...lost];
    },
    get all() {
      return [...reserves.values()];
    },
  };
}
