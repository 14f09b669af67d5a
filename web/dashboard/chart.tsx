/** The chart (uPlot): all listeners as an area, and the largest series as lines, with their names below. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { HistoryChart } from '../../src/api/dashboard/history-rows.js';
import { average } from './text.js';

interface ChartProps {
  readonly chart: HistoryChart;
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

const HEIGHT_PX = 260;
/** Listeners are whole. */
const INCREMENTS = [0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((one) => one * 10 ** power));

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const axis = (): uPlot.Axis => ({
  stroke: colour('faint'),
  font: '12px system-ui, sans-serif',
  grid: { stroke: colour('line'), width: 1 },
  ticks: { show: false },
});

/** The data in uPlot's form. */
const dataOf = ({ from, step, total, series }: HistoryChart): uPlot.AlignedData => [
  total.map((_, index) => from + index * step),
  [...total],
  ...series.map(({ values }) => [...values]),
];

/** Half-transparent, for the area. */
const faded = (hex: string): string => `${hex}26`;

function optionsOf(
  { series }: HistoryChart,
  width: number,
  onIndex: (index: number | null) => void,
): uPlot.Options {
  const lines = series.map((_, index) => ({ stroke: colour(`line-${index + 1}`), width: 1.75 }));
  const whole = { stroke: colour('accent'), fill: faded(colour('accent')), width: 2 };
  return {
    ...{ width, height: HEIGHT_PX, legend: { show: false } },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] } },
    axes: [axis(), { ...axis(), size: 44, incrs: INCREMENTS }],
    series: [{}, whole, ...lines].map((one) => ({ ...one, points: { show: false } })),
    hooks: { setCursor: [({ cursor }) => onIndex(cursor.idx ?? null)] },
  };
}

/** The names of the lines, with the values where the pointer is, or the newest ones. */
function Legend({ chart, index }: { readonly chart: HistoryChart; readonly index: number | null }) {
  const shownOf = (values: readonly (number | null)[]): string => {
    const value = index === null ? values.findLast((one) => one !== null) : values[index];
    return value == null ? '' : average(value);
  };
  return (
    <ul class="legend-list">
      <li class="line-0">
        All <b>{shownOf(chart.total)}</b>
      </li>
      {chart.series.map(({ name, values }, at) => (
        <li key={name} class={`line-${at + 1}`}>
          <bdi>{name}</bdi> <b>{shownOf(values)}</b>
        </li>
      ))}
    </ul>
  );
}

export function Chart({ chart, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [index, setIndex] = useState<number | null>(null);
  const [theme, setTheme] = useState(0);
  const names = chart.series.map(({ name }) => name).join('\n');
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const made = new uPlot(optionsOf(chart, target.clientWidth, setIndex), dataOf(chart), target);
    plot.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: target.clientWidth, height: HEIGHT_PX }),
    );
    resized.observe(target);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const repaint = (): void => setTheme((before) => before + 1);
    dark.addEventListener('change', repaint);
    return () => {
      dark.removeEventListener('change', repaint);
      resized.disconnect();
      made.destroy();
    };
  }, [names, theme]);
  useEffect(() => plot.current?.setData(dataOf(chart)), [chart]);
  return (
    <>
      <div class="chart-place" ref={place} role="img" aria-label={label} />
      <Legend chart={chart} index={index} />
    </>
  );
}
