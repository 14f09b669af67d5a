/**
 * Where SCXs lie: Vivaldi network coordinates (Dabek et al., SIGCOMM 2004), two dimensions and a height.
 * Beyond the paper, which probes at random (§3.6): who knows about where everyone lies need not ask
 * all of them. A ping experiment pulls our place towards the distance that it measured, the more the
 * surer the other one is of its own. Coordinates choose whom to probe; edges and routes are decided
 * by what was measured.
 */
import type { Rng } from '../../lib/rng.js';
import type { Place } from './node.js';

/** How far one experiment moves a place, and how fast its error follows: Vivaldi's c_c and c_e. */
const STEP = 0.25;

/** Below this a distance says nothing about errors, ms. */
const DISTANCE_MIN_MS = 0.1;

/** One experiment counts as wrong by at most so much, ms: farther than anybody lies, save liars. */
const MISS_MAX_MS = 1000;

/** Before any experiment. */
export const NOWHERE: Place = Object.freeze({ x: 0, y: 0, height: 0, error: 1, samples: 0 });

/** The distance in the plane, ms. Math.hypot is much slower, and this is asked for each member. */
const flatMs = (a: Place, b: Place): number => Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);

/** The one-way delay that two places foretell, ms. */
export const foretoldMs = (a: Place, b: Place): number => flatMs(a, b) + a.height + b.height;

/** A direction from `from` to `to`; a random one where both are the same point. */
function directionFrom(
  from: Place,
  to: Place,
  rng: Rng,
): { readonly x: number; readonly y: number } {
  const length = flatMs(from, to);
  if (length > 0) return { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const angle = 2 * Math.PI * rng.unit();
  return { x: Math.cos(angle), y: Math.sin(angle) };
}

/**
 * Our place after one experiment.
 * @param own our place
 * @param other the place of the one measured
 * @param distanceMs the one-way delay measured
 */
export function movedPlace(own: Place, other: Place, distanceMs: number, rng: Rng): Place {
  const distance = Math.max(distanceMs, DISTANCE_MIN_MS);
  const trust = own.error / (own.error + other.error || 1);
  const miss = Math.max(-MISS_MAX_MS, Math.min(distance - foretoldMs(own, other), MISS_MAX_MS));
  const error = own.error + STEP * trust * (Math.min(1, Math.abs(miss) / distance) - own.error);
  const away = directionFrom(other, own, rng);
  const flat = flatMs(own, other);
  const heights = own.height + other.height;
  const push = STEP * trust * miss;
  return {
    x: own.x + push * away.x,
    y: own.y + push * away.y,
    height: Math.max(
      0,
      own.height + (flat > 0 ? (push * heights) / (flat + heights || 1) : push / 2),
    ),
    error: Math.min(1, Math.max(0.01, error)),
    samples: own.samples + 1,
  };
}
