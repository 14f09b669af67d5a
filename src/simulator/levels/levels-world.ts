/**
 * A session with two levels in the simulated network of world/: each node is one machine of
 * gossamer/levels/, and each mesh that it takes part in has an address of its own, as a port would.
 * The network between these addresses, its delays and its faults are those of every simulation.
 */
import type { Effect } from '../../gossamer/core/effects.js';
import type { Address, Adu, Member, NodeId, SourceId } from '../../gossamer/core/node.js';
import type { LevelsConfig } from '../../gossamer/levels/level-config.js';
import type { LevelMessage } from '../../gossamer/levels/level-messages.js';
import {
  createLevels,
  type Levels,
  type LevelsEffect,
  type LevelsInput,
} from '../../gossamer/levels/levels.js';
import type { Participant } from '../../gossamer/levels/participant.js';
import { unreachable } from '../../lib/assert.js';
import { drive } from '../../lib/machine.js';
import { createRng, type Rng } from '../../lib/rng.js';
import { type Clock, createClock } from '../world/clock.js';
import { createNetwork, type Network } from '../world/network.js';
import type { SimulatedScx } from '../world/simulated-scx.js';

export interface LevelsNode {
  /** In the order of joining, from 0. Node 0 is the rendezvous point. */
  readonly index: number;
  readonly levels: Levels;
  readonly feed: (input: LevelsInput) => void;
  /** By mesh: what the network knows of it. */
  readonly parts: Map<number, SimulatedScx>;
  isUp: boolean;
}

/** Sees every effect and every delivered frame of every node, at the simulated time `now`, ms. */
interface LevelsObserver {
  onEffect?(node: LevelsNode, effect: Effect, now: number): void;
  onLevelMessage?(node: LevelsNode, message: LevelMessage): void;
  onDeliver?(node: LevelsNode, adu: Adu, now: number): void;
}

export interface LevelsWorldOptions {
  readonly seed: number;
  readonly config: LevelsConfig;
  /** One-way delay between two nodes by index, ms. */
  readonly delayMs: (from: number, to: number) => number;
  readonly observers?: readonly LevelsObserver[];
}

export interface LevelsWorld extends Clock {
  readonly network: Network;
  readonly nodes: readonly LevelsNode[];
  /** Adds a node; it joins now. */
  add(): LevelsNode;
  /** The process dies: its sockets are reset at once. */
  crash(node: LevelsNode): void;
  /** The machine dies: its peers get no notice. */
  vanish(node: LevelsNode): void;
  /** Attaches a source that publishes an ADU each `intervalMs`; returns its id. */
  broadcast(node: LevelsNode, intervalMs: number): SourceId;
}

const SOURCE_PRIORITY = 128;

const addressOf = (node: number, mesh: number): Address => `scx${node}:${mesh + 1}` as Address;

/** The home of a node is its address in mesh 0, which does not exist. */
const homeOf = (address: Address): Address => address.replace(/:\d+$/, ':1') as Address;

const hexId = (rng: Rng, words: number): string =>
  Array.from({ length: words }, () => rng.below(0x10000).toString(16).padStart(4, '0')).join('');

/** The context that the parts of a world share. */
interface Stage {
  readonly options: LevelsWorldOptions;
  readonly rng: Rng;
  readonly ids: Rng;
  readonly clock: Clock;
  readonly network: Network;
  readonly nodes: LevelsNode[];
  readonly byHome: Map<Address, LevelsNode>;
  readonly byAddress: Map<Address, SimulatedScx>;
  readonly byId: Map<NodeId, SimulatedScx>;
  /** By part: its node. */
  readonly nodeOf: Int32Array;
}

/** Parts of all nodes together at most; lanes.ts has the same bound. */
const PARTS_MAX = 2 ** 17;

function createStage(options: LevelsWorldOptions): Stage {
  const rng = createRng(options.seed);
  const clock = createClock();
  const byAddress = new Map<Address, SimulatedScx>();
  const nodeOf = new Int32Array(PARTS_MAX);
  const network = createNetwork({
    rng: rng.fork('network'),
    delayMs: (from, to) => options.delayMs(nodeOf[from] as number, nodeOf[to] as number),
    now: clock.now,
    at: clock.at,
    find: (address) => byAddress.get(address),
  });
  return {
    ...{ options, rng, clock, network, byAddress, nodeOf },
    ids: rng.fork('ids'),
    nodes: [],
    byHome: new Map(),
    byId: new Map(),
  };
}

/** Creates a function that performs the effects of the machine in one mesh. */
function createMeshPerformer({ network, byId }: Stage) {
  return (part: SimulatedScx, effect: Effect): void => {
    if (effect.kind === 'send') network.send(part, effect.to, effect.message);
    else if (effect.kind === 'hangUp') network.hangUp(part, effect.to);
    else if (effect.kind === 'sendData') network.sendData(part, effect.to.address, effect.message);
    else if (effect.kind === 'forward') network.forward(part, byId.get(effect.to), effect.adu);
    else if (effect.kind === 'locate') network.locate(part, effect.location as Address);
  };
}

