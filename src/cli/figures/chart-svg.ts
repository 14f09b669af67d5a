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
  TitleComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { LegacyGridContainLabel } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import type {
  Axis,
  Chart,
  Mark,
  Point,
  Series,
  Tone,
} from '../../simulator/figures/presentation/chart.js';

echarts.use([CustomChart, LineChart, ScatterChart, SVGRenderer, LegacyGridContainLabel]);
echarts.use([GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TitleComponent]);

/** Stand-ins: colours that nothing else has. */
const STAND_INS = {
  ink: '#010101',
  faint: '#010102',
  band: '#010103',
  ground: '#010109',
  paper: '#010104',
  fast: '#010105',
  yardstick: '#010106',
  star: '#010107',
  published: '#010108',
} as const satisfies Record<Tone | 'ink' | 'faint' | 'band' | 'ground', string>;

/** Told apart by hue and by lightness. */
const LIGHT = {
  ink: '#33373d',
  faint: '#d9dce1',
  band: '#fbe9ec',
  ground: '#ffffff',
  paper: '#c2620a',
  fast: '#1668c7',
  yardstick: '#2b8a3e',
  star: '#7a8088',
  published: '#c2255c',
};
const DARK = {
  ink: '#d3d7dd',
  faint: '#3a3f47',
  band: '#3a2027',
  ground: '#14171b',
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

/** Reads over lines, too. */
const halo = { textBorderColor: STAND_INS.ground, textBorderWidth: 3 };

/** Names of categories at the side are broken where there is little room, px. */
const CATEGORY_WIDTH = 110;

const axisOption = (axis: Axis, isVertical: boolean, isNarrow: boolean) => ({
  type: axis.kind ?? 'value',
  ...(!isVertical && {
    name: axis.label,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: text,
  }),
  ...(axis.categories && { data: [...axis.categories], inverse: isVertical }),
  ...(axis.min === undefined ? { scale: true } : { min: axis.min }),
  ...(axis.max !== undefined && { max: axis.max }),
  axisLabel: {
    ...{ ...text, hideOverlap: axis.kind !== 'category' },
    ...(axis.categories && isNarrow && { width: CATEGORY_WIDTH, overflow: 'break' }),
  },
  axisLine: { lineStyle: { color: STAND_INS.ink } },
  axisTick: { lineStyle: { color: STAND_INS.ink } },
  splitLine: { show: true, lineStyle: { color: STAND_INS.faint } },
});

const labelled = (points: readonly Point[], yMax: number | undefined) =>
  points.map(({ x, y, label = '' }) => ({
    value: [x, y],
    label: {
      ...{ show: label !== '', formatter: label, ...text, ...halo },
      position: y === yMax ? 'bottom' : 'right',
    },
  }));

const SYMBOLS: Readonly<Record<Tone, string>> = {
  paper: 'circle',
  fast: 'rect',
  yardstick: 'triangle',
  star: 'emptyCircle',
  published: 'diamond',
};

const hasInterval = ({ low, high }: Point): boolean => low !== undefined && high !== undefined;

/** Many points in a row are a curve; few are measurements that want to be seen. */
const SYMBOLS_MAX = 8;

const hasSymbols = ({ kind, points }: Series): boolean =>
  kind === 'scatter' || points.length <= SYMBOLS_MAX;

const mainOption = (series: Series, width: number, yMax: number | undefined) => ({
  name: series.name,
  type: series.kind,
  color: toneOf(series),
  data: labelled(series.points, yMax),
  symbol: hasSymbols(series) ? SYMBOLS[series.tone] : 'none',
  symbolSize: series.tone === 'published' ? 11 : 8,
  lineStyle: { width, type: series.isDashed === true ? 'dashed' : 'solid' },
  silent: true,
  emphasis: { disabled: true },
  z: series.tone === 'published' ? 5 : 3,
});

/** The intervals of a series, as bars with caps. */
function intervalOption(series: Series, isHorizontal: boolean) {
  const style = { stroke: toneOf(series), lineWidth: 1.5, fill: 'none' };
  const CAP = 4;
  return {
    type: 'custom',
    silent: true,
    clip: true,
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
  const label = { ...text, ...halo, color: STAND_INS.published };
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
        label: {
          ...{ ...label, formatter: mark.label },
          position: mark.axis === 'x' ? 'insideEndTop' : 'insideStartBottom',
        },
      })),
    },
    markArea: {
      itemStyle: { color: STAND_INS.band },
      data: bands.map((mark) => [
        {
          ...placeOf(mark, mark.from),
          name: mark.label,
          label: { ...label, position: 'insideTopRight' },
        },
        placeOf(mark, mark.to ?? mark.from),
      ]),
    },
  };
}

/** For the gaps between the names of the legend, px. */
const LEGEND_ROOM = 100;

/** Height of a row of the legend, px. */
const LEGEND_ROW = 22;

/** A name once, also when several lines have it. */
const legendOf = (series: readonly Series[]): string[] => [
  ...new Set(series.map(({ name }) => name)),
];

function optionOf({ x, y, series, marks = [] }: Chart, { width }: Size): Record<string, unknown> {
  const isHorizontal = y.kind === 'category';
  const isNarrow = width < 500;
  const names = legendOf(series);
  // Lines of one name are many; none of them may hide the others.
  const thickness = names.length < series.length ? 1.2 : 2;
  const legendHeight = LEGEND_ROW * (isNarrow ? names.length : 1);
  return {
    animation: false,
    // The width of text is a guess without a browser; the gap is for fonts that are wider.
    legend: {
      ...{
        data: names,
        textStyle: text,
        top: 0,
        left: 0,
        itemWidth: 22,
        itemGap: isNarrow ? 6 : LEGEND_ROOM / names.length,
      },
      ...(isNarrow && { orient: 'vertical' }),
    },
    title: {
      text: y.label,
      textStyle: { ...text, fontWeight: 'normal' },
      left: 0,
      top: legendHeight,
    },
    grid: {
      ...{ left: isHorizontal ? 24 : 8, right: 24, bottom: 34, containLabel: true },
      top: legendHeight + 28,
    },
    xAxis: axisOption(x, false, isNarrow),
    yAxis: axisOption(y, true, isNarrow),
    series: [
      marksOption(marks),
      ...series
        .filter(({ points }) => points.some(hasInterval))
        .map((each) => intervalOption(each, isHorizontal)),
      ...series.map((each) => mainOption(each, thickness, y.max)),
    ],
  };
}

/** How things look under the mouse; their classes count up within a process. */
const withoutHover = (svg: string): string =>
  svg.replace(/<style.*?<\/style>/gs, '').replace(/ class="zr\d+-cls-\d+"/g, '');

const toVariables = (svg: string): string =>
  Object.entries(STAND_INS).reduce(
    (result, [name, colour]) => result.replaceAll(colour, `var(--${name})`),
    svg,
  );

/**
 * The picture, without colours of its own, as it stands in the report.
 * @param name begins its ids, which must differ from those of the other pictures of a page
 */
export function drawChart(chart: Chart, size: Size, name: string): string {
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    drawing.setOption(optionOf(chart, size));
    return toVariables(withoutHover(drawing.renderToSVGString({ useViewBox: true }))).replace(
      /zr\d+-/g,
      `${name}-`,
    );
  } finally {
    drawing.dispose();
  }
}

/** The picture as a file of its own. */
export const standAlone = (svg: string): string =>
  `${svg.replace(/(<svg[^>]*>)/, `$1<style>${CHART_STYLE}</style>`)}\n`;
