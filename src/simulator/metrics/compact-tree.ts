/**
 * A compact tree, grown greedily: of all SCXs outside, the one that would have the shortest path
 * from the source is attached next, wherever an SCX inside has an edge left. It is where the
 * yardstick's search begins.
 */
import type { DelayMs } from './tree.js';

export interface CompactTreeOptions {
  readonly scxs: number;
  /** The index of the source SCX. */
  readonly source: number;
  /** The most edges of an SCX: k1 + k2. */
  readonly degreeMax: number;
  readonly delayMs: DelayMs;
}

/** In place of an index: no SCX. */
export const NOBODY = -1;

/** A tree as it grows. By SCX, where an array. */
interface Growth {
  readonly options: CompactTreeOptions;
  readonly parents: Int32Array;
  /** Length of the path from the source, ms. */
  readonly depths: Float64Array;
  /** Edges left. */
  readonly room: Int32Array;
  /** For each SCX outside: the best parent inside. */
  readonly best: Int32Array;
  readonly inside: number[];
  readonly outside: Set<number>;
}

function begin(options: CompactTreeOptions): Growth {
  const { scxs, source, degreeMax } = options;
  const room = new Int32Array(scxs).fill(degreeMax - 1);
  room[source] = degreeMax;
  const outside = new Set(Array.from({ length: scxs }, (_, scx) => scx));
  outside.delete(source);
  return {
    ...{ options, room, outside },
    parents: new Int32Array(scxs).fill(NOBODY),
    depths: new Float64Array(scxs),
    best: new Int32Array(scxs).fill(source),
    inside: [source],
  };
}

/** The length of an SCX's path if it had this parent, ms. */
const via = ({ depths, options }: Growth, parent: number, scx: number): number =>
  (depths[parent] as number) + options.delayMs(parent, scx);

function findBest(growth: Growth, scx: number): number {
  let found = NOBODY;
  for (const parent of growth.inside) {
    if ((growth.room[parent] as number) === 0) continue;
    if (found === NOBODY || via(growth, parent, scx) < via(growth, found, scx)) found = parent;
  }
  return found;
}

/** The SCX outside with the shortest path. */
function findNearest(growth: Growth): number {
  let next = NOBODY;
  let nearest = Number.POSITIVE_INFINITY;
  for (const scx of growth.outside) {
    const depth = via(growth, growth.best[scx] as number, scx);
    if (depth >= nearest) continue;
    nearest = depth;
    next = scx;
  }
  return next;
}

function attach(growth: Growth, scx: number): void {
  const { parents, depths, room, best, inside, outside } = growth;
  const parent = best[scx] as number;
  parents[scx] = parent;
  depths[scx] = via(growth, parent, scx);
  room[parent] = (room[parent] as number) - 1;
  inside.push(scx);
  outside.delete(scx);
  for (const other of outside) {
    if (best[other] === parent && room[parent] === 0) best[other] = findBest(growth, other);
    else if (via(growth, scx, other) < via(growth, best[other] as number, other)) best[other] = scx;
  }
}

/** The parent of each SCX; NOBODY at the source. */
export function growCompactTree(options: CompactTreeOptions): Int32Array {
  const growth = begin(options);
  while (growth.outside.size > 0) attach(growth, findNearest(growth));
  return growth.parents;
}
