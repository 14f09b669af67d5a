/**
 * A session in a simulated network: the production Gossamer machines, each driven by the production
 * loop, with an event queue in place of sockets and clocks. Everything is drawn from one seed, and
 * events of the same instant keep their order, so the same seed gives the same run (see
 * `traceHash`).
 *
 * network.ts carries the messages, and checker.ts checks the invariants.
 */

import type { GossamerOptions } from '../../gossamer/compose-rules.js';
import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { Effect, GossamerEvent } from '../../gossamer/core/effects.js';
import type { Entry } from '../../gossamer/core/entry.js';
import type { Address, Adu, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import { createGossamer, type Gossamer } from '../../gossamer/gossamer.js';
import { unreachable } from '../../lib/assert.js';
import { drive } from '../../lib/machine.js';
import { createRng, type Rng } from '../../lib/rng.js';
import { type Clock, createClock } from './clock.js';
import { createDeferred, type Deferred } from './deferred.js';
import { createNetwork, type Network } from './network.js';
import type { SimulatedScx } from './simulated-scx.js';
import { createTrace, type Trace } from './trace.js';

/** Sees every effect, event and delivered ADU of every SCX, at the simulated time `now`, ms. */
export interface Observer {
  onEffect?(scx: SimulatedScx, effect: Effect, now: number): void;
  onEvent?(scx: SimulatedScx, event: GossamerEvent, now: number): void;
  onDeliver?(scx: SimulatedScx, adu: Adu, now: number): void;
}

/** Performs an effect of an SCX, or what a liar makes of it. */
type Perform = (effect: Effect) => void;

/** Is handed each effect of an SCX; what it does not hand on to `perform` does not happen. */
export type Liar = (effect: Effect, perform: Perform) => void;

export interface WorldOptions {
  readonly seed: number;
  readonly config: GossamerConfig;
  /** One-way delay between two SCXs by index, ms. */
  readonly delayMs: (from: number, to: number) => number;
  /** How many of the first SCXs are rendezvous points; default: 1. */
  readonly rendezvousPoints?: number;
  /** The session has entries (gossamer/entries); those that this refuses count as forged. */
  readonly verifyEntry?: (entry: Entry) => boolean;
  readonly observers?: readonly Observer[];
  /** Creates the machine of an SCX; default: Gossamer's (see rivals/). */
  readonly createScx?: (options: GossamerOptions) => Gossamer;
}

export interface World extends Clock {
  readonly rng: Rng;
  readonly network: Network;
  /** All SCXs by index, the dead included. */
  readonly scxs: readonly SimulatedScx[];
  /** Adds an SCX; it joins now. */
  add(): SimulatedScx;
  /** The process dies: its sockets are reset at once. */
  crash(scx: SimulatedScx): void;
  /** The machine dies: its peers get no notice. */
  vanish(scx: SimulatedScx): void;
  /** The process stops: it neither receives nor acts, and its sockets stay open. */
  freeze(scx: SimulatedScx): void;
  /** The process continues with the timers and messages that it missed. */
  thaw(scx: SimulatedScx): void;
  /** From now on a liar speaks for the SCX: it is handed each effect, and performs what it likes. */
  corrupt(scx: SimulatedScx, liar: Liar, relays: boolean): void;
  /** The SCXs that are up and joined. */
  live(): SimulatedScx[];
  /** Those of them that do not lie. */
  honest(): SimulatedScx[];
  /** Attaches a source that publishes nothing; returns its id. Cost ratios need no ADUs. */
  announce(scx: SimulatedScx): SourceId;
  /**
   * Attaches a source that publishes an ADU each `intervalMs`, and on the second channel one each
   * `titleIntervalMs`, if that is given; returns its id.
   */
  broadcast(scx: SimulatedScx, intervalMs: number, titleIntervalMs?: number): SourceId;
  /** A digest of all events and deliveries so far. */
  traceHash(): string;
}

/** The context that the parts of a world share. */
interface Stage {
  readonly options: WorldOptions;
  readonly rng: Rng;
  readonly ids: Rng;
  readonly clock: Clock;
  readonly network: Network;
  readonly trace: Trace;
  readonly scxs: SimulatedScx[];
  readonly byAddress: Map<Address, SimulatedScx>;
  readonly byId: Map<NodeId, SimulatedScx>;
  /** The timers that frozen SCXs missed. */
  readonly wakeUps: Deferred;
  readonly liars: Map<SimulatedScx, Liar>;
}

/** The priority of every simulated source, 0..255. */
const SOURCE_PRIORITY = 128;

const hexId = (rng: Rng): string =>
  Array.from({ length: 4 }, () => rng.below(0x10000).toString(16).padStart(4, '0')).join('');

/** 64 random bits are enough where nobody looks for a second key of the same id. */
const drawNodeId = (rng: Rng): NodeId => hexId(rng).padStart(32, '0') as NodeId;

const addressOf = (index: number): Address => `scx${index}:1` as Address;

function createStage(options: WorldOptions): Stage {
  const rng = createRng(options.seed);
  const clock = createClock();
  const byAddress = new Map<Address, SimulatedScx>();
  const network = createNetwork({
    rng: rng.fork('network'),
    delayMs: options.delayMs,
    now: clock.now,
    at: clock.at,
    find: (address) => byAddress.get(address),
  });
  return {
    ...{ options, rng, clock, network, byAddress },
    ids: rng.fork('ids'),
    trace: createTrace(),
    scxs: [],
    byId: new Map(),
    wakeUps: createDeferred(),
    liars: new Map(),
  };
}

/**
 * Creates a function that performs the effects of the machines; every delivery and event enters the
 * trace.
 */
function createPerformer(stage: Stage): (scx: SimulatedScx, effect: Effect) => void {
  const { network, trace, byId } = stage;
  const { now } = stage.clock;
  const { observers = [] } = stage.options;
  // Most observers see only some of all that happens; effects are by far the most frequent.
  const ofEffects = observers.filter(({ onEffect }) => onEffect !== undefined);
  return (scx, effect) => {
    for (const observer of ofEffects) observer.onEffect?.(scx, effect, now());
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
        trace.add(now(), scx.index, effect.adu.sequence);
        for (const observer of observers) observer.onDeliver?.(scx, effect.adu, now());
        return;
      case 'notify':
        trace.add(now(), scx.index, effect.event.kind);
        for (const observer of observers) observer.onEvent?.(scx, effect.event, now());
        return;
      default:
        return unreachable(effect);
    }
  };
}

