/**
 * Chooses the ends of an axis and the numbers on it. A reader finds a value fastest between round
 * numbers, so all ticks are 1, 2 or 5 times a power of ten, or multiples of such a step; and an
 * axis whose ends are not given begins and ends at a tick.
 */

/** An axis of numbers. */
export interface Ticks {
  /** The ends of the axis. */
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

export interface TickOptions {
  /** The data that the axis must hold; may be empty. */
  readonly values: readonly number[];
  /** The ends of the axis, where they are given. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** About this many ticks have room; at least 1. */
  readonly countMax: number;
}

const MANTISSAS = [1, 2, 5];

/** 1, 2 and 5 times the powers of ten from below `low` to above `high`, ascending. */
function roundNumbers(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap(
    // From text, because 5 * 10 ** -1 is not always exactly 0.5.
    (exponent) => MANTISSAS.map((mantissa) => Number(`${mantissa}e${exponent}`)),
  );
}

const labelOf = (value: number, decimals: number): string =>
  value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });

/** The decimals that tell one multiple of a step from the next. */
const decimalsOf = (step: number): number => Math.max(0, -Math.floor(Math.log10(step)));

/** Where no data is. */
const EMPTY = { low: 0, high: 1 };

/** The least and the greatest value, which differ. */
function extent({ values, min, max }: TickOptions): { low: number; high: number } {
  const low = min ?? (values.length > 0 ? Math.min(...values) : EMPTY.low);
  const high = max ?? (values.length > 0 ? Math.max(...values) : EMPTY.high);
  if (high > low) return { low, high };
  return { low: min ?? low - Math.abs(low || 1) / 2, high: max ?? low + Math.abs(low || 1) / 2 };
}

/** An axis on which equal distances are equal differences. */
export function linearTicks(options: TickOptions): Ticks {
  const { min, max, countMax } = options;
  const { low, high } = extent(options);
  const least = (high - low) / countMax;
  const step = roundNumbers(least, least).find((number) => number >= least) ?? least;
  const decimals = decimalsOf(step);
  // An end that lies on a multiple stays there in spite of floating point.
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ends = { low: min ?? first * step, high: max ?? last * step };
  const ticks = Array.from(
    { length: last - first + 1 },
    (_, index) =>
      // The sum turns -0 into 0.
      Number(((first + index) * step).toFixed(decimals)) + 0,
  )
    .filter((value) => value >= ends.low - step * 1e-9 && value <= ends.high + step * 1e-9)
    .map((value) => ({ value, label: labelOf(value, decimals) }));
  return { ...ends, ticks };
}

/** An axis on which equal distances are equal factors. Values that are not positive are ignored. */
export function logarithmicTicks(options: TickOptions): Ticks {
  const values = options.values.filter((value) => value > 0);
  const least = options.min ?? (values.length > 0 ? Math.min(...values) : 1);
  const greatest = options.max ?? Math.max(2 * least, ...values);
  const numbers = roundNumbers(least, greatest);
  const low = options.min ?? numbers.findLast((number) => number <= least) ?? least;
  const high = options.max ?? numbers.find((number) => number >= greatest) ?? greatest;
  const inside = numbers.filter((number) => number >= low && number <= high);
  const powers = inside.filter((number) => Number.isInteger(Math.log10(number)));
  const shown = inside.length > options.countMax && powers.length > 1 ? powers : inside;
  const ticks = shown.map((value) => ({ value, label: labelOf(value, decimalsOf(value)) }));
  return { low, high, ticks };
}
