/**
 * The data of a picture: curves, confidence intervals, symbols, and the labels of single points.
 * Each tone has a symbol as well as a colour, so a reader who cannot tell the colours apart can tell
 * the series apart.
 */
import type { Point, Series, Tone } from '../../../simulator/figures/presentation/chart.js';
import type { Box, Frame } from './frame.js';
import { type Attributes, element, HALO, line, type Pixel, pathThrough, text } from './svg.js';
import { FONT_PX, textWidth } from './text-size.js';

/** More points than this are a curve without symbols; fewer are single measurements. */
const SYMBOLS_MAX = 8;

/** Half the height of a symbol, px. */
const RADIUS = 4;
const PUBLISHED_RADIUS = 6;

const colourOf = ({ tone }: Series): string => `var(--${tone})`;

/** The stroke of a series, without its width. */
export const strokeOf = (series: Series): Attributes => ({
  stroke: colourOf(series),
  'stroke-dasharray': series.isDashed === true ? '6 4' : undefined,
});

const circle = ({ x, y }: Pixel, paint: Attributes): string =>
  element('circle', { cx: x, cy: y, r: RADIUS, ...paint });

const polygon = (corners: readonly Pixel[], paint: Attributes): string =>
  element('path', { d: `${pathThrough(corners)}Z`, ...paint });

const around = ({ x, y }: Pixel, radius: number, ...turns: readonly [number, number][]): Pixel[] =>
  turns.map(([right, down]) => ({ x: x + radius * right, y: y + radius * down }));

const SYMBOLS: Readonly<Record<Tone, (at: Pixel, colour: string) => string>> = {
  paper: (at, fill) => circle(at, { fill }),
  fast: (at, fill) => polygon(around(at, RADIUS, [-1, -1], [1, -1], [1, 1], [-1, 1]), { fill }),
  yardstick: (at, fill) => polygon(around(at, RADIUS + 1, [0, -1], [1, 0.8], [-1, 0.8]), { fill }),
  star: (at, stroke) => circle(at, { stroke, fill: 'var(--ground)', 'stroke-width': 1.5 }),
  published: (at, fill) =>
    polygon(around(at, PUBLISHED_RADIUS, [0, -1], [1, 0], [0, 1], [-1, 0]), { fill }),
};

/** The symbol of a series at a point; empty for a curve. */
export const symbolOf = (series: Series, at: Pixel): string =>
  series.kind === 'line' && series.points.length > SYMBOLS_MAX
    ? ''
    : SYMBOLS[series.tone](at, colourOf(series));

/** A bar between two points, with a cap at each end. */
function interval(from: Pixel, to: Pixel, stroke: string): string {
  const isHorizontal = from.y === to.y;
  const capAt = ({ x, y }: Pixel): string => {
    const [right, down] = isHorizontal ? [0, RADIUS] : [RADIUS, 0];
    return line({ x: x - right, y: y - down }, { x: x + right, y: y + down }, {});
  };
  return element(
    'g',
    { stroke, 'stroke-width': 1.5 },
    line(from, to, {}) + capAt(from) + capAt(to),
  );
}

const LABEL_GAP = 9;

/** Beside the point, on the side that has room; below it if the point is at the upper edge. */
function labelOf(label: string, { x, y }: Pixel, { box: { top }, labelEnd }: Frame): string {
  const width = textWidth(label);
  if (y - top < FONT_PX) {
    const middle = Math.min(x, labelEnd - width / 2);
    return text(label, { x: middle, y: y + 2 * FONT_PX }, { ...HALO, 'text-anchor': 'middle' });
  }
  if (x + LABEL_GAP + width <= labelEnd) return text(label, { x: x + LABEL_GAP, y: y + 4 }, HALO);
  return text(label, { x: x - LABEL_GAP, y: y + 4 }, { ...HALO, 'text-anchor': 'end' });
}

const isInside = ({ x, y }: Pixel, { left, right, top, bottom }: Box): boolean =>
  x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= bottom + 1;

/** Distance between the intervals of two series in one category, px. */
const DODGE = 8;

interface Placed {
  readonly point: Point;
  readonly at: Pixel;
  /** The ends of the confidence interval. */
  readonly ends?: readonly [Pixel, Pixel];
}

/** The points of a series in pixels, `aside` px beside the middle of their category. */
function place({ points }: Series, frame: Frame, aside: number): Placed[] {
  const { isHorizontal, pixelOf } = frame;
  const moved = ({ x, y }: Pixel): Pixel =>
    isHorizontal ? { x, y: y + aside } : { x: x + aside, y };
  const atValue = ({ x, y }: Point, value: number): Pixel =>
    moved(pixelOf(isHorizontal ? { x: value, y } : { x, y: value }));
  return points.map((point) => {
    const { low, high } = point;
    const at = moved(pixelOf(point));
    if (low === undefined || high === undefined) return { point, at };
    return { point, at, ends: [atValue(point, low), atValue(point, high)] };
  });
}

/** How far each series stands beside the middle of its category, px, so that none hides another. */
function asides(series: readonly Series[], { x, y }: Frame): number[] {
  if (!x.isCategory && !y.isCategory) return series.map(() => 0);
  const measured = series.filter(({ tone }) => tone !== 'published');
  return series.map((each) => {
    const index = measured.indexOf(each);
    return index < 0 ? 0 : DODGE * (index - (measured.length - 1) / 2);
  });
}

/**
 * All series of a chart.
 * @param clip id of the clip path of the plot; it cuts off curves and intervals that reach beyond
 */
export function drawSeries(series: readonly Series[], frame: Frame, clip: string): string {
  const names = new Set(series.map(({ name }) => name));
  // Several lines of one name are thin, so that none hides the others.
  const width = names.size < series.length ? 1.2 : 2;
  const beside = asides(series, frame);
  const placed = series.map((each, index) => place(each, frame, beside[index] ?? 0));
  const intervals = placed.flatMap((points, index) =>
    points.map(({ ends }) =>
      ends === undefined ? '' : interval(...ends, colourOf(series[index] as Series)),
    ),
  );
  const curves = series.map((each, index) => {
    const points = placed[index]?.map(({ at }) => at) ?? [];
    if (each.kind !== 'line' || points.length < 2) return '';
    const d = pathThrough(points);
    return element('path', { d, fill: 'none', 'stroke-width': width, ...strokeOf(each) });
  });
  const symbols = series.flatMap((each, index) =>
    (placed[index] ?? []).map(({ at, point }) => {
      if (!isInside(at, frame.box)) return '';
      return symbolOf(each, at) + labelOf(point.label ?? '', at, frame);
    }),
  );
  const clipped = element(
    'g',
    { 'clip-path': `url(#${clip})` },
    [...intervals, ...curves].join(''),
  );
  return clipped + symbols.join('');
}
