/** Numbers in the sentences of the figures. */
import type { Statistics } from '../../metrics/statistics.js';

/** A number with `digits` decimals; "unknown" for a missing one. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : 'unknown';

/** "1.65 ± 0.10", or the mean alone where the interval is unknown. */
export function spread({ mean, confidence }: Statistics, digits: number): string {
  const interval = Number.isFinite(confidence) ? ` ± ${fixed(confidence, digits)}` : '';
  return `${fixed(mean, digits)}${interval}`;
}

/** "3 draws", "1 draw". */
export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A value compared with another: "12% below", "equal to", "3% above". */
export function compared(value: number, other: number): string {
  const percent = Math.round((100 * (value - other)) / other);
  if (!Number.isFinite(percent)) return 'not comparable with';
  if (percent === 0) return 'equal to';
  return `${Math.abs(percent)}% ${percent < 0 ? 'below' : 'above'}`;
}

/** The text with a capital first letter. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