/** Creates a function that opens the address of a node in a mesh. */
function createOpener(stage: Stage) {
  const { byAddress, byId, nodeOf } = stage;
  let parts = 0;
  return (node: LevelsNode, { mesh, gossamer }: Participant): void => {
    const { address, id } = gossamer.self();
    const part: SimulatedScx = {
      ...{ index: parts++, address, gossamer },
      feed: (input) => node.feed({ kind: 'inMesh', mesh, input }),
      ...{ isUp: true, hasVanished: false, isFrozen: false, isLiar: false, relays: true },
    };
    nodeOf[part.index] = node.index;
    byAddress.set(address, part);
    byId.set(id, part);
    node.parts.set(mesh, part);
  };
}

/** Creates a function that performs the effects of nodes. */
function createPerformer(stage: Stage): (node: LevelsNode, effect: LevelsEffect) => void {
  const { clock, byHome, byAddress, byId, options } = stage;
  const { observers = [], delayMs } = options;
  const performInMesh = createMeshPerformer(stage);
  const open = createOpener(stage);

  const close = (node: LevelsNode, mesh: number): void => {
    const part = node.parts.get(mesh);
    if (part === undefined) return;
    // It has left its mesh, so nobody waits for a reset.
    part.isUp = false;
    node.parts.delete(mesh);
    byAddress.delete(part.address);
    byId.delete(part.gossamer.self().id);
  };

  const inMesh = (node: LevelsNode, mesh: number, effect: Effect): void => {
    for (const observer of observers) observer.onEffect?.(node, effect, clock.now());
    const part = node.parts.get(mesh);
    if (part !== undefined) performInMesh(part, effect);
  };

  const send = (node: LevelsNode, to: Address, message: LevelMessage): void => {
    for (const observer of observers) observer.onLevelMessage?.(node, message);
    const target = byHome.get(to);
    if (target === undefined) return;
    clock.at(clock.now() + delayMs(node.index, target.index), () => {
      const from = addressOf(node.index, 0);
      if (target.isUp) target.feed({ kind: 'levelReceived', from, message });
    });
  };

  return (node, effect) => {
    switch (effect.kind) {
      case 'entered':
        return open(node, effect.participant);
      case 'exited':
        return close(node, effect.participant.mesh);
      case 'levelSend':
        return send(node, effect.to, effect.message);
      case 'inMesh':
        return inMesh(node, effect.mesh, effect.effect);
      case 'deliver':
        for (const observer of observers) observer.onDeliver?.(node, effect.adu, clock.now());
        return;
      default:
        return unreachable(effect);
    }
  };
}

function createJoiner(stage: Stage): () => LevelsNode {
  const { options, rng, ids, clock, nodes, byHome } = stage;
  const perform = createPerformer(stage);
  const newMember = (index: number, mesh: number, now: number): Member => ({
    id: hexId(ids, 4).padStart(32, '0') as NodeId,
    address: addressOf(index, mesh),
    incarnation: Math.floor(now) + 1,
    rendezvous: true,
  });
  return () => {
    const index = nodes.length;
    const home = addressOf(index, 0);
    const levels = createLevels({
      ...{ config: options.config, rng: rng.fork(`node ${index}`), home, homeOf },
      rendezvous: [addressOf(0, 0)],
      newMember: (mesh, now) => newMember(index, mesh, now),
    });
    let wakes = 0;
    const feed = drive(levels, {
      now: clock.now,
      perform: (effect) => perform(node, effect),
      wakeAt: (instant, wake) => {
        const number = ++wakes;
        clock.at(instant, () => void (node.isUp && number === wakes && wake()));
      },
    });
    const node: LevelsNode = { index, levels, feed, parts: new Map(), isUp: true };
    nodes.push(node);
    byHome.set(home, node);
    feed({ kind: 'join' });
    return node;
  };
}

/** Creates a world without nodes, at 0 ms. */
export function createLevelsWorld(options: LevelsWorldOptions): LevelsWorld {
  const stage = createStage(options);
  const { network, nodes, clock, ids } = stage;
  const die = (node: LevelsNode, withReset: boolean): void => {
    node.isUp = false;
    for (const part of node.parts.values()) {
      part.isUp = false;
      part.hasVanished = !withReset;
      network.onDeath(part, withReset);
    }
  };
  return {
    ...{ network, nodes },
    ...clock,
    add: createJoiner(stage),
    crash: (node) => die(node, true),
    vanish: (node) => die(node, false),
    broadcast: (node, intervalMs) => {
      const id = hexId(ids, 4) as SourceId;
      const [channel = 1] = options.config.lower.channels;
      const source = { id, priority: SOURCE_PRIORITY, epoch: 1 };
      node.feed({ kind: 'announceSource', source });
      let sequence = 0;
      const next = (): void => {
        if (!node.isUp) return;
        const adu = { source: id, channel, sequence: sequence++, payload: new Uint8Array(0) };
        node.feed({ kind: 'publish', adu: { ...adu, timestampMs: clock.now() } });
        clock.at(clock.now() + intervalMs, next);
      };
      next();
      return id;
    },
  };
}
