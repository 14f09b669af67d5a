/**
 * Where each SCX is drawn: at its network coordinates, whose distances are delays, scaled to the canvas,
 * and moved apart where they would cover each other. An SCX without coordinates is drawn among its
 * neighbours. Places move smoothly, as coordinates are estimates that change.
 */
import type { ScxLine } from './record.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** Computes where all SCXs belong. What would move a little stays. */
  arrange(scxs: ReadonlyMap<string, ScxLine>, width: number, height: number): void;
  /** Moves all towards their places; true while something moves. `share`: how far, 0 to 1. */
  move(share: number): boolean;
  at(id: string): Point | undefined;
}

/** What is free at the edges of the canvas, px. */
const MARGIN = 48;
/** Distance of two SCXs at least, px, where there is room for it. */
const APART = 26;
const ROUNDS = 24;
/** Of those that are gone, as many are remembered. */
const GONE_MAX = 256;
/** Nearer than this they are there, px. */
const STILL = 0.3;
/** Coordinates are estimates: an SCX that would move by less stays, px. */
const NEAR = 12;

const placeIn = ({ sketch, place }: ScxLine): Point | null => sketch?.place ?? place;

/** An angle for an id, always the same. */
const angleOf = (id: string): number =>
  (Number.parseInt(id.slice(-6), 16) / 0xffffff) * 2 * Math.PI;

/** The middle of the neighbours that have a place; else a point on a circle around all. */
function guess({ id, sketch }: ScxLine, known: ReadonlyMap<string, Point>): Point {
  const near = (sketch?.neighbours ?? []).flatMap((one) => known.get(one.id) ?? []);
  const [x, y] = [Math.cos(angleOf(id)), Math.sin(angleOf(id))];
  if (near.length === 0) return { x: 50 * x, y: 50 * y };
  const sum = near.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
  return { x: sum.x / near.length + x, y: sum.y / near.length + y };
}

/** Where each SCX lies, ms. */
function placesOf(scxs: ReadonlyMap<string, ScxLine>): Map<string, Point> {
  const known = new Map<string, Point>();
  for (const line of scxs.values()) {
    const place = placeIn(line);
    if (place !== null) known.set(line.id, place);
  }
  const all = new Map(known);
  for (const line of scxs.values()) if (!all.has(line.id)) all.set(line.id, guess(line, known));
  return all;
}

interface Spot {
  readonly id: string;
  x: number;
  y: number;
}

/** Scales places to the canvas; both axes alike, as distances are delays. */
function scaled(places: ReadonlyMap<string, Point>, width: number, height: number): Spot[] {
  const points = [...places.values()];
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (width - 2 * MARGIN) / Math.max(right - left, 1e-6),
    (height - 2 * MARGIN) / Math.max(bottom - top, 1e-6),
  );
  const safe = Math.max(0, points.length === 1 ? 0 : scale);
  return [...places].map(([id, { x, y }]) => ({
    id,
    x: width / 2 + (x - (left + right) / 2) * safe,
    y: height / 2 + (y - (top + bottom) / 2) * safe,
  }));
}

/** Spots by square of a grid, so that only near ones are compared. */
function gridOf(spots: readonly Spot[], apart: number): Map<string, Spot[]> {
  const grid = new Map<string, Spot[]>();
  for (const spot of spots) {
    const key = `${Math.floor(spot.x / apart)} ${Math.floor(spot.y / apart)}`;
    const here = grid.get(key);
    if (here === undefined) grid.set(key, [spot]);
    else here.push(spot);
  }
  return grid;
}

function push(one: Spot, other: Spot, apart: number): void {
  let [dx, dy] = [other.x - one.x, other.y - one.y];
  if (dx === 0 && dy === 0) [dx, dy] = [Math.cos(angleOf(other.id)), Math.sin(angleOf(other.id))];
  const distance = Math.hypot(dx, dy);
  if (distance >= apart) return;
  const by = (apart - distance) / 2 / (distance || 1);
  one.x -= dx * by;
  one.y -= dy * by;
  other.x += dx * by;
  other.y += dy * by;
}

function pushAll(spots: readonly Spot[], apart: number): void {
  const grid = gridOf(spots, apart);
  for (const spot of spots) {
    const [column, row] = [Math.floor(spot.x / apart), Math.floor(spot.y / apart)];
    for (let x = column - 1; x <= column + 1; x++) {
      for (let y = row - 1; y <= row + 1; y++) {
        for (const other of grid.get(`${x} ${y}`) ?? []) {
          if (other.id > spot.id) push(spot, other, apart);
        }
      }
    }
  }
}

/** Moves spots apart, within the canvas. */
function spread(spots: readonly Spot[], width: number, height: number): void {
  const room = Math.sqrt((width * height) / Math.max(1, spots.length)) / 1.5;
  const apart = Math.max(4, Math.min(APART, room));
  for (let round = 0; round < ROUNDS; round++) {
    pushAll(spots, apart);
    for (const spot of spots) {
      spot.x = Math.min(width - MARGIN / 2, Math.max(MARGIN / 2, spot.x));
      spot.y = Math.min(height - MARGIN / 2, Math.max(MARGIN / 2, spot.y));
    }
  }
}

/** The old target, unless the new one is far from it. */
const settled = (old: Point | undefined, { x, y }: Spot): Point =>
  old !== undefined && Math.hypot(old.x - x, old.y - y) < NEAR ? old : { x, y };

/** Creates a layout without SCXs. */
export function createLayout(): Layout {
  let targets = new Map<string, Point>();
  const shown = new Map<string, { x: number; y: number }>();
  return {
    arrange: (scxs, width, height) => {
      if (scxs.size === 0 || width <= 0 || height <= 0) {
        targets = new Map();
        return;
      }
      const spots = scaled(placesOf(scxs), width, height);
      spread(spots, width, height);
      targets = new Map(spots.map((spot) => [spot.id, settled(targets.get(spot.id), spot)]));
      for (const { id, x, y } of spots) if (!shown.has(id)) shown.set(id, { x, y });
      if (shown.size <= targets.size + GONE_MAX) return;
      for (const id of shown.keys()) if (!targets.has(id)) shown.delete(id);
    },
    move: (share) => {
      let isMoving = false;
      for (const [id, point] of shown) {
        const target = targets.get(id);
        if (target === undefined) continue;
        const [dx, dy] = [target.x - point.x, target.y - point.y];
        if (Math.abs(dx) + Math.abs(dy) < STILL) continue;
        isMoving = true;
        point.x += dx * share;
        point.y += dy * share;
      }
      return isMoving;
    },
    at: (id) => shown.get(id),
  };
}
