/**
 * GT-ITM's flat random graph (its method 3), of which transit-stub graphs are made: nodes on
 * distinct points of a square, each pair joined with one probability, drawn again until all are
 * connected.
 */
import type { Rng } from '../../lib/rng.js';
import { createGraph, isConnected, type Link } from './graph.js';

/** A point of the grid. One unit of distance is one ms. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface FlatGraph {
  readonly points: readonly Point[];
  readonly links: readonly Link[];
}

/** Draws tried until one is connected. Measured: sparse graphs take some hundreds. */
const DRAWS_MAX = 20_000;

function drawPoints(nodes: number, side: number, rng: Rng): Point[] {
  const points = new Map<number, Point>();
  while (points.size < nodes) {
    const point = { x: rng.below(side), y: rng.below(side) };
    points.set(point.x * side + point.y, point);
  }
  return [...points.values()];
}

function drawLinks(points: readonly Point[], density: number, rng: Rng): Link[] {
  const links: Link[] = [];
  for (const [from, a] of points.entries()) {
    for (let to = from + 1; to < points.length; to++) {
      const b = points[to] as Point;
      if (rng.unit() >= density) continue;
      links.push({ from, to, length: Math.round(Math.hypot(a.x - b.x, a.y - b.y)) });
    }
  }
  return links;
}

/**
 * A connected random graph.
 * @param side of the square, in units; its points must suffice for all nodes
 * @param density the probability that two nodes are joined
 * @returns undefined when no draw was connected: the density is too low
 */
export function drawFlatGraph(
  nodes: number,
  side: number,
  density: number,
  rng: Rng,
): FlatGraph | undefined {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const points = drawPoints(nodes, side, rng);
    const links = drawLinks(points, density, rng);
    if (isConnected(createGraph(nodes, links))) return { points, links };
  }
  return undefined;
}
