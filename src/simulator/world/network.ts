/**
 * The simulated network, as TCP looks to an SCX: messages of one connection arrive in order, after the
 * one-way delay; a connection that loses a segment for good breaks, and both ends hear of it.
 *
 * Its faults are named: `breakRate` (a message kills its connection), `jitterMs`, `lossRate` (segments are
 * lost; TCP sends them again after its timeout, and all that is behind them waits), `cut` (a partition:
 * nothing crosses, nobody is told; when it ends, the connections that crossed it are reset), `narrow` (a
 * way that carries so few ADUs: the others wait at the sender), and the death of an SCX with or without
 * resets.
 */
import type { ChannelMessage, Input } from '../../gossamer/core/effects.js';
import type { Message } from '../../gossamer/core/message.js';
import type { Address, Adu } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import type { SimulatedScx } from './simulated-scx.js';

/** A connection attempt that nobody answers fails after so many ms, as in overlay/. */
const CONNECT_TIMEOUT_MS = 3000;

/** A connection that is not needed any more closes after so long without use, ms. */
const HANG_UP_MS = 1000;

/**
 * TCP's retransmission timeout is the round trip and at least so much, ms, as Linux has it (RFC 6298 says
 * 1 s); it doubles with each loss of the same segment. Fast retransmission, which needs three segments
 * behind the lost one, is left out: a radio sends one each 26 ms, so it would seldom be much faster.
 */
const RETRANSMISSION_MIN_MS = 200;

/** After so many losses of one segment the connection breaks. Linux: 15, for a quarter of an hour. */
const LOSSES_MAX = 8;

/** A sender is congested when so many ADUs wait, as in overlay/, where bytes are counted. */
const BACKLOG_MAX = 150;

export interface NetworkOptions {
  readonly rng: Rng;
  readonly delayMs: (from: number, to: number) => number;
  now(): number;
  at(instant: number, action: () => void): void;
  find(address: Address): SimulatedScx | undefined;
}

export interface Network {
  /** Share of messages that break their connection, 0..1. */
  breakRate: number;
  /** Uniform extra delay, ms. */
  jitterMs: number;
  /** Share of segments that are lost and sent again, 0..1; each message is a segment. */
  lossRate: number;
  /** How many control messages were sent, and how many ADUs forwarded. */
  readonly counters: { messages: number; adus: number; broken: number };
  send(from: SimulatedScx, to: Address, message: Message): void;
  hangUp(from: SimulatedScx, to: Address): void;
  sendData(from: SimulatedScx, to: Address, message: ChannelMessage): void;
  forward(from: SimulatedScx, to: SimulatedScx | undefined, adu: Adu): void;
  locate(from: SimulatedScx, location: Address): void;
  /** Splits the SCXs: those for which it is true from the others. Undefined: the cut ends. */
  cut(side: ((scx: SimulatedScx) => boolean) | undefined): void;
  /** From now on a way carries an ADU each so many ms; 0: it is wide again. */
  narrow(from: SimulatedScx, to: SimulatedScx, aduMs: number): void;
  onDeath(scx: SimulatedScx, withReset: boolean): void;
  thaw(scx: SimulatedScx): void;
}

/** A connection: control (channel undefined) or data; the opener of a data connection is the child. */
interface Link {
  readonly opener: SimulatedScx;
  readonly acceptor: SimulatedScx;
  readonly channel: number | undefined;
  readonly lane: Lane;
  /** In the lane's links. */
  readonly key: number;
  isOpen: boolean;
  usedAt: number;
}

/** A way from one SCX to another that carries too few ADUs. */
interface Narrows {
  readonly aduMs: number;
  /** When all that wait will have left. */
  freeAt: number;
  isCongested: boolean;
}

/** The connections of one kind: control, or one channel's data. */
interface Lane {
  /** Control: by pair, the lower index first. Data: by pair, the child first. */
  readonly links: Map<number, Link>;
  /** When the last message of a directed pair arrives: nothing overtakes it. */
  readonly lastArrival: Map<number, number>;
}

/**
 * A connection without use for so long is closed, ms, as in overlay/: it was for a probe or a round of
 * discovery. Mesh edges are used more often. They are looked for once there are so many connections.
 */
const IDLE_MS = 60_000;
const LINKS_BEFORE_SWEEP = 100_000;

/** A world has fewer SCXs, so that a pair of them is one small integer, which maps find fastest. */
const SCXS_MAX = 2 ** 15;

const pairOf = (a: SimulatedScx, b: SimulatedScx): number => a.index * SCXS_MAX + b.index;

