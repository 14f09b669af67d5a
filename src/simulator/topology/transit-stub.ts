/**
 * Draws transit-stub graphs as the Georgia Tech generator does (§5.1: "We used the Transit-Stub model
 * to generate our experimental topologies. Each topology consisted of 1000 nodes"): a few transit
 * domains, joined with each other; each of their routers carries stub domains, whose nodes are where
 * most SCXs will be. The total is exact; how many nodes a domain has varies around its mean.
 *
 * Two habits of GT-ITM were found in its files (their coordinates), not in its description: a stub's
 * square is placed such that its router lies in it; and only the first transit domain has the side
 * that is meant for all, the others have that of a stub.
 *
 * The defaults are those of the reference graphs `ts1000n`. The paper does not tell its own; these
 * fit its results best.
 */
import { bad, good, type Result } from '../../lib/result.js';
import type { Rng } from '../../lib/rng.js';
import { drawFlatGraph, type FlatGraph, type Point } from './flat-graph.js';
import { createGraph, type Link, type NamedGraph } from './graph.js';

export interface TransitStubOptions {
  readonly transitDomains: number;
  /** Mean routers in a transit domain. */
  readonly transitNodes: number;
  /** Mean stub domains at a transit router. */
  readonly stubs: number;
  /** Mean nodes in a stub domain. */
  readonly stubNodes: number;
  /** Probabilities that two nodes of a level are joined: domains, in a transit domain, in a stub. */
  readonly domainDensity: number;
  readonly transitDensity: number;
  readonly stubDensity: number;
}

/** As ts1000n: 2 x 4 x (1 + 4 x 31) = 1000 nodes. */
export const TS1000N: TransitStubOptions = Object.freeze({
  transitDomains: 2,
  transitNodes: 4,
  stubs: 4,
  stubNodes: 31,
  domainDensity: 1,
  transitDensity: 0.6,
  stubDensity: 0.15,
});

/** As ts1000a, with many small stub domains: 5 x 8 x (1 + 3 x 8) = 1000 nodes. */
export const TS1000A: TransitStubOptions = Object.freeze({
  transitDomains: 5,
  transitNodes: 8,
  stubs: 3,
  stubNodes: 8,
  domainDensity: 1,
  transitDensity: 0.5,
  stubDensity: 0.5,
});

/** A graph of more nodes is refused. */
const NODES_MAX = 200_000;

/** GT-ITM makes two of each edge of the top level. */
const LINKS_BETWEEN_DOMAINS = 2;

/** How many nodes a graph of these options has. */
const totalNodes = (options: TransitStubOptions): number =>
  options.transitDomains * options.transitNodes * (1 + options.stubs * options.stubNodes);

/**
 * Options for a graph of so many nodes at least: more transit domains, and more routers in each, with
 * stubs as they were.
 */
function enlarge(options: TransitStubOptions, nodesMin: number): TransitStubOptions {
  const routers = nodesMin / (1 + options.stubs * options.stubNodes);
  const growth = routers / (options.transitDomains * options.transitNodes);
  if (growth <= 1) return options;
  const transitDomains = Math.ceil(options.transitDomains * Math.sqrt(growth));
  return { ...options, transitDomains, transitNodes: Math.ceil(routers / transitDomains) };
}

/** Sides of the squares: all, a transit domain, a stub. */
function sidesOf(options: TransitStubOptions): { all: number; transit: number; stub: number } {
  const { transitDomains, transitNodes, stubs, stubNodes } = options;
  const all = Math.round(Math.sqrt(80 * totalNodes(options)));
  const half = Math.round(all / 2);
  const weight = stubNodes + 3 * (stubs + 3 * (transitNodes + 3 * transitDomains));
  return { all, transit: half + (half % 2), stub: Math.round(Math.sqrt(16 * weight)) };
}

/** Sizes around a mean, their total kept: so often one of them gives one to another. */
export function varySizes(count: number, mean: number, rng: Rng): number[] {
  const sizes = new Array<number>(count).fill(mean);
  if (mean <= 1) return sizes;
  for (let move = 0; move < 3 * count; move++) {
    let from = rng.below(count);
    while ((sizes[from] as number) <= 1) from = rng.below(count);
    const to = rng.below(count);
    sizes[from] = (sizes[from] as number) - 1;
    sizes[to] = (sizes[to] as number) + 1;
  }
  return sizes;
}

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), Math.max(least, most));

const lengthOf = (a: Point, b: Point): number => Math.round(Math.hypot(a.x - b.x, a.y - b.y));

