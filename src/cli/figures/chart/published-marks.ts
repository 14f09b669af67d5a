/**
 * Draws behind the data what the paper's text states about an axis: a range is shaded, a value is a
 * dotted line. Labels are horizontal, at the upper end of a vertical line or the right end of a
 * horizontal one. The labels of several vertical lines stand one below the other, so that none
 * hides another.
 */
import type { Mark } from '../../../simulator/figures/presentation/chart.js';
import type { Frame } from './frame.js';
import { type Attributes, element, HALO, line, text } from './svg.js';
import { LINE_PX, textWidth } from './text-size.js';

const LABEL: Attributes = { ...HALO, fill: 'var(--published)' };
const DOTTED: Attributes = {
  stroke: 'var(--published)',
  'stroke-width': 1.5,
  'stroke-dasharray': '2 2',
};
const GAP = 5;

/** A range of an axis, over the whole plot; its label is at the right upper corner. */
function band({ axis, from, to = from, label }: Mark, { box, x, y }: Frame): string {
  const { left, right, top, bottom } = box;
  const [x1, x2] = axis === 'x' ? [x.position(from), x.position(to)] : [left, right];
  const [y1, y2] = axis === 'y' ? [y.position(to), y.position(from)] : [top, bottom];
  const area = { x: x1, y: y1, width: x2 - x1, height: y2 - y1, fill: 'var(--band)' };
  const corner = { x: x2 - GAP, y: y1 + LINE_PX };
  return element('rect', area) + text(label, corner, { ...LABEL, 'text-anchor': 'end' });
}

function verticalLine({ from, label }: Mark, { box, x, labelEnd }: Frame, row: number): string {
  const at = x.position(from);
  const fitsRight = at + GAP + textWidth(label) <= labelEnd;
  const side = fitsRight ? { x: at + GAP } : { x: at - GAP };
  const baseline = { ...side, y: box.top + (row + 1) * LINE_PX };
  return (
    line({ x: at, y: box.top }, { x: at, y: box.bottom }, DOTTED) +
    text(label, baseline, { ...LABEL, 'text-anchor': fitsRight ? 'start' : 'end' })
  );
}

function horizontalLine({ from, label }: Mark, { box, y }: Frame): string {
  const at = y.position(from);
  const baseline = { x: box.right - GAP, y: at + LINE_PX };
  return (
    line({ x: box.left, y: at }, { x: box.right, y: at }, DOTTED) +
    text(label, baseline, { ...LABEL, 'text-anchor': 'end' })
  );
}

/**
 * The marks of a chart. Ranges lie below the grid, lines above it.
 * @returns the two layers
 */
export function drawMarks(
  marks: readonly Mark[],
  frame: Frame,
): { readonly bands: string; readonly lines: string } {
  const lines = marks.filter(({ to }) => to === undefined);
  const vertical = lines.filter(({ axis }) => axis === 'x');
  const horizontal = lines.filter(({ axis }) => axis === 'y');
  const bands = marks.filter(({ to }) => to !== undefined);
  return {
    bands: bands.map((mark) => band(mark, frame)).join(''),
    lines: [
      ...vertical.map((mark, row) => verticalLine(mark, frame, row)),
      ...horizontal.map((mark) => horizontalLine(mark, frame)),
    ].join(''),
  };
}