/** A network without connections or faults. */
export function createNetwork(options: NetworkOptions): Network {
  const { rng, now, at, find } = options;
  /** By channel; undefined: control. Bounded: only channels that were sent on have one. */
  const lanes = new Map<number | undefined, Lane>();
  const frozenMail = new Map<SimulatedScx, (() => void)[]>();
  const counters = { messages: 0, adus: 0, broken: 0 };
  const narrows = new Map<number, Narrows>();
  let side: ((scx: SimulatedScx) => boolean) | undefined;

  /** Until jitter or loss is switched on, no message can overtake another. */
  let hasJittered = false;

  const laneOf = (channel: number | undefined): Lane => {
    const existing = lanes.get(channel);
    if (existing !== undefined) return existing;
    const lane = { links: new Map(), lastArrival: new Map() };
    lanes.set(channel, lane);
    return lane;
  };
  const control = laneOf(undefined);
  const allLinks = (): Link[] => [...lanes.values()].flatMap(({ links }) => [...links.values()]);

  const controlKey = (a: SimulatedScx, b: SimulatedScx): number =>
    a.index < b.index ? pairOf(a, b) : pairOf(b, a);

  const isCut = (a: SimulatedScx, b: SimulatedScx): boolean =>
    side !== undefined && side(a) !== side(b);

  /** Hands something to an SCX, unless it is dead by then; a frozen one gets it when it thaws. */
  const handOver = (to: SimulatedScx, action: () => void): void => {
    if (!to.isUp) return;
    if (!to.isFrozen) return action();
    const mail = frozenMail.get(to) ?? [];
    frozenMail.set(to, mail);
    mail.push(action);
  };

  /** How often a segment is lost before it arrives. */
  const drawLosses = (): number => {
    let losses = 0;
    while (losses <= LOSSES_MAX && rng.unit() < network.lossRate) losses++;
    return losses;
  };

  const arrivalOf = (from: SimulatedScx, to: SimulatedScx, lane: Lane, losses: number): number => {
    const delayMs = options.delayMs(from.index, to.index);
    const plain = now() + delayMs;
    hasJittered ||= network.jitterMs > 0 || losses > 0;
    if (!hasJittered) return plain;
    const pair = pairOf(from, to);
    const lateMs = (2 ** losses - 1) * (RETRANSMISSION_MIN_MS + 2 * delayMs);
    const jittered = plain + lateMs + network.jitterMs * rng.unit();
    const instant = Math.max(jittered, lane.lastArrival.get(pair) ?? 0);
    lane.lastArrival.set(pair, instant);
    return instant;
  };

  const tellClosed = (link: Link, who: SimulatedScx, other: SimulatedScx): void => {
    if (link.channel === undefined) {
      who.feed({ kind: 'linkDown', address: other.address, reason: 'closed' });
    } else {
      const peerIs = who === link.opener ? 'parent' : 'child';
      who.feed({ kind: 'dataDown', peer: other.gossamer.self().id, channel: link.channel, peerIs });
    }
  };

  const close = (link: Link, told: readonly SimulatedScx[]): void => {
    link.isOpen = false;
    link.lane.links.delete(link.key);
    for (const who of told) {
      const other = who === link.opener ? link.acceptor : link.opener;
      const delay = options.delayMs(other.index, who.index);
      at(now() + delay, () => handOver(who, () => tellClosed(link, who, other)));
    }
  };

  /** How long it takes to learn that no connection can be opened: a reset comes back, or nothing does. */
  const refusalMs = (from: SimulatedScx, to: SimulatedScx): number =>
    to.hasVanished || isCut(from, to)
      ? CONNECT_TIMEOUT_MS
      : 2 * options.delayMs(from.index, to.index);

  const fail = (from: SimulatedScx, to: Address, afterMs: number): void =>
    at(now() + afterMs, () =>
      handOver(from, () => from.feed({ kind: 'linkDown', address: to, reason: 'unreachable' })),
    );

  let sweepAt = LINKS_BEFORE_SWEEP;

  /** As often as the links double, so that a session of thousands keeps those in use only. */
  const sweep = (): void => {
    for (const link of control.links.values()) {
      if (now() - link.usedAt < IDLE_MS) continue;
      link.isOpen = false;
      control.links.delete(link.key);
    }
    sweepAt = Math.max(LINKS_BEFORE_SWEEP, 2 * control.links.size);
  };

  const open = (key: number, from: SimulatedScx, to: SimulatedScx, channel?: number): Link => {
    if (control.links.size >= sweepAt) sweep();
    const lane = laneOf(channel);
    const link = { opener: from, acceptor: to, channel, lane, key, isOpen: true, usedAt: now() };
    lane.links.set(key, link);
    return link;
  };

  /** Sends an input over a link; the link may break under it. */
  const transmit = (link: Link, from: SimulatedScx, input: Input): void => {
    const to = link.opener === from ? link.acceptor : link.opener;
    if (isCut(from, to)) return;
    const losses = network.lossRate > 0 ? drawLosses() : 0;
    const isBroken = network.breakRate > 0 && rng.unit() < network.breakRate;
    if (isBroken || losses > LOSSES_MAX) {
      counters.broken++;
      return close(link, [from, to]);
    }
    link.usedAt = now();
    const receive = (): void => {
      if (to.isFrozen) handOver(to, receive);
      else if (to.isUp && link.isOpen) to.feed(input);
    };
    at(arrivalOf(from, to, link.lane, losses), receive);
  };

  /** As in overlay/: congested when much waits, and drained when nothing does. */
  const onBacklog = (way: Narrows, from: SimulatedScx, child: SimulatedScx, adu: Adu): void => {
    if (way.isCongested || way.freeAt - now() < BACKLOG_MAX * way.aduMs) return;
    const peer = child.gossamer.self().id;
    const tell = (kind: 'congested' | 'drained'): void => {
      way.isCongested = kind === 'congested';
      handOver(from, () => from.feed({ kind, peer, channel: adu.channel }));
    };
    at(now(), () => tell('congested'));
    at(way.freeAt, () => tell('drained'));
    way.isCongested = true;
  };

  const squeeze = (way: Narrows, link: Link, from: SimulatedScx, adu: Adu, input: Input): void => {
    way.freeAt = Math.max(way.freeAt, now()) + way.aduMs;
    at(way.freeAt, () => {
      if (link.isOpen) transmit(link, from, input);
    });
    onBacklog(way, from, link.opener, adu);
  };

  const network: Network = {
    breakRate: 0,
    jitterMs: 0,
    lossRate: 0,
    counters,
    send: (from, address, message) => {
      counters.messages++;
      const to = find(address);
      if (to === undefined || !to.isUp) {
        const isLinked = to !== undefined && control.links.has(controlKey(from, to));
        if (!isLinked) fail(from, address, to === undefined ? 10 : refusalMs(from, to));
        return;
      }
      const key = controlKey(from, to);
      const link = control.links.get(key);
      if (link === undefined && isCut(from, to)) return fail(from, address, CONNECT_TIMEOUT_MS);
      const member = from.gossamer.self();
      transmit(link ?? open(key, from, to), from, { kind: 'received', from: member, message });
    },
    hangUp: (from, address) => {
      const to = find(address);
      if (to === undefined) return;
      const link = control.links.get(controlKey(from, to));
      if (link === undefined) return;
      // As overlay/ does: closed once nobody has used it for a while.
      at(now() + HANG_UP_MS, () => {
        const isIdle = now() - link.usedAt >= HANG_UP_MS;
        if (link.isOpen && isIdle && !isCut(from, to)) close(link, [from, to]);
      });
    },
    sendData: (from, address, { channel, body }) => {
      const to = find(address);
      if (to === undefined) return;
      const isAnswer = body.kind === 'subscribed' || body.kind === 'refused';
      const key = isAnswer ? pairOf(to, from) : pairOf(from, to);
      const link = laneOf(channel).links.get(key);
      if (link === undefined && body.kind !== 'subscribe') return;
      if (!to.isUp || (link === undefined && isCut(from, to))) {
        const peer = to.gossamer.self().id;
        const peerIs = isAnswer ? 'child' : 'parent';
        const tell = (): void => from.feed({ kind: 'dataDown', peer, channel, peerIs });
        at(now() + refusalMs(from, to), () => handOver(from, tell));
        return;
      }
      const member = from.gossamer.self();
      const used = link ?? open(key, from, to, channel);
      transmit(used, from, { kind: 'dataReceived', from: member, message: body });
    },
    forward: (from, to, adu) => {
      if (to === undefined) return;
      counters.adus++;
      const link = laneOf(adu.channel).links.get(pairOf(to, from));
      const sender = from.gossamer.self().id;
      if (link === undefined) return;
      const input: Input = { kind: 'adu', from: sender, adu };
      const way = narrows.size > 0 ? narrows.get(pairOf(from, to)) : undefined;
      if (way === undefined) transmit(link, from, input);
      else squeeze(way, link, from, adu, input);
    },
    locate: (from, location) =>
      at(now() + 1, () =>
        handOver(from, () => from.feed({ kind: 'located', location, address: location })),
      ),
    cut: (newSide) => {
      const old = side;
      side = newSide;
      if (old === undefined) return;
      for (const link of allLinks()) {
        const crossed = old(link.opener) !== old(link.acceptor);
        if (crossed && !isCut(link.opener, link.acceptor)) {
          close(link, [link.opener, link.acceptor]);
        }
      }
    },
    narrow: (from, to, aduMs) => {
      narrows.delete(pairOf(from, to));
      if (aduMs > 0) narrows.set(pairOf(from, to), { aduMs, freeAt: 0, isCongested: false });
    },
    onDeath: (scx, withReset) => {
      for (const link of allLinks()) {
        if (link.opener !== scx && link.acceptor !== scx) continue;
        const other = link.opener === scx ? link.acceptor : link.opener;
        if (withReset) close(link, isCut(scx, other) ? [] : [other]);
      }
    },
    thaw: (scx) => {
      const mail = frozenMail.get(scx) ?? [];
      frozenMail.delete(scx);
      for (const action of mail) action();
    },
  };
  return network;
}
