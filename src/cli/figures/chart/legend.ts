/**
 * The legend, above the plot: the symbol and the name of each series. Series of the same name appear
 * once. A row takes as many entries as have room; the width of text is an estimate (text-size.ts).
 */
import type { Series } from '../../../simulator/figures/presentation/chart.js';
import { strokeOf, symbolOf } from './series.js';
import { line, text } from './svg.js';
import { textWidth } from './text-size.js';

/** px. */
const ROW = 20;
const KEY_WIDTH = 24;
const KEY_GAP = 6;
const ENTRY_GAP = 18;

export interface Legend {
  readonly svg: string;
  /** px. */
  readonly height: number;
}

const namedOnce = (series: readonly Series[]): Series[] => [
  ...new Map(series.map((each) => [each.name, each])).values(),
];

function entry(series: Series, x: number, y: number): string {
  const key =
    series.kind === 'line'
      ? line({ x, y }, { x: x + KEY_WIDTH, y }, { ...strokeOf(series), 'stroke-width': 2 })
      : '';
  const symbol = symbolOf(series, { x: x + KEY_WIDTH / 2, y });
  return key + symbol + text(series.name, { x: x + KEY_WIDTH + KEY_GAP, y: y + 4 });
}

/** The legend of a picture `width` px wide; it begins at the left upper corner. */
export function drawLegend(series: readonly Series[], width: number): Legend {
  const entries: string[] = [];
  let x = 0;
  let row = 0;
  for (const each of namedOnce(series)) {
    const entryWidth = KEY_WIDTH + KEY_GAP + textWidth(each.name);
    if (x > 0 && x + entryWidth > width) {
      x = 0;
      row += 1;
    }
    entries.push(entry(each, x, (row + 0.5) * ROW));
    x += entryWidth + ENTRY_GAP;
  }
  return { svg: entries.join(''), height: (row + 1) * ROW };
}
