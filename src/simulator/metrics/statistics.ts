/** Mean and spread over runs: "computing the average and the 95% confidence interval" (§5.4). */

export interface Statistics {
  readonly count: number;
  readonly mean: number;
  /**
   * Half the width of the 95% confidence interval of the mean, by Student's t; NaN below 2 values.
   */
  readonly confidence: number;
  readonly min: number;
  readonly max: number;
}

/** Two-sided 95% quantiles of Student's t for 1 to 30 degrees of freedom. */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
] as const;

/** The normal distribution's quantile, which Student's t approaches. */
const Z_95 = 1.96;

/**
 * Student's two-sided 95% quantile for `freedom` degrees; above 30 by the first terms of its
 * expansion.
 */
export function studentT(freedom: number): number {
  const known = T_95[freedom - 1];
  if (known !== undefined) return known;
  const z3 = Z_95 ** 3;
  const first = (z3 + Z_95) / (4 * freedom);
  return Z_95 + first + (5 * Z_95 ** 5 + 16 * z3 + 3 * Z_95) / (96 * freedom ** 2);
}

/** Summarises values; without a value everything but the count is NaN. */
export function statisticsOf(values: readonly number[]): Statistics {
  const count = values.length;
  if (count === 0) return { count, mean: NaN, confidence: NaN, min: NaN, max: NaN };
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const mean = sum / count;
  if (count < 2) return { count, mean, confidence: NaN, min, max };
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const confidence = studentT(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { count, mean, confidence, min, max };
}
