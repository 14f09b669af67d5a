import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  movedCoordinates,
  predictedDelayMs,
  UNKNOWN_COORDINATES,
} from '../../../src/gossamer/core/coordinates.js';
import type { Coordinates } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { coordinatesOf } from '../support.js';

/** Nodes at random points of a square 100 ms wide, each behind an access line. */
function createPlane(count: number, heightMax: number) {
  const rng = createRng(7);
  const truths = Array.from({ length: count }, () =>
    coordinatesOf(100 * rng.unit(), 100 * rng.unit(), { height: heightMax * rng.unit() }),
  );
  const places: Coordinates[] = truths.map(() => UNKNOWN_COORDINATES);
  /** Each node measures a random other one in each round. */
  const measure = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      for (const [index, truth] of truths.entries()) {
        const other = (index + 1 + rng.below(count - 1)) % count;
        const distanceMs = predictedDelayMs(truth, truths[other] as Coordinates);
        const own = places[index] as Coordinates;
        places[index] = movedCoordinates(
          own,
          { coordinates: places[other] as Coordinates, distanceMs: distanceMs },
          rng,
        );
      }
    }
  };
  /** The median over all pairs of how wrong the foretelling is, as a share. */
  const medianError = (): number => {
    const errors: number[] = [];
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < a; b++) {
        const trueMs = predictedDelayMs(truths[a] as Coordinates, truths[b] as Coordinates);
        const toldMs = predictedDelayMs(places[a] as Coordinates, places[b] as Coordinates);
        errors.push(Math.abs(toldMs - trueMs) / trueMs);
      }
    }
    return errors.sort((a, b) => a - b)[Math.floor(errors.length / 2)] as number;
  };
  return { places, measure, medianError };
}

const coordinate = fc.double({ min: -1e5, max: 1e5, noNaN: true });
const anyPlace = fc.record({
  x: coordinate,
  y: coordinate,
  height: fc.double({ min: 0, max: 1e5, noNaN: true }),
  error: fc.double({ min: 0, max: 1, noNaN: true }),
  samples: fc.nat(1000),
});

describe('Coordinates', () => {
  test('is not led far away by one liar, however far away that one says it is', () => {
    const { places, measure, medianError } = createPlane(20, 0);
    measure(50);
    const liar = coordinatesOf(1e5, 1e5, { height: 2 ** 47, error: 0 });
    const own = places[0] as Coordinates;
    places[0] = movedCoordinates(own, { coordinates: liar, distanceMs: 10 }, createRng(1));
    expect(Math.hypot(places[0].x - own.x, places[0].y - own.y)).toBeLessThan(1000);
    measure(50);
    expect(medianError()).toBeLessThan(0.2);
  });

  test('foretells the distance in the plane and both access lines', () => {
    const a = coordinatesOf(0, 0, { height: 2 });
    const b = coordinatesOf(3, 4, { height: 10 });
    expect(predictedDelayMs(a, b)).toBe(17);
    expect(predictedDelayMs(b, a)).toBe(17);
  });

  test('is found from distances: the points of a plane', () => {
    const { measure, medianError } = createPlane(40, 0);
    expect(medianError()).toBe(1);
    measure(400);
    expect(medianError()).toBeLessThan(0.02);
  });

  test('is found from distances: points behind access lines of up to 30 ms', () => {
    const { places, measure, medianError } = createPlane(40, 30);
    measure(400);
    expect(medianError()).toBeLessThan(0.02);
    expect(places.filter(({ height }) => height > 5).length).toBeGreaterThan(10);
  });

  test('is about right after ten experiments already', () => {
    const { measure, medianError } = createPlane(40, 10);
    measure(10);
    expect(medianError()).toBeLessThan(0.35);
  });

  test('knows about how wrong it is', () => {
    const { places, measure } = createPlane(40, 10);
    expect(places.every(({ error }) => error === 1)).toBe(true);
    measure(400);
    for (const { error, samples } of places) {
      expect(error).toBeLessThan(0.3);
      expect(samples).toBe(400);
    }
  });

  test('move towards a node that is nearer than predicted, and away from one that is farther', () => {
    const rng = createRng(1);
    const own = coordinatesOf(100);
    expect(
      movedCoordinates(own, { coordinates: coordinatesOf(0), distanceMs: 50 }, rng).x,
    ).toBeLessThan(100);
    expect(
      movedCoordinates(own, { coordinates: coordinatesOf(0), distanceMs: 150 }, rng).x,
    ).toBeGreaterThan(100);
    expect(
      movedCoordinates(own, { coordinates: coordinatesOf(0), distanceMs: 100 }, rng),
    ).toMatchObject({
      x: 100,
      y: 0,
      samples: 9,
    });
  });

  test('moves the less, the surer it is of itself and the less the other is', () => {
    const rng = createRng(1);
    const moved = (own: number, other: number): number =>
      movedCoordinates(
        coordinatesOf(100, 0, { error: own }),
        { coordinates: coordinatesOf(0, 0, { error: other }), distanceMs: 150 },
        rng,
      ).x - 100;
    expect(moved(0.1, 0.9)).toBeLessThan(moved(0.5, 0.5));
    expect(moved(0.5, 0.5)).toBeLessThan(moved(0.9, 0.1));
    // A quarter of what it is off, of which half is trusted.
    expect(moved(0.5, 0.5)).toBeCloseTo(0.25 * 0.5 * 50);
  });

  test('leaves a point that it shares with another in some direction', () => {
    const moved = movedCoordinates(
      UNKNOWN_COORDINATES,
      { coordinates: UNKNOWN_COORDINATES, distanceMs: 40 },
      createRng(1),
    );
    expect(Math.hypot(moved.x, moved.y)).toBeGreaterThan(1);
    expect(moved.height).toBeGreaterThan(0);
  });

  test('stays finite and its error within bounds, whatever others claim', () => {
    const experiments = fc.array(fc.tuple(anyPlace, fc.double({ min: 0, max: 1e4, noNaN: true })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(experiments, (measured) => {
        const rng = createRng(1);
        let own = UNKNOWN_COORDINATES;
        for (const [other, distanceMs] of measured) {
          own = movedCoordinates(own, { coordinates: other, distanceMs: distanceMs }, rng);
          expect([own.x, own.y, own.height].every(Number.isFinite)).toBe(true);
          expect(own.height).toBeGreaterThanOrEqual(0);
          expect(own.error).toBeGreaterThanOrEqual(0.01);
          expect(own.error).toBeLessThanOrEqual(1);
        }
        expect(own.samples).toBe(measured.length);
      }),
      { seed: 3 },
    );
  });
});
