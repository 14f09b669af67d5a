/**
 * HyParView: "a membership protocol for reliable gossip-based broadcast" (Leitao, Pereira, Rodrigues,
 * DSN 2007). A small symmetric active view, over whose TCP connections everything is sent, is repaired
 * from a larger passive view, which random walks refresh. TCP is the failure detector.
 */
import type { Address, Member } from '../../../gossamer/core/node.js';
import { type RivalContext, repeat } from '../core/protocol.js';
import type { HyParViewMessage } from './messages.js';
import { createPromotion } from './promotion.js';
import { createShuffle } from './shuffle.js';
import { createPartialView } from './view.js';

/** Facts for the protocol above: the active view has changed. */
export interface HyParViewFacts {
  onUp(member: Member): void;
  onDown(member: Member): void;
}

export interface HyParView {
  join(now: number): void;
  receive(from: Member, message: HyParViewMessage, now: number): void;
  linkDown(address: Address, reason: 'closed' | 'unreachable', now: number): void;
  active(): readonly Member[];
  known(): number;
}

/** Those of the paper's experiments. Its active view has 5, ours as many as a node may have links. */
const PASSIVE_MAX = 30;
const ACTIVE_WALK_HOPS = 6;
const PASSIVE_WALK_HOPS = 3;

/** The interval of shuffles, ms: the paper counts in cycles. Guess. */
const SHUFFLE_MS = 10_000;

/** A contact that cannot be reached is asked again after this time, ms. Guess. */
const REJOIN_MS = 1000;

/** Creates the rules of one node; its views are empty. */
export function createHyParView(
  context: RivalContext<HyParViewMessage>,
  facts: HyParViewFacts,
): HyParView {
  const { self, rng, send, degreeMax } = context;
  const active = createPartialView(degreeMax, rng);
  const passive = createPartialView(PASSIVE_MAX, rng);

  /**
   * Algorithm 1, addNodePassiveView: a full view forgets a member that has been sent in exchange, or a
   * random one.
   */
  const addPassive = (member: Member, sent: readonly Member[] = []): void => {
    if (member.id === self.id || active.has(member.id) || passive.has(member.id)) return;
    const spare = sent.find(({ id }) => passive.has(id)) ?? passive.pick();
    if (passive.isFull() && spare !== undefined) passive.remove(spare.id);
    passive.add(member);
  };

  /** A member leaves the active view, and another one is sought in its place. */
  const removeActive = (member: Member): boolean => {
    if (!active.remove(member.id)) return false;
    facts.onDown(member);
    return true;
  };

  /** Algorithm 1, dropRandomElementFromActiveView: it is told so, and stays known. */
  const makeRoom = (): void => {
    const dropped = active.isFull() ? active.pick() : undefined;
    if (dropped === undefined || !removeActive(dropped)) return;
    send(dropped.address, { kind: 'disconnect' });
    addPassive(dropped);
  };

  /** Algorithm 1, addNodeActiveView. */
  const addActive = (member: Member): void => {
    if (member.id === self.id || active.has(member.id)) return;
    makeRoom();
    passive.remove(member.id);
    active.add(member);
    facts.onUp(member);
  };

  const promotion = createPromotion({ context, active, passive, addActive });
  const shuffle = createShuffle({ context, active, passive, addPassive });

  const ask = (): void => {
    if (context.contact !== undefined) send(context.contact, { kind: 'join' });
  };

  /** Algorithm 1, Receive(JOIN): the newcomer is taken, and its name sent on random walks. */
  const onJoin = (newcomer: Member): void => {
    addActive(newcomer);
    send(newcomer.address, { kind: 'neighbourReply', accepted: true });
    for (const { id, address } of active.all()) {
      if (id !== newcomer.id) send(address, { kind: 'forwardJoin', newcomer, hops: 0 });
    }
  };

  /** Algorithm 1, Receive(FORWARDJOIN): the last node of a walk takes the newcomer. */
  const onForwardJoin = (from: Member, newcomer: Member, hops: number): void => {
    const left = ACTIVE_WALK_HOPS - hops;
    const next = left > 0 ? active.pick(from.id, newcomer.id) : undefined;
    if (next === undefined) {
      if (newcomer.id !== self.id && !active.has(newcomer.id)) {
        addActive(newcomer);
        send(newcomer.address, { kind: 'neighbour', isUrgent: true });
      }
      return;
    }
    if (left === PASSIVE_WALK_HOPS) addPassive(newcomer);
    send(next.address, { kind: 'forwardJoin', newcomer, hops: hops + 1 });
  };

  /** Section 4.3: "high priority is always accepted", low only where there is room. */
  const onNeighbour = (from: Member, isUrgent: boolean): void => {
    const accepted = isUrgent || active.has(from.id) || !active.isFull();
    if (accepted) addActive(from);
    send(from.address, { kind: 'neighbourReply', accepted });
  };

  /** Section 4.3: a neighbour that has failed or disconnected is replaced from the passive view. */
  const onLost = (member: Member, isAlive: boolean): void => {
    if (!removeActive(member)) return;
    promotion.start();
    if (isAlive) addPassive(member);
  };

  return {
    join: (now) => {
      ask();
      repeat(context, SHUFFLE_MS, now, () => {
        shuffle.begin();
        promotion.start();
        if (active.all().length === 0) ask();
      });
    },
    receive: (from, message) => {
      switch (message.kind) {
        case 'join':
          return onJoin(from);
        case 'forwardJoin':
          return onForwardJoin(from, message.newcomer, message.hops);
        case 'neighbour':
          return onNeighbour(from, message.isUrgent);
        case 'neighbourReply':
          return promotion.onReply(from, message.accepted);
        case 'disconnect':
          return onLost(from, true);
        case 'shuffle':
          return shuffle.onShuffle(from, message);
        case 'shuffleReply':
          return shuffle.onReply(message.members);
      }
    },
    linkDown: (address, reason, now) => {
      const lost = active.at(address);
      if (lost !== undefined) onLost(lost, false);
      if (reason === 'unreachable') promotion.onUnreachable(address);
      const isAlone = active.all().length === 0;
      if (isAlone && address === context.contact) context.at(now + REJOIN_MS, ask);
    },
    active: active.all,
    known: () => active.all().length + passive.all().length,
  };
}
