/** The cost ratios of named variants, each on a line of its own, with their intervals. */
import type { Statistics } from '../metrics/statistics.js';
import { pointOf } from './measures.js';
import type { Chart, Tone } from './presentation/chart.js';

/** Draws the mean ratio of each variant and its 95% interval. */
export function ratioChart(
  results: readonly { readonly name: string; readonly ratio: Statistics }[],
  tone: Tone,
): Chart {
  return {
    x: { label: 'cost ratio C / C_star' },
    y: { label: '', kind: 'category', categories: results.map(({ name }) => name) },
    series: [
      {
        name: 'mean and 95% interval',
        tone,
        kind: 'scatter',
        points: results.flatMap(({ name, ratio }) =>
          pointOf(name, ratio).map(({ x, y, ...interval }) => ({ x: y, y: x, ...interval })),
        ),
      },
    ],
  };
}
