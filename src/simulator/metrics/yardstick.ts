/**
 * The yardstick: how good a tree under the same degree limit can be, when one who knows all distances
 * searches long. First a compact tree, greedily: always attach the SCX that comes to lie nearest to the
 * source. Then simulated annealing with three moves: a subtree moves to another parent, two subtrees
 * exchange places, two SCXs exchange places. The same seed finds the same tree.
 *
 * The tree is held as positions and who occupies them, so that two SCXs exchange places without a
 * change of the tree's shape. The cost of all paths is the sum, over all positions, of the length of
 * the edge to the parent times the size of the subtree below it; so each move is judged locally.
 */
import type { Rng } from '../../lib/rng.js';
import type { DelayMs, Tree } from './tree.js';

export interface YardstickOptions {
  readonly scxs: number;
  readonly source: number;
  /** Edges of an SCX at most: k1 + k2. */
  readonly degreeMax: number;
  readonly delayMs: DelayMs;
  readonly rng: Rng;
  /** Moves tried, for each SCX. */
  readonly effort?: number;
}

/** Beyond this the gain is below 1% on the reference topologies. */
const EFFORT = 5000;

/** The temperature falls from a share of the mean path's length to a share of that. */
const HOTTEST = 0.5;
const COLDEST = 0.001;

const NOBODY = -1;

/** Compact: the parent of each SCX. */
function growCompactTree({ scxs, source, degreeMax, delayMs }: YardstickOptions): Int32Array {
  const parents = new Int32Array(scxs).fill(NOBODY);
  const depths = new Float64Array(scxs);
  const room = new Int32Array(scxs).fill(degreeMax - 1);
  const inside = [source];
  const outside = new Set(Array.from({ length: scxs }, (_, scx) => scx));
  outside.delete(source);
  room[source] = degreeMax;
  const best = new Int32Array(scxs).fill(source);
  const via = (parent: number, scx: number): number =>
    (depths[parent] as number) + delayMs(parent, scx);

  const findBest = (scx: number): void => {
    let found = NOBODY;
    for (const parent of inside) {
      if ((room[parent] as number) === 0) continue;
      if (found === NOBODY || via(parent, scx) < via(found, scx)) found = parent;
    }
    best[scx] = found;
  };

  while (outside.size > 0) {
    let next = NOBODY;
    let nearest = Number.POSITIVE_INFINITY;
    for (const scx of outside) {
      const depth = via(best[scx] as number, scx);
      if (depth >= nearest) continue;
      nearest = depth;
      next = scx;
    }
    const parent = best[next] as number;
    parents[next] = parent;
    depths[next] = nearest;
    room[parent] = (room[parent] as number) - 1;
    inside.push(next);
    outside.delete(next);
    for (const scx of outside) {
      if (best[scx] === parent && room[parent] === 0) findBest(scx);
      else if (via(next, scx) < via(best[scx] as number, scx)) best[scx] = next;
    }
  }
  return parents;
}

/** A tree that moves change; each returns what it adds to the cost, or undefined if it cannot be. */
interface Shape {
  move(position: number, parent: number): Change | undefined;
  exchangeSubtrees(a: number, b: number): Change | undefined;
  exchangeOccupants(a: number, b: number): Change | undefined;
  /** By SCX. */
  parents(): (number | undefined)[];
}

interface Change {
  readonly addsMs: number;
  apply(): void;
}

