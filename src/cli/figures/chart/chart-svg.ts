/**
 * A chart as SVG, written as text by about 500 lines of our own. A charting library does much more
 * (it animates, answers the mouse, measures fonts in a browser), and the one that was here weighed
 * 68 of the 99 MB of an installation, for a command that most users never run. Our charts need
 * little: two axes, a legend, curves, symbols, confidence intervals and the marks of the paper.
 *
 * A picture is drawn in layers, from the back to the front: shaded ranges, grid and axes, the
 * dotted lines of the paper, data, legend.
 */
import type { Chart } from '../../../simulator/figures/presentation/chart.js';
import { CHART_STYLE } from './colours.js';
import { type Box, createFrame, drawAxes, heightFor, type Size } from './frame.js';
import { drawLegend } from './legend.js';
import { drawMarks } from './published-marks.js';
import { drawSeries } from './series.js';
import { element } from './svg.js';
import { FONT_PX } from './text-size.js';

/** For a desk and for a telephone, on which the text of a scaled picture would be too small. */
export const WIDE: Size = { width: 720, height: 420 };
export const NARROW: Size = { width: 360, height: 360 };

/** Half of a line at the edge of the plot would be missing without it, px. */
const CLIP_MARGIN = 1.5;

const clipPath = (id: string, { left, right, top, bottom }: Box): string => {
  const [x, y] = [left - CLIP_MARGIN, top - CLIP_MARGIN];
  const [width, height] = [right - x + CLIP_MARGIN, bottom - y + CLIP_MARGIN];
  return element('clipPath', { id }, element('rect', { x, y, width, height }));
};

/** Empty room around the picture, px. */
const MARGIN = 4;

/**
 * The picture, without colours of its own, as it stands in the report. It is taller than `size` if
 * the names of its categories need that.
 * @param name begins its ids, which must differ from those of the other pictures of a page
 */
export function drawChart(chart: Chart, size: Size, name: string): string {
  const width = size.width - 2 * MARGIN;
  const legend = drawLegend(chart.series, width);
  const least = heightFor(chart, { ...size, width }, legend.height);
  const inner = { width, height: Math.max(size.height - 2 * MARGIN, least) };
  const frame = createFrame(chart, inner, legend.height);
  const marks = drawMarks(chart.marks ?? [], frame);
  const clip = `${name}-plot`;
  const outer = { width: size.width, height: inner.height + 2 * MARGIN };
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      ...{ ...outer, viewBox: `${-MARGIN} ${-MARGIN} ${outer.width} ${outer.height}` },
      ...{ 'font-family': 'system-ui,sans-serif', 'font-size': FONT_PX, fill: 'var(--ink)' },
    },
    element('rect', { x: -MARGIN, y: -MARGIN, ...outer, fill: 'var(--ground)' }) +
      clipPath(clip, frame.box) +
      marks.bands +
      drawAxes(chart, frame, inner) +
      marks.lines +
      drawSeries(chart.series, frame, clip) +
      legend.svg,
  );
}

/** The picture as a file of its own. */
export const standAlone = (svg: string): string =>
  `${svg.replace(/(<svg[^<>]*>)/, `$1<style>${CHART_STYLE}</style>`)}\n`;
