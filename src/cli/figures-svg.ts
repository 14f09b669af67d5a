/**
 * A chart as SVG, drawn by echarts without a browser. What echarts draws in a stand-in colour becomes a
 * CSS variable afterwards, so that one picture suits light and dark, in the report and alone.
 */
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { LegacyGridContainLabel } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import type { Axis, Chart, Mark, Point, Series, Tone } from '../simulator/figures/chart.js';

echarts.use([CustomChart, LineChart, ScatterChart, SVGRenderer, LegacyGridContainLabel]);
echarts.use([GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent]);

/** Stand-ins: colours that nothing else has. */
const STAND_INS = {
  ink: '#010101',
  faint: '#010102',
  band: '#010103',
  paper: '#010104',
  fast: '#010105',
  yardstick: '#010106',
  star: '#010107',
  published: '#010108',
} as const satisfies Record<Tone | 'ink' | 'faint' | 'band', string>;

/** Told apart by hue and by lightness. */
const LIGHT = {
  ink: '#33373d',
  faint: '#d9dce1',
  band: '#f6d9de',
  paper: '#c2620a',
  fast: '#1668c7',
  yardstick: '#2b8a3e',
  star: '#7a8088',
  published: '#c2255c',
};
const DARK = {
  ink: '#d3d7dd',
  faint: '#3a3f47',
  band: '#4a2530',
  paper: '#f0a04b',
  fast: '#6aa9f4',
  yardstick: '#69c47c',
  star: '#9aa1ab',
  published: '#ff7a9c',
};

const variables = (colours: typeof LIGHT): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join('');

/** The colours of the pictures; the report has them once, each picture that stands alone as well. */
export const CHART_STYLE =
  `:root{color-scheme:light dark;${variables(LIGHT)}}` +
  `@media(prefers-color-scheme:dark){:root{${variables(DARK)}}}`;

const FONT = 'system-ui,sans-serif';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** For a desk and for a telephone, whose text would be too small if a picture were only scaled. */
export const WIDE: Size = { width: 720, height: 420 };
export const NARROW: Size = { width: 360, height: 360 };

const toneOf = ({ tone }: Series): string => STAND_INS[tone];

const text = { color: STAND_INS.ink, fontSize: 12, fontFamily: FONT };

const axisOption = (axis: Axis, isVertical: boolean) => ({
  type: axis.kind ?? 'value',
  name: axis.label,
  nameLocation: isVertical ? 'end' : 'middle',
  nameGap: isVertical ? 12 : 28,
  nameTextStyle: { ...text, ...(isVertical && { align: 'left', padding: [0, 0, 0, -36] }) },
  ...(axis.categories && { data: [...axis.categories], inverse: isVertical }),
  ...(axis.min === undefined ? { scale: true } : { min: axis.min }),
  ...(axis.max !== undefined && { max: axis.max }),
  axisLabel: { ...text, hideOverlap: axis.kind !== 'category' },
  axisLine: { lineStyle: { color: STAND_INS.ink } },
  axisTick: { lineStyle: { color: STAND_INS.ink } },
  splitLine: { show: true, lineStyle: { color: STAND_INS.faint } },
});

const labelled = (points: readonly Point[]) =>
  points.map(({ x, y, label }) => ({
    value: [x, y],
    label: { show: label !== undefined, formatter: label ?? '', position: 'right', ...text },
  }));

const SYMBOLS: Readonly<Record<Tone, string>> = {
  paper: 'circle',
  fast: 'rect',
  yardstick: 'triangle',
  star: 'emptyCircle',
  published: 'diamond',
};

/** Many points in a row are a curve; few are measurements that want to be seen. */
const SYMBOLS_MAX = 20;

const mainOption = (series: Series, width: number) => ({
  name: series.name,
  type: series.kind === 'line' ? 'line' : 'scatter',
  color: toneOf(series),
  data: labelled(series.points),
  symbol: SYMBOLS[series.tone],
  symbolSize: series.tone === 'published' ? 11 : 8,
  showSymbol: series.points.length <= SYMBOLS_MAX,
  lineStyle: { width, type: series.isDashed === true ? 'dashed' : 'solid' },
  labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' },
  silent: true,
  emphasis: { disabled: true },
  z: series.tone === 'published' ? 5 : 3,
});

const hasInterval = ({ low, high }: Point): boolean => low !== undefined && high !== undefined;

