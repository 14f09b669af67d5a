/**
 * The distribution tree of one source as it really is: each SCX's own next hop, not the path that
 * it has heard. While routes change the tree may have holes and even loops; neither is hidden.
 */
import type { NodeId } from '../../gossamer/core/node.js';
import type { SimulatedScx } from '../world/simulated-scx.js';

/** One-way delay between two SCXs by index, ms. */
export type DelayMs = (from: number, to: number) => number;

export interface Tree {
  /** The index of the source SCX. */
  readonly source: number;
  /** By SCX: its parent; undefined at the source and where there is no route. */
  readonly parents: readonly (number | undefined)[];
}

/** The trees of source SCXs, read from the next hops of all SCXs. */
export function readTrees(scxs: readonly SimulatedScx[], sources: readonly number[]): Tree[] {
  const indexes = new Map(scxs.map(({ gossamer }, index) => [gossamer.self().id, index]));
  return sources.map((source) => {
    const root = scxs[source]?.gossamer.self().id;
    const parentOf = ({ gossamer }: SimulatedScx): number | undefined => {
      const hop: NodeId | undefined = root && gossamer.nextHop(root);
      return hop === undefined ? undefined : indexes.get(hop);
    };
    return { source, parents: scxs.map(parentOf) };
  });
}

/**
 * By SCX: the length of its path from the source, ms; undefined where the source does not reach.
 */
export function pathLengths({ source, parents }: Tree, delayMs: DelayMs): (number | undefined)[] {
  const lengths = new Array<number | undefined>(parents.length).fill(undefined);
  const isDone = new Uint8Array(parents.length);
  lengths[source] = 0;
  isDone[source] = 1;
  for (const start of parents.keys()) {
    const trail: number[] = [];
    let at: number | undefined = start;
    // Nodes are marked on the way up, so a loop ends where it began, without a length.
    for (; at !== undefined && isDone[at] === 0; at = parents[at]) {
      isDone[at] = 1;
      trail.push(at);
    }
    let length = at === undefined ? undefined : lengths[at];
    for (let node = trail.pop(); node !== undefined && length !== undefined; node = trail.pop()) {
      length += delayMs(parents[node] as number, node);
      lengths[node] = length;
    }
  }
  return lengths;
}

/** A transmission over the network: from a parent to a child. */
export type Hop = readonly [from: number, to: number];

/** The hops of a tree. */
export const treeHops = ({ source, parents }: Tree): Hop[] =>
  parents.flatMap((parent, scx) =>
    parent === undefined || scx === source ? [] : [[parent, scx] as const],
  );

/** The hops of the unicast star: "the source SCX will simply perform an n-way unicast" (§3). */
export const starHops = ({ source, parents }: Tree): Hop[] =>
  [...parents.keys()].filter((scx) => scx !== source).map((scx) => [source, scx] as const);
