/**
 * The frame of a picture: the rectangle of the plot, the two scales, and the grid, the axes and
 * their labels. The room for labels depends on the ticks, and the ticks on the room. So the height
 * is settled first, then the vertical scale, then the width that its labels leave.
 */
import type {
  Axis,
  Chart,
  Point,
  Position,
} from '../../../simulator/figures/presentation/chart.js';
import { createScale, type Scale } from './scale.js';
import { type Attributes, element, line, type Pixel, text } from './svg.js';
import { breakLines, LINE_PX, textWidth } from './text-size.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The plot's edges, px. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Frame {
  readonly box: Box;
  readonly x: Scale;
  readonly y: Scale;
  /** Labels at the right edge may reach beyond the plot to here, px. */
  readonly labelEnd: number;
  /** The categories are on the vertical axis, so the values are horizontal. */
  readonly isHorizontal: boolean;
  /** Where a point stands. */
  pixelOf(point: Pick<Point, 'x' | 'y'>): Pixel;
}

/** px. */
const TICK = 5;
const LABEL_GAP = 4;
/** The labels of the ticks and the name below them. */
const BOTTOM = 42;
/** The last label of the horizontal axis reaches beyond the plot by half its width. */
const RIGHT = 24;
/** The name of the vertical axis, and half a label of its highest tick. */
const Y_NAME = 26;
const TICK_DISTANCE = { x: 60, y: 45 };

/** Of this share of the picture's width, names of categories take the most. */
const CATEGORY_SHARE = 0.38;

/** Between the names of two categories that stand one below the other, px. */
const ROW_GAP = 6;

const isNumber = (value: Position | undefined): value is number => typeof value === 'number';

/** Every number that must have a position on an axis. */
function valuesOn(side: 'x' | 'y', { y, series, marks = [] }: Chart): number[] {
  const valueSide = y.kind === 'category' ? 'x' : 'y';
  const ofPoint = (point: Point): (Position | undefined)[] =>
    side === valueSide ? [point[side], point.low, point.high] : [point[side]];
  const points = series.flatMap((each) => each.points.flatMap(ofPoint));
  const published = marks.flatMap(({ axis, from, to }) => (axis === side ? [from, to] : []));
  return [...points, ...published].filter(isNumber).filter(Number.isFinite);
}

const scaleOn = (side: 'x' | 'y', chart: Chart, from: number, to: number): Scale =>
  createScale({
    axis: chart[side],
    values: valuesOn(side, chart),
    range: { from, to },
    countMax: Math.max(2, Math.floor(Math.abs(to - from) / TICK_DISTANCE[side])),
  });

/** The lines of a label beside the vertical axis. */
const sideLines = (label: string, isCategory: boolean, width: number): string[] =>
  isCategory ? breakLines(label, width * CATEGORY_SHARE) : [label];

/** The least height of a picture in which the names of its categories do not overlap, px. */
export function heightFor({ y }: Chart, { width }: Size, top: number): number {
  if (y.kind !== 'category' || y.categories === undefined) return 0;
  const lines = y.categories.map((name) => sideLines(name, true, width).length);
  const row = Math.max(0, ...lines) * LINE_PX + ROW_GAP;
  return top + y.categories.length * row + BOTTOM;
}

/** Creates the frame of a chart in a picture of this size, below the `top` px of its legend. */
export function createFrame(chart: Chart, { width, height }: Size, top: number): Frame {
  const isHorizontal = chart.y.kind === 'category';
  const plotTop = top + (chart.y.label === '' ? LABEL_GAP : Y_NAME);
  const bottom = height - BOTTOM;
  // Values grow upwards; categories are read downwards.
  const y = isHorizontal
    ? scaleOn('y', chart, plotTop, bottom)
    : scaleOn('y', chart, bottom, plotTop);
  const lines = y.ticks.flatMap(({ label }) => sideLines(label, isHorizontal, width));
  const left = Math.ceil(Math.max(0, ...lines.map(textWidth))) + TICK + LABEL_GAP;
  const box = { left, right: width - RIGHT, top: plotTop, bottom };
  const x = scaleOn('x', chart, box.left, box.right);
  const pixelOf = (point: Pick<Point, 'x' | 'y'>): Pixel => ({
    x: x.position(point.x),
    y: y.position(point.y),
  });
  return { box, x, y, labelEnd: width, isHorizontal, pixelOf };
}

const AXIS: Attributes = { stroke: 'var(--ink)' };
const GRID: Attributes = { stroke: 'var(--faint)' };

function horizontalAxis(axis: Axis, { box, x }: Frame): string {
  const { left, right, top, bottom } = box;
  const ticks = x.ticks.map(
    ({ at, label }) =>
      line({ x: at, y: top }, { x: at, y: bottom }, GRID) +
      line({ x: at, y: bottom }, { x: at, y: bottom + TICK }, AXIS) +
      text(label, { x: at, y: bottom + TICK + LINE_PX }, { 'text-anchor': 'middle' }),
  );
  const name = { x: (left + right) / 2, y: bottom + BOTTOM - LABEL_GAP };
  return ticks.join('') + text(axis.label, name, { 'text-anchor': 'middle' });
}

function verticalAxis(axis: Axis, { box, y, isHorizontal }: Frame, width: number): string {
  const { left, right, top } = box;
  const ticks = y.ticks.map(({ at, label }) => {
    const lines = sideLines(label, isHorizontal, width);
    const first = at + 4 - ((lines.length - 1) * LINE_PX) / 2;
    const labels = lines.map((each, index) => {
      const baseline = { x: left - TICK - LABEL_GAP, y: first + index * LINE_PX };
      return text(each, baseline, { 'text-anchor': 'end' });
    });
    return (
      line({ x: left, y: at }, { x: right, y: at }, GRID) +
      line({ x: left - TICK, y: at }, { x: left, y: at }, AXIS) +
      labels.join('')
    );
  });
  return ticks.join('') + text(axis.label, { x: 0, y: top - Y_NAME + LINE_PX });
}

/** Grid and axes of a chart. */
export function drawAxes(chart: Chart, frame: Frame, { width }: Size): string {
  const { left, right, top, bottom } = frame.box;
  const corner = { x: left, y: bottom };
  return element(
    'g',
    {},
    horizontalAxis(chart.x, frame) +
      verticalAxis(chart.y, frame, width) +
      line({ x: left, y: top }, corner, AXIS) +
      line(corner, { x: right, y: bottom }, AXIS),
  );
}
