/** The output of `scattercast simulate --protocol`: a column for each protocol. */
import type { ComparisonReport } from '../../simulator/rivals/comparison.js';
import { comparisonMeans } from '../../simulator/rivals/comparison-means.js';
import { drawTable } from '../views/plain-table.js';

/** Shown for a missing value, and for what did not happen. */
const NONE = '-';

/** The comparison as text, with a final newline. */
export function protocolsText(reports: readonly ComparisonReport[]): string {
  const names = [...new Set(reports.map(({ protocol }) => protocol))];
  const columns = names.map((name) =>
    comparisonMeans(reports.filter(({ protocol }) => protocol === name)),
  );
  const rows = (columns[0] ?? []).map(({ name, digits }, row) => [
    name,
    ...columns.map((column) => column[row]?.value?.toFixed(digits) ?? NONE),
  ]);
  const runs = reports.length / Math.max(1, names.length);
  const seeds = [...new Set(reports.map(({ drawn }) => drawn.seed))];
  const head = `means of ${runs} runs, seeds ${seeds.join(' ')}`;
  return `${drawTable([head, ...names], rows)}\n`;
}
