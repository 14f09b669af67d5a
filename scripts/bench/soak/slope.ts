/** Whether a value grows over time: the slope of least squares. */

export interface Point {
  readonly minute: number;
  readonly value: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** Growth per minute; 0 for less than two instants. */
export function slopeOf(points: readonly Point[]): number {
  const minute = mean(points.map((point) => point.minute));
  const value = mean(points.map((point) => point.value));
  let covariance = 0;
  let variance = 0;
  for (const point of points) {
    covariance += (point.minute - minute) * (point.value - value);
    variance += (point.minute - minute) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