/** The graph as it grows. */
interface Draft {
  /** Of one unit of the grid, ms. */
  readonly unitMs: number;
  readonly points: Point[];
  readonly names: string[];
  readonly links: Link[];
}

/** Adds a flat graph whose square begins at an origin; returns the numbers of its nodes. */
function embed(
  draft: Draft,
  flat: FlatGraph,
  origin: Point,
  name: (n: number) => string,
): number[] {
  const first = draft.points.length;
  for (const [index, { x, y }] of flat.points.entries()) {
    draft.points.push({ x: x + origin.x, y: y + origin.y });
    draft.names.push(name(index));
  }
  for (const { from, to, length } of flat.links) {
    draft.links.push({ from: from + first, to: to + first, length: length * draft.unitMs });
  }
  return flat.points.map((_, index) => first + index);
}

function joinNodes(draft: Draft, from: number, to: number): void {
  const length = lengthOf(draft.points[from] as Point, draft.points[to] as Point);
  draft.links.push({ from, to, length: length * draft.unitMs });
}

/**
 * A graph of these options, or why there is none.
 * @param nodesMin where they make fewer nodes than this, the graph has more transit domains and
 *   routers. GT-ITM would spread them over a larger square; but a continent does not grow with the
 *   number of its networks, so distances shrink as nodes become dense: the square is as many ms wide.
 */
export function drawTransitStub(
  asked: TransitStubOptions,
  rng: Rng,
  nodesMin = 0,
): Result<NamedGraph> {
  const options = enlarge(asked, nodesMin);
  const total = totalNodes(options);
  if (total > NODES_MAX) return bad(`a transit-stub graph of ${total} nodes: ${NODES_MAX} at most`);
  const sides = sidesOf(options);
  const unitMs = sidesOf(asked).all / sides.all;
  const draft: Draft = { unitMs, points: [], names: [], links: [] };
  const routers = options.transitDomains * options.transitNodes;
  const transitSizes = varySizes(options.transitDomains, options.transitNodes, rng);
  const stubCounts = varySizes(routers, options.stubs, rng);
  const stubSizes = varySizes(routers * options.stubs, options.stubNodes, rng);
  let problem: string | undefined;

  /** One that cannot be connected spoils the whole, so what takes its place does not matter. */
  const draw = (nodes: number, side: number, density: number, what: string): FlatGraph => {
    const flat = problem === undefined ? drawFlatGraph(nodes, side, density, rng) : undefined;
    if (flat !== undefined) return flat;
    problem ??= `${what} of ${nodes} nodes is never connected at an edge probability of ${density}`;
    return { points: Array.from({ length: nodes }, () => ({ x: 0, y: 0 })), links: [] };
  };

  const addStub = (router: number, label: string): void => {
    const size = stubSizes.shift() as number;
    const flat = draw(size, sides.stub, options.stubDensity, 'a stub domain');
    const near = draft.points[router] as Point;
    const start = (at: number): number =>
      clamp(at - rng.below(sides.stub + 1), 0, sides.all - sides.stub);
    const origin = { x: start(near.x), y: start(near.y) };
    const nodes = embed(draft, flat, origin, (node) => `${label}.${node}`);
    joinNodes(draft, router, rng.pick(nodes) as number);
  };

  const addDomain = (centre: Point, domain: number): number[] => {
    const side = domain === 0 ? sides.transit : sides.stub;
    const size = transitSizes[domain] as number;
    const flat = draw(size, side, options.transitDensity, 'a transit domain');
    const start = (at: number): number => clamp(at - Math.round(side / 2), 0, sides.all - side);
    const origin = { x: start(centre.x), y: start(centre.y) };
    const nodes = embed(draft, flat, origin, (node) => `T:${domain}.${node}`);
    for (const [index, router] of nodes.entries()) {
      const stubs = stubCounts.shift() as number;
      for (let stub = 0; stub < stubs; stub++) addStub(router, `S:${domain}.${index}/${stub}`);
    }
    return nodes;
  };

  const top = draw(options.transitDomains, sides.all, options.domainDensity, 'a top level');
  const domains = top.points.map(addDomain);
  const anyOf = (domain: number): number => rng.pick(domains[domain] as number[]) as number;
  for (const { from, to } of top.links) {
    for (let copy = 0; copy < LINKS_BETWEEN_DOMAINS; copy++) {
      joinNodes(draft, anyOf(from), anyOf(to));
    }
  }
  if (problem !== undefined) return bad(problem);
  return good({ graph: createGraph(total, draft.links), names: draft.names });
}