/** Creates a function that adds SCXs; the first ones are rendezvous points. */
function createJoiner(stage: Stage): () => SimulatedScx {
  const { options, rng, ids, clock, scxs, byAddress, byId, wakeUps, liars } = stage;
  const perform = createPerformer(stage);
  const { config, rendezvousPoints = 1, verifyEntry, createScx = createGossamer } = options;
  const entries = verifyEntry && { verify: verifyEntry, timeMs: clock.now };
  const locations = Array.from({ length: rendezvousPoints }, (_, index) => addressOf(index));

  const describe = (index: number): Member => ({
    id: drawNodeId(ids),
    address: addressOf(index),
    incarnation: Math.floor(clock.now()) + 1,
    rendezvous: index < rendezvousPoints,
  });

  return () => {
    const index = scxs.length;
    const self = describe(index);
    const gossamer = createScx({
      ...{ self, config, rng: rng.fork(`scx ${index}`), locations, entries },
    });
    let wakes = 0;
    const feed = drive(gossamer, {
      now: clock.now,
      perform: (effect) => {
        const liar = scx.isLiar ? liars.get(scx) : undefined;
        if (liar === undefined) perform(scx, effect);
        else liar(effect, (altered) => perform(scx, altered));
      },
      // As in overlay/, a new wake-up replaces the one before.
      wakeAt: (instant, wake) => {
        const number = ++wakes;
        clock.at(instant, () => wakeUps.run(scx, () => void (number === wakes && wake())));
      },
    });
    const process = { isUp: true, hasVanished: false, isFrozen: false };
    const state = { ...process, isLiar: false, relays: true };
    const scx: SimulatedScx = { index, address: self.address, gossamer, feed, ...state };
    scxs.push(scx);
    byAddress.set(scx.address, scx);
    byId.set(self.id, scx);
    feed({ kind: 'join' });
    return scx;
  };
}

/** Creates the functions by which processes die, stop, continue, and begin to lie. */
function createFates({
  network,
  wakeUps,
  liars,
}: Stage): Pick<World, 'crash' | 'vanish' | 'freeze' | 'thaw' | 'corrupt'> {
  return {
    corrupt: (scx, liar, relays) => {
      scx.isLiar = true;
      scx.relays = relays;
      liars.set(scx, liar);
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
    thaw: (scx) => {
      scx.isFrozen = false;
      wakeUps.release(scx);
      network.thaw(scx);
    },
  };
}

/** Creates the sources of a world. */
function createSources({ options, ids, clock }: Stage): Pick<World, 'announce' | 'broadcast'> {
  const announce = (scx: SimulatedScx): SourceId => {
    const id = hexId(ids) as SourceId;
    scx.feed({ kind: 'announceSource', source: { id, priority: SOURCE_PRIORITY, epoch: 1 } });
    return id;
  };
  /** Publishes an ADU on a channel now, and one each `intervalMs` from then on. */
  const publish = (scx: SimulatedScx, id: SourceId, channel: number, intervalMs: number): void => {
    let sequence = 0;
    const next = (): void => {
      if (!scx.isUp) return;
      const payload = new Uint8Array(0);
      const adu = { source: id, channel, sequence: sequence++, payload };
      if (!scx.isFrozen) scx.feed({ kind: 'publish', adu: { ...adu, timestampMs: clock.now() } });
      clock.at(clock.now() + intervalMs, next);
    };
    next();
  };
  return {
    announce,
    broadcast: (scx, intervalMs, titleIntervalMs) => {
      const id = announce(scx);
      const [audio, titles] = options.config.channels as readonly [number, number?];
      publish(scx, id, audio, intervalMs);
      if (titles !== undefined && titleIntervalMs !== undefined) {
        publish(scx, id, titles, titleIntervalMs);
      }
      return id;
    },
  };
}

/** Creates a world without SCXs, at 0 ms. */
export function createWorld(options: WorldOptions): World {
  const stage = createStage(options);
  const { rng, network, scxs, clock, trace } = stage;
  const live = (): SimulatedScx[] =>
    scxs.filter((scx) => scx.isUp && scx.gossamer.view().state === 'joined');
  return {
    ...{ rng, network, scxs },
    ...clock,
    add: createJoiner(stage),
    ...createFates(stage),
    live,
    honest: () => live().filter(({ isLiar }) => !isLiar),
    ...createSources(stage),
    traceHash: trace.hash,
  };
}
