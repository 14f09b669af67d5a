/**
 * Network coordinates of SCXs: Vivaldi (Dabek et al., SIGCOMM 2004), two dimensions and a height.
 * Beyond the paper, which probes at random (§3.6): with coordinates an SCX predicts the delay to
 * each member and need not probe them all.
 *
 * A ping experiment moves our coordinates towards the distance that it measured, and further the
 * smaller the other node's error is. Coordinates only choose which members to probe; edges and
 * routes are decided by measurements.
 */
import type { Rng } from '../../lib/rng.js';
import type { Coordinates } from './node.js';

/**
 * How far one experiment moves the coordinates, and how fast their error follows: Vivaldi's c_c and
 * c_e.
 */
const STEP = 0.25;

/** The error never falls below this share: distances change. Guess. */
const ERROR_MIN = 0.01;

/** Shorter distances say nothing about errors, ms. */
const DISTANCE_MIN_MS = 0.1;

/** One experiment counts as wrong by at most this, ms: farther than any node, unless it lies. */
const MISS_MAX_MS = 1000;

/** The coordinates of a node before any experiment. */
export const UNKNOWN_COORDINATES: Coordinates = Object.freeze({
  x: 0,
  y: 0,
  height: 0,
  error: 1,
  samples: 0,
});

/**
 * The distance in the plane, ms. Math.hypot is much slower, and this is computed for each member.
 */
const flatMs = (a: Coordinates, b: Coordinates): number =>
  Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);

/** The predicted one-way delay between two nodes, ms. */
export const predictedDelayMs = (a: Coordinates, b: Coordinates): number =>
  flatMs(a, b) + a.height + b.height;

/** A unit vector in the plane. */
interface Direction {
  readonly x: number;
  readonly y: number;
}

/** The direction from `from` to `to`; a random one where both are the same point. */
function directionFrom(from: Coordinates, to: Coordinates, rng: Rng): Direction {
  const length = flatMs(from, to);
  if (length > 0) return { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const angle = 2 * Math.PI * rng.unit();
  return { x: Math.cos(angle), y: Math.sin(angle) };
}

/**
 * The result of a ping experiment with another node: its coordinates, and the one-way delay to it,
 * ms.
 */
export interface MeasuredDistance {
  readonly coordinates: Coordinates;
  readonly distanceMs: number;
}

/** Our coordinates after one experiment. */
export function movedCoordinates(
  own: Coordinates,
  measured: MeasuredDistance,
  rng: Rng,
): Coordinates {
  const other = measured.coordinates;
  const distance = Math.max(measured.distanceMs, DISTANCE_MIN_MS);
  const trust = own.error / (own.error + other.error || 1);
  const wrong = distance - predictedDelayMs(own, other);
  const miss = Math.max(-MISS_MAX_MS, Math.min(wrong, MISS_MAX_MS));
  const error = own.error + STEP * trust * (Math.min(1, Math.abs(miss) / distance) - own.error);
  const away = directionFrom(other, own, rng);
  const flat = flatMs(own, other);
  const heights = own.height + other.height;
  const push = STEP * trust * miss;
  const rise = flat > 0 ? (push * heights) / (flat + heights || 1) : push / 2;
  return {
    x: own.x + push * away.x,
    y: own.y + push * away.y,
    height: Math.max(0, own.height + rise),
    error: Math.min(1, Math.max(ERROR_MIN, error)),
    samples: own.samples + 1,
  };
}

/** Our own coordinates, which each ping experiment moves. */
export interface OwnCoordinates {
  current(): Coordinates;
  onMeasured(measured: MeasuredDistance): void;
}

/** Creates our own coordinates, which are unknown before the first experiment. */
export function createOwnCoordinates(rng: Rng): OwnCoordinates {
  let own = UNKNOWN_COORDINATES;
  return {
    current: () => own,
    onMeasured: (measured) => {
      own = movedCoordinates(own, measured, rng);
    },
  };
}
