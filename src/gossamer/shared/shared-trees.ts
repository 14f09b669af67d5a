/**
 * Adds shared trees to the machine of an SCX, behind the same interface: an ADU that names a root
 * travels the tree of that root, and one that names none travels its source's own tree as ever. Who
 * sends over a shared tree announces nothing, so no route and no state is kept for it. Each source
 * SCX is a root: "it is advantageous to use the distribution tree rooted at the source as a
 * bidirectional shared tree for the ACK, NACK, and retransmission traffic" (§7).
 *
 * Packets are delivered when they come, each once; those of one sender may change their order where
 * one was repaired.
 */
import type { Rng } from '../../lib/rng.js';
import type { Effect, GossamerEvent, Input } from '../core/effects.js';
import type { Message } from '../core/message.js';
import type { Member, NodeId, SourceId } from '../core/node.js';
import type { Gossamer } from '../gossamer.js';
import { createSharedTree, type SharedTree } from './shared-tree.js';
import { isTreeMessage, type TreeMessage } from './tree-messages.js';

/** Trees that are kept at most; sources beyond that are no roots. Guess. */
const TREES_MAX = 4;

/** Numbers of links are drawn from 32 bits. */
const NUMBERS = 2 ** 32;

/** A message of a tree as the environment carries it: wire/ has no form for it yet. */
const sealed = (message: TreeMessage): Message => message as unknown as Message;

const opened = (message: Message): TreeMessage | undefined => {
  const inside: { readonly kind: string } = message;
  return isTreeMessage(inside) ? inside : undefined;
};

/** Creates the table of the trees of a node, none yet. */
function createTrees(rng: Rng, emit: (effect: Effect) => void) {
  /** Bounded as the machine's sources are. */
  const rootOf = new Map<SourceId, NodeId>();
  /** Bounded by TREES_MAX. */
  const trees = new Map<NodeId, SharedTree>();

  const open = (root: NodeId): void => {
    if (trees.has(root) || trees.size >= TREES_MAX) return;
    const tree = createSharedTree({
      root,
      drawNumber: () => rng.below(NUMBERS - 1),
      send: (to, message) => emit({ kind: 'send', to: to.address, message: sealed(message) }),
      deliver: (adu) => emit({ kind: 'deliver', adu }),
    });
    trees.set(root, tree);
  };

  const close = (root: NodeId | undefined): void => {
    if (root === undefined || [...rootOf.values()].includes(root)) return;
    trees.get(root)?.close();
    trees.delete(root);
  };

  return {
    trees,
    /** The SCX of a source is known, or none is any more. */
    setRoot: (source: SourceId, root: NodeId | undefined): void => {
      const before = rootOf.get(source);
      if (root === undefined) rootOf.delete(source);
      else rootOf.set(source, root);
      if (root !== undefined) open(root);
      if (before !== root) close(before);
    },
  };
}

export interface WithSharedTrees extends Gossamer {
  /** What is kept for shared trees: packets, and ends of links. */
  kept(): { readonly packets: number; readonly links: number };
}

/** Creates the machine of an SCX with shared trees, around one without. */
export function withSharedTrees(gossamer: Gossamer, rng: Rng): WithSharedTrees {
  let effects: Effect[] = [];
  const neighbours = new Map<NodeId, Member>();
  const { trees, setRoot } = createTrees(rng, (effect) => void effects.push(effect));

  const onEvent = (event: GossamerEvent): void => {
    if (event.kind === 'edgeUp') neighbours.set(event.member.id, event.member);
    else if (event.kind === 'edgeDown') {
      neighbours.delete(event.member.id);
      for (const tree of trees.values()) tree.onEdgeDown(event.member.id);
    } else if (event.kind === 'sourceUp') setRoot(event.source.id, event.scx);
    else if (event.kind === 'sourceDown') setRoot(event.source, undefined);
  };

  /** Hands on what the machine does, and follows its routes. */
  const follow = (done: readonly Effect[], now: number): void => {
    for (const effect of done) {
      effects.push(effect);
      if (effect.kind === 'notify') onEvent(effect.event);
    }
    for (const [root, tree] of trees) {
      const hop = gossamer.nextHop(root);
      tree.setParent(hop === undefined ? undefined : neighbours.get(hop), now);
    }
  };

  const handle = (input: Input, now: number): void => {
    if (input.kind === 'publish' && input.adu.root !== undefined) {
      return trees.get(input.adu.root)?.publish(input.adu, now);
    }
    const message = input.kind === 'received' ? opened(input.message) : undefined;
    if (input.kind !== 'received' || message === undefined) {
      return follow(gossamer.handle(input, now), now);
    }
    if (neighbours.has(input.from.id)) trees.get(message.root)?.receive(input.from, message, now);
  };

  const take = (): Effect[] => {
    const taken = effects;
    effects = [];
    return taken;
  };

  return {
    ...gossamer,
    kept: () => {
      const sizes = [...trees.values()].map((tree) => tree.size());
      const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
      return {
        packets: sum(sizes.map(({ packets }) => packets)),
        links: sum(sizes.map(({ links }) => links)),
      };
    },
    handle: (input, now) => {
      handle(input, now);
      return take();
    },
    tick: (now) => {
      if (gossamer.deadline() <= now) follow(gossamer.tick(now), now);
      for (const tree of trees.values()) tree.tick(now);
      return take();
    },
    deadline: () => {
      let earliest = gossamer.deadline();
      for (const tree of trees.values()) earliest = Math.min(earliest, tree.deadline());
      return earliest;
    },
  };
}