/** The intervals of a series, as bars with caps. */
function intervalOption(series: Series, isHorizontal: boolean) {
  const style = { stroke: toneOf(series), lineWidth: 1.5, fill: 'none' };
  const CAP = 4;
  return {
    type: 'custom',
    silent: true,
    data: series.points
      .filter(hasInterval)
      .map(({ x, y, low, high }) => (isHorizontal ? [y, low, high] : [x, low, high])),
    encode: isHorizontal ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    renderItem: (_params: unknown, api: IntervalApi) => {
      const at = (index: number): [number, number] => {
        const place = [api.value(0), api.value(index)];
        const [x = 0, y = 0] = api.coord(isHorizontal ? place.reverse() : place);
        return [x, y];
      };
      const [[x1, y1], [x2, y2]] = [at(1), at(2)];
      const line = (a: number, b: number, c: number, d: number) => {
        return { type: 'line', shape: { x1: a, y1: b, x2: c, y2: d }, style };
      };
      const [dx, dy] = isHorizontal ? [0, CAP] : [CAP, 0];
      const caps = [
        line(x1 - dx, y1 - dy, x1 + dx, y1 + dy),
        line(x2 - dx, y2 - dy, x2 + dx, y2 + dy),
      ];
      return { type: 'group', children: [line(x1, y1, x2, y2), ...caps] };
    },
  };
}

interface IntervalApi {
  value(index: number): number;
  coord(place: readonly number[]): number[];
}

/** What the paper's text says, behind everything else. */
function marksOption(marks: readonly Mark[]) {
  const label = { ...text, color: STAND_INS.published, position: 'insideEndTop' };
  const lines = marks.filter(({ to }) => to === undefined);
  const bands = marks.filter(({ to }) => to !== undefined);
  const placeOf = ({ axis }: Mark, value: number) =>
    axis === 'x' ? { xAxis: value } : { yAxis: value };
  return {
    type: 'line',
    data: [],
    silent: true,
    z: 1,
    markLine: {
      symbol: 'none',
      lineStyle: { color: STAND_INS.published, type: 'dotted', width: 1.5 },
      data: lines.map((mark) => ({
        ...placeOf(mark, mark.from),
        label: { ...label, formatter: mark.label },
      })),
    },
    markArea: {
      itemStyle: { color: STAND_INS.band },
      data: bands.map((mark) => [
        {
          ...placeOf(mark, mark.from),
          name: mark.label,
          label: { ...label, position: 'insideTop' },
        },
        placeOf(mark, mark.to ?? mark.from),
      ]),
    },
  };
}

/** A name once, also when several lines have it. */
const legendOf = (series: readonly Series[]): string[] => [
  ...new Set(series.map(({ name }) => name)),
];

function optionOf({ x, y, series, marks = [] }: Chart, { width }: Size): Record<string, unknown> {
  const isHorizontal = y.kind === 'category';
  const isNarrow = width < 500;
  // Lines of one name are many; none of them may hide the others.
  const thickness = legendOf(series).length < series.length ? 1.2 : 2;
  const rows = Math.ceil(legendOf(series).length / (isNarrow ? 2 : 4));
  return {
    animation: false,
    legend: { data: legendOf(series), textStyle: text, top: 0, left: 0, itemWidth: 22 },
    grid: { left: 8, right: 24, bottom: 34, top: 22 + 24 * rows, containLabel: true },
    xAxis: axisOption(x, false),
    yAxis: axisOption(y, true),
    series: [
      marksOption(marks),
      ...series
        .filter(({ points }) => points.some(hasInterval))
        .map((each) => intervalOption(each, isHorizontal)),
      ...series.map((each) => mainOption(each, thickness)),
    ],
  };
}

const toVariables = (svg: string): string =>
  Object.entries(STAND_INS).reduce(
    (result, [name, colour]) => result.replaceAll(colour, `var(--${name})`),
    svg,
  );

/** The picture; without colours of its own when it will stand in the report. */
export function drawChart(chart: Chart, size: Size): string {
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    drawing.setOption(optionOf(chart, size));
    // Ids of echarts count up within a process; a picture must not tell how many went before.
    return toVariables(drawing.renderToSVGString({ useViewBox: true })).replace(/zr\d+-/g, 'zr-');
  } finally {
    drawing.dispose();
  }
}

/** The picture as a file of its own. */
export const standAlone = (svg: string): string =>
  `${svg.replace(/(<svg[^>]*>)/, `$1<style>${CHART_STYLE}</style>`)}\n`;
