/**
 * A tree that a search changes step by step, and judges each step before it is taken.
 *
 * It is held as positions and the SCXs that occupy them, so that two SCXs exchange places without a
 * change of the tree's shape. The cost of all paths is the sum, over all positions, of the length
 * of the edge to the parent times the size of the subtree below it; so each step is judged locally.
 */
import { type CompactTreeOptions, NOBODY } from './compact-tree.js';

/** By position, where an array. */
export interface MovableTree extends CompactTreeOptions {
  /** The position above; NOBODY at the source's. */
  readonly parent: Int32Array;
  readonly occupant: Int32Array;
  /** Positions in the subtree, itself included. */
  readonly size: Int32Array;
  readonly children: readonly number[][];
}

/** A step that is possible. */
export interface Step {
  /** What it adds to the cost, ms; negative when the tree becomes better. */
  readonly addsMs: number;
  apply(): void;
}

function resize({ parent, size }: MovableTree, start: number, by: number): void {
  for (let at = start; at !== NOBODY; at = parent[at] as number) {
    size[at] = (size[at] as number) + by;
  }
}

/** Creates the tree with these parents by SCX; each SCX occupies the position with its index. */
export function createMovableTree(options: CompactTreeOptions, parents: Int32Array): MovableTree {
  const { scxs } = options;
  const tree: MovableTree = {
    ...options,
    parent: parents.slice(),
    occupant: Int32Array.from({ length: scxs }, (_, scx) => scx),
    size: new Int32Array(scxs),
    children: Array.from({ length: scxs }, () => []),
  };
  for (const position of parents.keys()) {
    resize(tree, position, 1);
    const above = parents[position] as number;
    if (above !== NOBODY) tree.children[above]?.push(position);
  }
  return tree;
}

/** By SCX: its parent; undefined at the source. */
export function parentsOf({ scxs, parent, occupant }: MovableTree): (number | undefined)[] {
  const result = new Array<number | undefined>(scxs).fill(undefined);
  for (const position of parent.keys()) {
    const above = parent[position] as number;
    if (above !== NOBODY) result[occupant[position] as number] = occupant[above];
  }
  return result;
}

const edgeMs = ({ delayMs, occupant }: MovableTree, above: number, position: number): number =>
  delayMs(occupant[above] as number, occupant[position] as number);

function depthMs(tree: MovableTree, position: number): number {
  const { parent, source } = tree;
  let depth = 0;
  for (let at = position; at !== source; at = parent[at] as number) {
    depth += edgeMs(tree, parent[at] as number, at);
  }
  return depth;
}

function isAbove({ parent }: MovableTree, ancestor: number, position: number): boolean {
  let at = position;
  while (at !== NOBODY && at !== ancestor) at = parent[at] as number;
  return at === ancestor;
}

const hasRoom = ({ children, source, degreeMax }: MovableTree, position: number): boolean =>
  (children[position] as number[]).length < (position === source ? degreeMax : degreeMax - 1);

function detach(tree: MovableTree, position: number): void {
  const above = tree.parent[position] as number;
  const siblings = tree.children[above] as number[];
  siblings.splice(siblings.indexOf(position), 1);
  resize(tree, above, -(tree.size[position] as number));
}

function attach(tree: MovableTree, position: number, above: number): void {
  tree.parent[position] = above;
  tree.children[above]?.push(position);
  resize(tree, above, tree.size[position] as number);
}

/** The change of the cost when a subtree is attached elsewhere, ms. */
const reattachMs = (tree: MovableTree, position: number, above: number): number =>
  (tree.size[position] as number) *
  (depthMs(tree, above) + edgeMs(tree, above, position) - depthMs(tree, position));

/** A subtree moves to another parent; undefined where it cannot. */
export function moveSubtree(tree: MovableTree, position: number, above: number): Step | undefined {
  if (above === tree.parent[position] || !hasRoom(tree, above)) return undefined;
  if (isAbove(tree, position, above)) return undefined;
  const apply = (): void => {
    detach(tree, position);
    attach(tree, position, above);
  };
  return { addsMs: reattachMs(tree, position, above), apply };
}

/** Two subtrees exchange their parents; undefined where they cannot. */
export function exchangeSubtrees(tree: MovableTree, a: number, b: number): Step | undefined {
  const [aboveA, aboveB] = [tree.parent[a] as number, tree.parent[b] as number];
  if (aboveA === aboveB || isAbove(tree, a, b) || isAbove(tree, b, a)) return undefined;
  const apply = (): void => {
    detach(tree, a);
    detach(tree, b);
    attach(tree, a, aboveB);
    attach(tree, b, aboveA);
  };
  return { addsMs: reattachMs(tree, a, aboveB) + reattachMs(tree, b, aboveA), apply };
}

function swapOccupants({ occupant }: MovableTree, a: number, b: number): void {
  const held = occupant[a] as number;
  occupant[a] = occupant[b] as number;
  occupant[b] = held;
}

/** The cost of the edge above a position, ms. */
const loadMs = (tree: MovableTree, position: number): number =>
  (tree.size[position] as number) * edgeMs(tree, tree.parent[position] as number, position);

/** The loads of all edges at two positions; an edge between them counts once. */
function loadsAtMs(tree: MovableTree, a: number, b: number): number {
  let sum = loadMs(tree, a) + loadMs(tree, b);
  for (const child of tree.children[a] as number[]) if (child !== b) sum += loadMs(tree, child);
  for (const child of tree.children[b] as number[]) if (child !== a) sum += loadMs(tree, child);
  return sum;
}

/** Two SCXs exchange positions; neither position may be the source's. */
export function exchangeOccupants(tree: MovableTree, a: number, b: number): Step {
  const beforeMs = loadsAtMs(tree, a, b);
  swapOccupants(tree, a, b);
  const addsMs = loadsAtMs(tree, a, b) - beforeMs;
  swapOccupants(tree, a, b);
  return { addsMs, apply: () => swapOccupants(tree, a, b) };
}