function createShape(
  { scxs, source, degreeMax, delayMs }: YardstickOptions,
  from: Int32Array,
): Shape {
  const parent = from.slice();
  const occupant = Int32Array.from({ length: scxs }, (_, scx) => scx);
  const size = new Int32Array(scxs);
  const children: number[][] = Array.from({ length: scxs }, () => []);

  const resize = (start: number, by: number): void => {
    for (let at = start; at !== NOBODY; at = parent[at] as number) {
      size[at] = (size[at] as number) + by;
    }
  };
  for (const position of parent.keys()) {
    resize(position, 1);
    const above = parent[position] as number;
    if (above !== NOBODY) children[above]?.push(position);
  }

  const edgeMs = (above: number, position: number): number =>
    delayMs(occupant[above] as number, occupant[position] as number);

  const depthMs = (position: number): number => {
    let depth = 0;
    for (let at = position; at !== source; at = parent[at] as number) {
      depth += edgeMs(parent[at] as number, at);
    }
    return depth;
  };

  const isAbove = (ancestor: number, position: number): boolean => {
    let at = position;
    while (at !== NOBODY && at !== ancestor) at = parent[at] as number;
    return at === ancestor;
  };

  const hasRoom = (position: number): boolean =>
    (children[position] as number[]).length < (position === source ? degreeMax : degreeMax - 1);

  const detach = (position: number): void => {
    const above = parent[position] as number;
    const siblings = children[above] as number[];
    siblings.splice(siblings.indexOf(position), 1);
    resize(above, -(size[position] as number));
  };

  const attach = (position: number, above: number): void => {
    parent[position] = above;
    children[above]?.push(position);
    resize(above, size[position] as number);
  };

  /** What it costs to hang a subtree elsewhere. */
  const rehangMs = (position: number, above: number): number =>
    (size[position] as number) * (depthMs(above) + edgeMs(above, position) - depthMs(position));

  const swapOccupants = (a: number, b: number): void => {
    const held = occupant[a] as number;
    occupant[a] = occupant[b] as number;
    occupant[b] = held;
  };

  return {
    move: (position, above) => {
      if (above === parent[position] || !hasRoom(above) || isAbove(position, above)) return;
      const apply = (): void => {
        detach(position);
        attach(position, above);
      };
      return { addsMs: rehangMs(position, above), apply };
    },
    exchangeSubtrees: (a, b) => {
      const [aboveA, aboveB] = [parent[a] as number, parent[b] as number];
      if (aboveA === aboveB || isAbove(a, b) || isAbove(b, a)) return;
      const apply = (): void => {
        detach(a);
        detach(b);
        attach(a, aboveB);
        attach(b, aboveA);
      };
      return { addsMs: rehangMs(a, aboveB) + rehangMs(b, aboveA), apply };
    },
    exchangeOccupants: (a, b) => {
      const loadMs = (position: number): number =>
        (size[position] as number) * edgeMs(parent[position] as number, position);
      /** Of the edges at either; the one between them, if there is one, counts once. */
      const touchedMs = (): number => {
        let sum = loadMs(a) + loadMs(b);
        for (const child of children[a] as number[]) if (child !== b) sum += loadMs(child);
        for (const child of children[b] as number[]) if (child !== a) sum += loadMs(child);
        return sum;
      };
      const beforeMs = touchedMs();
      swapOccupants(a, b);
      const addsMs = touchedMs() - beforeMs;
      swapOccupants(a, b);
      return { addsMs, apply: () => swapOccupants(a, b) };
    },
    parents: () => {
      const result = new Array<number | undefined>(scxs).fill(undefined);
      for (const position of parent.keys()) {
        const above = parent[position] as number;
        if (above !== NOBODY) result[occupant[position] as number] = occupant[above];
      }
      return result;
    },
  };
}

function anneal(
  shape: Shape,
  { scxs, source, delayMs, rng, effort = EFFORT }: YardstickOptions,
): void {
  let starMs = 0;
  for (let scx = 0; scx < scxs; scx++) starMs += delayMs(source, scx);
  const meanMs = starMs / scxs;
  const moves = effort * scxs;
  const drawMove = (): Change | undefined => {
    const [a, b] = [rng.below(scxs), rng.below(scxs)];
    const kind = rng.below(3);
    if (a === b || a === source) return undefined;
    if (kind === 0) return shape.move(a, b);
    if (b === source) return undefined;
    return kind === 1 ? shape.exchangeSubtrees(a, b) : shape.exchangeOccupants(a, b);
  };
  for (let move = 0; move < moves; move++) {
    const change = drawMove();
    if (change === undefined) continue;
    const heatMs = meanMs * HOTTEST * (COLDEST / HOTTEST) ** (move / moves);
    if (change.addsMs <= 0 || rng.unit() < Math.exp(-change.addsMs / heatMs)) change.apply();
  }
}

/** The best tree that the search finds; at least three edges for each SCX keep it from being a path. */
export function findYardstick(options: YardstickOptions): Tree {
  const shape = createShape(options, growCompactTree(options));
  if (options.scxs > 2) anneal(shape, options);
  return { source: options.source, parents: shape.parents() };
}
