/**
 * A session in a simulated network: the production Gossamer machines, each driven by the production
 * loop, with an event queue for sockets and clocks. Everything is drawn from one seed, and events of
 * the same instant keep their order, so a run can be repeated to the last byte (see `traceHash`).
 *
 * What the network does to a message is in network.ts; what must always hold is in checker.ts.
 */

import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { Effect, GossamerEvent } from '../../gossamer/core/effects.js';
import type { Address, Adu, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import { createGossamer } from '../../gossamer/gossamer.js';
import { unreachable } from '../../lib/assert.js';
import { createEventQueue } from '../../lib/event-queue.js';
import { drive } from '../../lib/machine.js';
import { createRng, type Rng } from '../../lib/rng.js';
import { createNetwork, type Network } from './network.js';
import type { SimulatedScx } from './simulated-scx.js';
import { createTrace } from './trace.js';

/** Hears of everything that matters, as it happens. */
export interface Observer {
  onEffect?(scx: SimulatedScx, effect: Effect, now: number): void;
  onEvent?(scx: SimulatedScx, event: GossamerEvent, now: number): void;
  onDeliver?(scx: SimulatedScx, adu: Adu, now: number): void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly config: GossamerConfig;
  /** One-way delay between two SCXs by index, ms. */
  readonly delayMs: (from: number, to: number) => number;
  /** How many of the first SCXs are rendezvous points. */
  readonly rendezvousPoints?: number;
  readonly observers?: readonly Observer[];
}

export interface World {
  readonly rng: Rng;
  readonly network: Network;
  readonly scxs: readonly SimulatedScx[];
  now(): number;
  /** Adds an SCX; it joins now. */
  add(): SimulatedScx;
  /** Runs something at an instant. */
  at(instant: number, action: () => void): void;
  /** Lets time pass. */
  runUntil(instant: number): void;
  /** The process dies: its sockets are reset at once. */
  crash(scx: SimulatedScx): void;
  /** The machine dies: nobody is told. */
  vanish(scx: SimulatedScx): void;
  freeze(scx: SimulatedScx): void;
  thaw(scx: SimulatedScx): void;
  live(): SimulatedScx[];
  /** Attaches a source that says nothing; returns its id. Cost ratios need no more. */
  announce(scx: SimulatedScx): SourceId;
  /** Starts a source at an SCX that publishes each `intervalMs`; returns its id. */
  broadcast(scx: SimulatedScx, intervalMs: number): SourceId;
  /** A digest of all that happened. */
  traceHash(): string;
}

const hexId = (rng: Rng): string =>
  Array.from({ length: 4 }, () => rng.below(0x10000).toString(16).padStart(4, '0')).join('');

/** A world without SCXs, at instant 0. */
export function createWorld(options: WorldOptions): World {
  const rng = createRng(options.seed);
  const ids = rng.fork('ids');
  const queue = createEventQueue<() => void>();
  const scxs: SimulatedScx[] = [];
  const byAddress = new Map<Address, SimulatedScx>();
  const byId = new Map<NodeId, SimulatedScx>();
  const trace = createTrace();
  const observers = options.observers ?? [];
  const rendezvousPoints = options.rendezvousPoints ?? 1;
  let clock = 0;

  const at = (instant: number, action: () => void): void =>
    queue.push(Math.max(instant, clock), action);

  const network = createNetwork({
    rng: rng.fork('network'),
    delayMs: options.delayMs,
    now: () => clock,
    at,
    find: (address) => byAddress.get(address),
  });

  const addressOf = (index: number): Address => `scx${index}:1` as Address;
  const locations = Array.from({ length: rendezvousPoints }, (_, index) => addressOf(index));

  const perform = (scx: SimulatedScx, effect: Effect): void => {
    for (const observer of observers) observer.onEffect?.(scx, effect, clock);
    switch (effect.kind) {
      case 'send':
        return network.send(scx, effect.to, effect.message);
      case 'hangUp':
        return network.hangUp(scx, effect.to);
      case 'sendData':
        return network.sendData(scx, effect.to.address, effect.message);
      case 'forward':
        return network.forward(scx, byId.get(effect.to), effect.adu);
      case 'locate':
        return network.locate(scx, effect.location as Address);
      case 'deliver':
        trace.add(clock, scx.index, effect.adu.sequence);
        for (const observer of observers) observer.onDeliver?.(scx, effect.adu, clock);
        return;
      case 'notify':
        trace.add(clock, scx.index, effect.event.kind);
        for (const observer of observers) observer.onEvent?.(scx, effect.event, clock);
        return;
      default:
        return unreachable(effect);
    }
  };

  const add = (): SimulatedScx => {
    const index = scxs.length;
    const self: Member = {
      id: hexId(ids) as NodeId,
      address: addressOf(index),
      incarnation: Math.floor(clock) + 1,
      rendezvous: index < rendezvousPoints,
    };
    const gossamer = createGossamer({
      self,
      config: options.config,
      rng: rng.fork(`scx ${index}`),
      locations,
    });
    let wakes = 0;
    const feed = drive(gossamer, {
      now: () => clock,
      perform: (effect) => perform(scx, effect),
      // As in overlay/, a new wake-up takes the place of the one before.
      wakeAt: (instant, wake) => {
        const number = ++wakes;
        at(instant, () => whenAwake(scx, () => void (number === wakes && wake())));
      },
    });
    const scx: SimulatedScx = {
      index,
      address: self.address,
      gossamer,
      feed,
      isUp: true,
      hasVanished: false,
      isFrozen: false,
    };
    scxs.push(scx);
    byAddress.set(scx.address, scx);
    byId.set(self.id, scx);
    feed({ kind: 'join' });
    return scx;
  };

  /** What a frozen process missed comes when it thaws; the dead never wake. */
  const whenAwake = (scx: SimulatedScx, action: () => void): void => {
    if (!scx.isUp) return;
    if (scx.isFrozen) thawing.push({ scx, action });
    else action();
  };
  const thawing: { readonly scx: SimulatedScx; readonly action: () => void }[] = [];

  const thaw = (scx: SimulatedScx): void => {
    scx.isFrozen = false;
    const due = thawing.filter((item) => item.scx === scx);
    for (const item of due) thawing.splice(thawing.indexOf(item), 1);
    for (const item of due) item.action();
    network.thaw(scx);
  };

  const announce = (scx: SimulatedScx): SourceId => {
    const id = hexId(ids) as SourceId;
    scx.feed({ kind: 'announceSource', source: { id, priority: 128, epoch: 1 } });
    return id;
  };

  const broadcast = (scx: SimulatedScx, intervalMs: number): SourceId => {
    const id = announce(scx);
    const channel = options.config.channels[0] as number;
    let sequence = 0;
    const publish = (): void => {
      if (!scx.isUp) return;
      const payload = new Uint8Array(0);
      const sourceScx = scx.gossamer.self().id;
      const adu = { source: id, sourceScx, channel, sequence: sequence++, payload };
      if (!scx.isFrozen) scx.feed({ kind: 'publish', adu: { ...adu, timestampMs: clock } });
      at(clock + intervalMs, publish);
    };
    publish();
    return id;
  };

  return {
    rng,
    network,
    scxs,
    now: () => clock,
    add,
    at,
    runUntil: (instant) => {
      for (let next = queue.next(); next <= instant; next = queue.next()) {
        clock = Math.max(clock, next);
        queue.pop()?.();
      }
      clock = instant;
    },
    crash: (scx) => {
      scx.isUp = false;
      network.onDeath(scx, true);
    },
    vanish: (scx) => {
      scx.isUp = false;
      scx.hasVanished = true;
      network.onDeath(scx, false);
    },
    freeze: (scx) => {
      scx.isFrozen = true;
    },
    thaw,
    live: () => scxs.filter((scx) => scx.isUp && scx.gossamer.view().state === 'joined'),
    announce,
    broadcast,
    traceHash: trace.hash,
  };
}
