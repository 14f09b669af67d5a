/** Ticks: round numbers that surround the data, on linear and on logarithmic axes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  linearTicks,
  logarithmicTicks,
  type Ticks,
} from '../../../../src/cli/figures/chart/ticks.js';

const labels = ({ ticks }: Ticks): string[] => ticks.map(({ label }) => label);

describe('Linear ticks', () => {
  test('are round numbers around the data', () => {
    const ticks = linearTicks({ values: [0.72, 2.61], countMax: 7 });
    expect(labels(ticks)).toEqual(['0.5', '1.0', '1.5', '2.0', '2.5', '3.0']);
    expect(ticks).toMatchObject({ low: 0.5, high: 3 });
  });

  test('keep the ends that are given, also between two ticks', () => {
    const ticks = linearTicks({ values: [3, 99], min: 0, max: 140, countMax: 4 });
    expect(labels(ticks)).toEqual(['0', '50', '100']);
    expect(ticks).toMatchObject({ low: 0, high: 140 });
  });

  test('have thousands separators, and no minus zero', () => {
    expect(labels(linearTicks({ values: [-1000, 1000], countMax: 4 }))).toEqual([
      '-1,000',
      '-500',
      '0',
      '500',
      '1,000',
    ]);
    expect(labels(linearTicks({ values: [-0.1, 0.1], countMax: 2 }))).toEqual([
      '-0.1',
      '0.0',
      '0.1',
    ]);
  });

  test('surround a single value, and are there without any', () => {
    for (const values of [[5], [0], [-3], []]) {
      const { low, high, ticks } = linearTicks({ values, countMax: 5 });
      expect(low).toBeLessThan(high);
      expect(ticks.length).toBeGreaterThan(1);
      for (const value of values) expect(value >= low && value <= high).toBe(true);
    }
  });

  test('ascend, hold all data, and are about as many as have room', () => {
    const value = fc.integer({ min: -1e9, max: 1e9 }).map((whole) => whole / 1000);
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 5 }),
        fc.integer({ min: 2, max: 10 }),
        (values, countMax) => {
          const { low, high, ticks } = linearTicks({ values, countMax });
          const slack = (high - low) * 1e-6;
          for (const each of values) expect(each >= low - slack && each <= high + slack).toBe(true);
          expect(ticks.length).toBeLessThanOrEqual(countMax + 2);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          const sorted = ticks.toSorted((a, b) => a.value - b.value);
          expect(ticks).toEqual(sorted);
          expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
        },
      ),
    );
  });
});

describe('Logarithmic ticks', () => {
  test('are 1, 2 and 5 times powers of ten where they have room', () => {
    const ticks = logarithmicTicks({ values: [50, 9000], countMax: 8 });
    expect(labels(ticks)).toEqual(['50', '100', '200', '500', '1,000', '2,000', '5,000', '10,000']);
    expect(labels(logarithmicTicks({ values: [0.2, 3], countMax: 8 }))).toEqual([
      '0.2',
      '0.5',
      '1',
      '2',
      '5',
    ]);
  });

  test('are powers of ten where there is little room', () => {
    const ticks = logarithmicTicks({ values: [50, 9000], countMax: 4 });
    expect(labels(ticks)).toEqual(['100', '1,000', '10,000']);
    expect(ticks).toMatchObject({ low: 50, high: 10_000 });
  });

  test('ignore what has no logarithm, and are there without data', () => {
    expect(logarithmicTicks({ values: [0, -3, 5, 40], countMax: 9 })).toMatchObject({
      low: 5,
      high: 50,
    });
    const { low, high } = logarithmicTicks({ values: [], countMax: 5 });
    expect(low > 0 && high > low).toBe(true);
  });
});
