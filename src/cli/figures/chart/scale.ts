/** A scale turns the values of one axis into pixels, and knows the ticks that stand on it. */
import type { Axis, Position } from '../../../simulator/figures/presentation/chart.js';
import { linearTicks, logarithmicTicks } from './ticks.js';

interface Tick {
  readonly label: string;
  /** px. */
  readonly at: number;
}

export interface Scale {
  /** Names in bands of equal width, instead of numbers. */
  readonly isCategory: boolean;
  readonly ticks: readonly Tick[];
  /** px; beyond the ends of the axis for a value beyond them, NaN for a value without a position. */
  position(value: Position): number;
}

/** The pixels of an axis, in the direction in which its values grow. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Distance between a point at the end of an axis and the frame, px. An end that is given has none. */
const INSET = 10;

export interface ScaleOptions {
  readonly axis: Axis;
  /** All numbers that have a position on the axis. */
  readonly values: readonly number[];
  readonly range: Range;
  /** About this many ticks have room. */
  readonly countMax: number;
}

function categoryScale(categories: readonly string[], { from, to }: Range): Scale {
  const band = (to - from) / Math.max(1, categories.length);
  const at = (index: number): number => from + band * (index + 0.5);
  return {
    isCategory: true,
    ticks: categories.map((label, index) => ({ label, at: at(index) })),
    position: (value) => {
      const index = categories.indexOf(`${value}`);
      return index < 0 ? Number.NaN : at(index);
    },
  };
}

/** Creates the scale of an axis. */
export function createScale({ axis, values, range, countMax }: ScaleOptions): Scale {
  if (axis.kind === 'category') return categoryScale(axis.categories ?? [], range);
  const isLog = axis.kind === 'log';
  const options = { values, min: axis.min, max: axis.max, countMax };
  const { low, high, ticks } = isLog ? logarithmicTicks(options) : linearTicks(options);
  const project = (value: number): number => (isLog ? Math.log10(value) : value);
  const inward = Math.sign(range.to - range.from) * INSET;
  const from = range.from + (axis.min === undefined ? inward : 0);
  const to = range.to - (axis.max === undefined ? inward : 0);
  const perUnit = (to - from) / (project(high) - project(low));
  const position = (value: Position): number =>
    from + (project(Number(value)) - project(low)) * perUnit;
  return {
    isCategory: false,
    ticks: ticks.map(({ value, label }) => ({ label, at: position(value) })),
    position,
  };
}
