/**
 * What a chart looks like, read from its SVG: labels, positions, symbols, the legend. Whether it looks
 * good is for eyes: docs/figures has all pictures.
 */
import { describe, expect, test } from 'vitest';
import {
  drawChart,
  NARROW,
  standAlone,
  WIDE,
} from '../../../../src/cli/figures/chart/chart-svg.js';
import type { Chart, Series } from '../../../../src/simulator/figures/presentation/chart.js';

const chart: Chart = {
  x: { label: 'size', min: 0, max: 4 },
  y: { label: 'ratio <C>' },
  series: [
    { name: 'ours', tone: 'fast', kind: 'line', points: [{ x: 1, y: 2, low: 1, high: 3 }] },
    {
      ...{ name: 'text', tone: 'published', kind: 'scatter' },
      points: [{ x: 2, y: 2, label: 'paper' }],
    },
  ],
  marks: [
    { axis: 'x', from: 3, label: 'a line' },
    { axis: 'y', from: 1, to: 2, label: 'a band' },
  ],
};

/** Long names, so that they need two lines where there is little room. */
const categories = [
  'as it is',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => `without one of the rules, ${n}`),
];
const byCategory: Chart = {
  x: { label: 'ratio' },
  y: { label: '', kind: 'category', categories },
  series: [
    {
      ...{ name: 'ours', tone: 'fast', kind: 'scatter' },
      points: categories.map((y, index) => ({ x: index, y, low: index - 1, high: index + 1 })),
    },
  ],
};

const curve = (points: Series['points'], more: Partial<Series> = {}): Series => ({
  ...{ name: 'curve', tone: 'fast', kind: 'line', points },
  ...more,
});

const attributes = (svg: string, pattern: RegExp): number[] =>
  [...svg.matchAll(pattern)].map(([, value]) => Number(value));

describe('A picture', () => {
  test.each([WIDE, NARROW])('has labels, marks and the colours of variables: %o', (size) => {
    const svg = drawChart(chart, size, 'one');
    for (const text of ['size', 'ratio &lt;C&gt;', 'ours', 'paper', 'a line', 'a band']) {
      expect(svg).toContain(`>${text}<`);
    }
    expect(svg).toContain('stroke="var(--fast)"');
    expect(svg).not.toMatch(/#[0-9a-f]{3,6}"/);
  });

  test('is the same each time, and has colours when it stands alone', () => {
    const svg = drawChart(chart, WIDE, 'one');
    expect(drawChart(chart, WIDE, 'one')).toBe(svg);
    expect(standAlone(svg)).toMatch(/^<svg[^>]*><style>:root\{.*--fast:#/);
    expect(standAlone(svg)).toContain('prefers-color-scheme:dark');
  });

  test('is well formed: each element is closed, and no attribute stands there twice', () => {
    const open: string[] = [];
    const svg = drawChart(chart, WIDE, 'one');
    for (const [, slash, name, written = '', end] of svg.matchAll(/<(\/?)(\w+)([^>]*?)(\/?)>/g)) {
      const keys = [...written.matchAll(/ ([\w-]+)="/g)].map(([, key]) => key);
      expect(new Set(keys).size).toBe(keys.length);
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (end === '') open.push(`${name}`);
    }
    expect(open).toEqual([]);
  });

  test('puts each point where its scales say, the greater value higher', () => {
    const points = [
      { x: 0, y: 10 },
      { x: 2, y: 20 },
      { x: 4, y: 40 },
    ];
    const svg = drawChart(
      {
        ...chart,
        y: { label: 'y', min: 0, max: 40 },
        series: [curve(points, { tone: 'paper' })],
        marks: [],
      },
      WIDE,
      'one',
    );
    const plot = svg.split('</clipPath>')[1] ?? '';
    const [xs, ys] = [/<circle cx="([\d.]+)"/g, /<circle cx="[\d.]+" cy="([\d.]+)"/g].map((each) =>
      attributes(plot, each),
    );
    // The last circle is that of the legend.
    const [x0 = 0, x2 = 0, x4 = 0] = xs ?? [];
    const [y10 = 0, y20 = 0, y40 = 0] = ys ?? [];
    expect(x2 - x0).toBeCloseTo(x4 - x2, 0);
    expect(y20 - y40).toBeCloseTo(2 * (y10 - y20), 0);
  });

  test('shows symbols at few points, and none on a curve of many', () => {
    const points = (count: number) => Array.from({ length: count }, (_, x) => ({ x, y: x * x }));
    const circles = (series: Series) =>
      drawChart({ x: chart.x, y: chart.y, series: [series] }, WIDE, 'one').match(/<circle/g) ?? [];
    expect(circles(curve(points(5), { tone: 'paper' }))).toHaveLength(5 + 1);
    expect(circles(curve(points(9), { tone: 'paper' }))).toHaveLength(0);
    expect(circles(curve(points(9), { tone: 'paper', kind: 'scatter' }))).toHaveLength(5 + 1);
  });

  test('names series of one name once, and draws a dashed line dashed in the legend, too', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
    ];
    const one = curve(points, { name: 'same', isDashed: true });
    const svg = drawChart({ x: chart.x, y: chart.y, series: [one, one] }, WIDE, 'one');
    expect(svg.match(/>same</g)).toHaveLength(1);
    expect(svg.match(/stroke-dasharray="6 4"/g)).toHaveLength(3);
  });

  test('is as tall as the names of its categories need', () => {
    const heightOf = (svg: string): number => Number(svg.match(/ height="(\d+)"/)?.[1]);
    expect(heightOf(drawChart(byCategory, WIDE, 'one'))).toBe(WIDE.height);
    const narrow = drawChart(byCategory, NARROW, 'one');
    expect(heightOf(narrow)).toBeGreaterThan(NARROW.height);
    const labels = attributes(narrow, /y="([\d.]+)" text-anchor="end"/g);
    const gaps = labels.slice(1).map((y, index) => y - (labels[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(12);
  });

  test('keeps intervals of several series in one category apart', () => {
    const points = [{ x: 'a', y: 2, low: 1, high: 3 }];
    const x = { label: 'x', kind: 'category', categories: ['a'] } as const;
    const series = [curve(points), curve(points, { name: 'other', tone: 'paper' })];
    const svg = drawChart({ x, y: chart.y, series }, WIDE, 'one');
    const bars = attributes(
      svg,
      /<g stroke="var\(--\w+\)" stroke-width="1.5"><line x1="([\d.]+)"/g,
    );
    expect(bars).toHaveLength(2);
    expect(Math.abs((bars[0] ?? 0) - (bars[1] ?? 0))).toBeGreaterThanOrEqual(8);
  });

  test('has no NaN when there is no data', () => {
    for (const kind of ['value', 'log', 'category'] as const) {
      const empty = { x: { label: 'x', kind }, y: { label: 'y' }, series: [curve([])] };
      expect(drawChart(empty, WIDE, 'one')).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});
