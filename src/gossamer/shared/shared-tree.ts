/**
 * A bidirectional shared tree (§7): "Sources that wish to use a shared tree can explicitly include the
 * root SCX for the shared tree in their packet headers. Gossamer will then route the data over the
 * explicitly specified shared tree." Its links are those of the distribution tree of the root: each
 * SCX is a child of its next hop towards the root. A packet leaves by all links but the one that it
 * came over, up and down, so it reaches everybody, from wherever it is sent.
 *
 * Make before break: a child whose next hop changes detaches from its former parent when the next one
 * has answered. The two ends of a new link tell each other which packets they have, and send what
 * the other lacks; what comes twice is known by its key.
 */
import type { Adu, Member, NodeId } from '../core/node.js';
import { createTreeLink, type TreeLink } from './tree-link.js';
import type { PacketKey, TreeMessage } from './tree-messages.js';

/** Packets that are remembered, to tell what comes twice and to fill up new links. Guess. */
const REMEMBERED_MAX = 512;

/** Children at most: all neighbours, and a few former ones. */
const CHILDREN_MAX = 96;

/** A parent that has not answered is asked again after this, ms: it may not know of the edge yet. */
const ATTACH_AGAIN_MS = 1000;

interface End {
  readonly peer: Member;
  readonly number: number;
  readonly link: TreeLink;
  /** Before the other end has told what it has, nothing is sent over it. */
  isFilled: boolean;
}

export interface SharedTreeOptions {
  readonly root: NodeId;
  /** Draws the number of a link. */
  drawNumber(): number;
  send(to: Member, message: TreeMessage): void;
  deliver(adu: Adu): void;
}

export interface SharedTree {
  /** The next hop towards the root; undefined: there is none, or we are the root. */
  setParent(parent: Member | undefined, now: number): void;
  publish(adu: Adu, now: number): void;
  receive(from: Member, message: TreeMessage, now: number): void;
  /** The edge to a neighbour is gone. */
  onEdgeDown(id: NodeId): void;
  /** The root is no root any more. */
  close(): void;
  /** What is kept: packets, and ends of links. */
  size(): { readonly packets: number; readonly links: number };
  tick(now: number): void;
  deadline(): number;
}

const keyOf = ({ source, channel, sequence }: Adu): PacketKey => `${source}/${channel}/${sequence}`;

/** Creates the packets that a node remembers, none yet; the oldest makes room. */
function createMemory() {
  const packets = new Map<PacketKey, Adu>();
  return {
    packets,
    /** Returns whether the packet is news. */
    add: (adu: Adu): boolean => {
      const key = keyOf(adu);
      if (packets.has(key)) return false;
      packets.set(key, adu);
      if (packets.size > REMEMBERED_MAX) packets.delete(packets.keys().next().value as PacketKey);
      return true;
    },
  };
}

/** Creates the ends of the links of one node. */
function createEnds({ root, drawNumber, send }: SharedTreeOptions) {
  const children = new Map<NodeId, End>();
  const up: { parent: End | undefined; former: End | undefined } = {
    parent: undefined,
    former: undefined,
  };
  const all = (): End[] =>
    [up.parent, up.former, ...children.values()].filter((end) => end !== undefined);
  return {
    ...{ children, up, all },
    open: (peer: Member, number = drawNumber()): End => {
      const link = createTreeLink((message) => send(peer, { root, link: number, ...message }));
      return { peer, number, link, isFilled: false };
    },
    find: (id: NodeId, number: number): End | undefined =>
      all().find((end) => end.peer.id === id && end.number === number),
  };
}

/** Creates a tree without links. */
export function createSharedTree(options: SharedTreeOptions): SharedTree {
  const { root, send, deliver } = options;
  const memory = createMemory();
  const { children, up, all, open, find } = createEnds(options);

  let attachAt = Number.POSITIVE_INFINITY;

  const have = (): PacketKey[] => [...memory.packets.keys()];

  const attach = ({ peer, number }: End, now: number): void => {
    attachAt = now + ATTACH_AGAIN_MS;
    send(peer, { kind: 'treeAttach', root, link: number, have: have() });
  };

  const accept = (adu: Adu, from: End | undefined, now: number): void => {
    if (!memory.add(adu)) return;
    deliver(adu);
    for (const end of all()) if (end.isFilled && end !== from) end.link.send(adu, now);
  };

  /** Sends over a new link what its other end lacks. */
  const fillUp = (end: End, theirs: readonly PacketKey[], now: number): void => {
    if (end.isFilled) return;
    end.isFilled = true;
    const known = new Set(theirs);
    for (const [key, adu] of memory.packets) if (!known.has(key)) end.link.send(adu, now);
  };

  const detach = (end: End | undefined): void => {
    if (end !== undefined) send(end.peer, { kind: 'treeDetach', root, link: end.number });
  };

  const onAttach = (from: Member, number: number, theirs: readonly PacketKey[], now: number) => {
    if (children.size >= CHILDREN_MAX && !children.has(from.id)) return;
    const before = children.get(from.id);
    const end = before?.number === number ? before : open(from, number);
    children.set(from.id, end);
    send(from, { kind: 'treeAttached', root, link: number, have: have() });
    fillUp(end, theirs, now);
  };

  return {
    setParent: (parent, now) => {
      if (parent?.id === up.parent?.peer.id) return;
      // A parent that never answered has nothing of ours that is under way.
      if (up.former === undefined) up.former = up.parent;
      else detach(up.parent);
      up.parent = parent === undefined ? undefined : open(parent);
      if (up.parent === undefined) attachAt = Number.POSITIVE_INFINITY;
      else attach(up.parent, now);
    },
    publish: (adu, now) => accept(adu, undefined, now),
    receive: (from, message, now) => {
      if (message.kind === 'treeAttach') return onAttach(from, message.link, message.have, now);
      const end = find(from.id, message.link);
      if (end === undefined) return;
      if (message.kind === 'treeDetach') {
        if (children.get(from.id) === end) children.delete(from.id);
      } else if (message.kind === 'treeAttached') {
        if (end === up.parent) {
          attachAt = Number.POSITIVE_INFINITY;
          detach(up.former);
          up.former = undefined;
        }
        fillUp(end, message.have, now);
      } else {
        const adu = end.link.receive(message, now);
        if (adu !== undefined) accept(adu, end, now);
      }
    },
    onEdgeDown: (id) => {
      if (up.former?.peer.id === id) up.former = undefined;
      if (up.parent?.peer.id === id) up.parent = undefined;
      children.delete(id);
    },
    close: () => {
      detach(up.parent);
      detach(up.former);
      up.parent = undefined;
      up.former = undefined;
      children.clear();
    },
    size: () => ({ packets: memory.packets.size, links: all().length }),
    tick: (now) => {
      for (const { link } of all()) if (link.deadline() <= now) link.tick(now);
      if (attachAt <= now && up.parent !== undefined) attach(up.parent, now);
    },
    deadline: () => {
      let earliest = up.parent === undefined ? Number.POSITIVE_INFINITY : attachAt;
      for (const { link } of all()) earliest = Math.min(earliest, link.deadline());
      return earliest;
    },
  };
}
