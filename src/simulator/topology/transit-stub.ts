/**
 * Draws transit-stub graphs as the Georgia Tech generator does (§5.1: "We used the Transit-Stub
 * model to generate our experimental topologies. Each topology consisted of 1000 nodes"): a few
 * transit domains, joined with each other; each of their routers has stub domains, in whose nodes
 * most SCXs will be. The total is exact; the number of nodes of a domain varies around its mean.
 *
 * These properties of GT-ITM were found in its files, not in its description. A stub's square is
 * placed so that its router lies in it. Only the first transit domain has the side of the square that
 * is meant for all, the others have that of a stub; but all are placed as if they had the former, so
 * the others lie near the origin of the whole. And sizes vary around their mean within what is just
 * being made: the stubs within a transit domain, the nodes of stubs at one router.
 *
 * The defaults are those of the reference graphs `ts1000n`. The paper does not give its own; these
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
  /**
   * Probabilities that two nodes of a level are joined: domains, in a transit domain, in a stub.
   */
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

/** The most nodes of a graph. */
const NODES_MAX = 200_000;

/** GT-ITM makes two links of each edge of the top level. */
const LINKS_BETWEEN_DOMAINS = 2;

/** The number of nodes of a graph with these options. */
const totalNodes = (options: TransitStubOptions): number =>
  options.transitDomains * options.transitNodes * (1 + options.stubs * options.stubNodes);

/**
 * Options for a graph of at least `nodesMin` nodes: more transit domains, and more routers in each,
 * with the same stubs.
 */
function enlarge(options: TransitStubOptions, nodesMin: number): TransitStubOptions {
  const routers = nodesMin / (1 + options.stubs * options.stubNodes);
  const growth = routers / (options.transitDomains * options.transitNodes);
  if (growth <= 1) return options;
  const transitDomains = Math.ceil(options.transitDomains * Math.sqrt(growth));
  return { ...options, transitDomains, transitNodes: Math.ceil(routers / transitDomains) };
}

/** Sides of the squares: of the whole graph, of a transit domain, and of a stub. */
function sidesOf(options: TransitStubOptions): { all: number; transit: number; stub: number } {
  const { transitDomains, transitNodes, stubs, stubNodes } = options;
  const all = Math.round(Math.sqrt(80 * totalNodes(options)));
  const half = Math.round(all / 2);
  const weight = stubNodes + 3 * (stubs + 3 * (transitNodes + 3 * transitDomains));
  return { all, transit: half + (half % 2), stub: Math.round(Math.sqrt(16 * weight)) };
}

/** Sizes around a mean with the same total: three times for each, one size gives 1 to another. */
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
  readonly options: TransitStubOptions;
  readonly rng: Rng;
  readonly sides: ReturnType<typeof sidesOf>;
  /** The length of one unit of the grid, ms. */
  readonly unitMs: number;
  readonly points: Point[];
  readonly names: string[];
  readonly links: Link[];
  /** Why there is no graph of these options, if so. */
  problem: string | undefined;
}

interface FlatOptions {
  readonly nodes: number;
  readonly side: number;
  readonly density: number;
  /** The purpose of the graph, for error messages. */
  readonly what: string;
}

/** A flat graph. One that cannot be connected spoils the whole, so any points may replace it. */
function drawFlat(draft: Draft, { nodes, side, density, what }: FlatOptions): FlatGraph {
  const flat =
    draft.problem === undefined ? drawFlatGraph(nodes, side, density, draft.rng) : undefined;
  if (flat !== undefined) return flat;
  draft.problem ??=
    `${what} of ${nodes} nodes is never connected at an edge probability of ${density}: ` +
    'raise the density';
  return { points: Array.from({ length: nodes }, () => ({ x: 0, y: 0 })), links: [] };
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

/** Adds a stub domain whose square contains its transit router. */
function addStub(draft: Draft, router: number, label: string, nodes: number): void {
  const { options, rng, sides } = draft;
  const density = options.stubDensity;
  const flat = drawFlat(draft, { nodes, side: sides.stub, density, what: 'a stub domain' });
  const near = draft.points[router] as Point;
  const start = (at: number): number =>
    clamp(at - rng.below(sides.stub + 1), 0, sides.all - sides.stub);
  const origin = { x: start(near.x), y: start(near.y) };
  const numbers = embed(draft, flat, origin, (node) => `${label}.${node}`);
  joinNodes(draft, router, rng.pick(numbers) as number);
}

/**
 * Adds a transit domain around a centre, with the stub domains of its routers; returns the routers.
 */
function addDomain(draft: Draft, centre: Point, domain: number, nodes: number): number[] {
  const { options, rng, sides } = draft;
  const side = domain === 0 ? sides.transit : sides.stub;
  const density = options.transitDensity;
  const flat = drawFlat(draft, { nodes, side, density, what: 'a transit domain' });
  const start = (at: number): number => clamp(at - sides.transit / 2, 0, sides.all - sides.transit);
  const origin = { x: start(centre.x), y: start(centre.y) };
  const routers = embed(draft, flat, origin, (node) => `T:${domain}.${node}`);
  const stubCounts = varySizes(nodes, options.stubs, rng);
  for (const [index, router] of routers.entries()) {
    const stubSizes = varySizes(stubCounts[index] as number, options.stubNodes, rng);
    for (const [stub, size] of stubSizes.entries()) {
      addStub(draft, router, `S:${domain}.${index}/${stub}`, size);
    }
  }
  return routers;
}

/** Draws the transit domains, their stub domains, and the links between transit domains. */
function fillDraft(draft: Draft, domainSizes: readonly number[]): void {
  const { options, rng, sides } = draft;
  const top = drawFlat(draft, {
    nodes: options.transitDomains,
    side: sides.all,
    density: options.domainDensity,
    what: 'a top level',
  });
  const domains = top.points.map((centre, domain) =>
    addDomain(draft, centre, domain, domainSizes[domain] as number),
  );
  const anyOf = (domain: number): number => rng.pick(domains[domain] as number[]) as number;
  for (const { from, to } of top.links) {
    for (let copy = 0; copy < LINKS_BETWEEN_DOMAINS; copy++) {
      joinNodes(draft, anyOf(from), anyOf(to));
    }
  }
}

/**
 * A graph of these options, or why there is none.
 * @param nodesMin where the options make fewer nodes than this, the graph has more transit domains
 *   and routers. GT-ITM would spread them over a larger square; but a continent does not grow with
 *   the number of its networks, so nodes become denser and the square stays as many ms wide.
 */
export function drawTransitStub(
  asked: TransitStubOptions,
  rng: Rng,
  nodesMin = 0,
): Result<NamedGraph> {
  const options = enlarge(asked, nodesMin);
  const total = totalNodes(options);
  if (total > NODES_MAX) {
    return bad(`a transit-stub graph of ${total} nodes is too large: at most ${NODES_MAX} nodes`);
  }
  const sides = sidesOf(options);
  const domainSizes = varySizes(options.transitDomains, options.transitNodes, rng);
  const draft: Draft = {
    ...{ options, rng, sides },
    unitMs: sidesOf(asked).all / sides.all,
    ...{ points: [], names: [], links: [], problem: undefined },
  };
  fillDraft(draft, domainSizes);
  if (draft.problem !== undefined) return bad(draft.problem);
  return good({ graph: createGraph(total, draft.links), names: draft.names });
}
