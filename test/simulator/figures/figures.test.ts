import { describe, expect, test } from 'vitest';
import { FAST, PAPER, validateConfig } from '../../../src/gossamer/core/config.js';
import type { ExperimentReport } from '../../../src/simulator/experiment/experiment.js';
import type { Sample } from '../../../src/simulator/experiment/sample.js';
import { settledSince } from '../../../src/simulator/experiment/settling.js';
import type { SourceReport } from '../../../src/simulator/experiment/trees.js';
import { FIGURES, planSessions } from '../../../src/simulator/figures/figures.js';
import { csvOf } from '../../../src/simulator/figures/presentation/csv.js';
import type { Drawing, Figure } from '../../../src/simulator/figures/presentation/figure.js';
import { compared } from '../../../src/simulator/figures/presentation/words.js';
import { scopeOf } from '../../../src/simulator/figures/sessions/scope.js';
import type { Session } from '../../../src/simulator/figures/sessions/session.js';

const ASKED = { draws: 5, scxs: 100, quick: false, full: false, hasMatrix: true };
const scope = scopeOf(ASKED);

const sampleOf = (atMs: number, ratio: number | null, unreached = 0): Sample => ({
  ...{ atMs, ratios: [ratio], unreached, edgeChangesPerScx: atMs / 1000 },
  ...{ messagesPerSecond: 1, bytesPerSecond: 100, bytesPerSecondMax: 200 },
});

const sourceOf = (ratio: number): SourceReport => {
  const cost = { costMs: ratio, starMs: 1, ratio, overlayRatio: ratio };
  const whole = { ...cost, longestMs: 1, unreached: [] };
  const tree = { worst: 4, histogram: [{ copies: 1, links: 30 }] };
  const star = { worst: 9, histogram: [{ copies: 9, links: 2 }] };
  return { scx: 0, ...whole, yardstick: { ...whole, ratio: 1.1 }, stress: { tree, star } };
};

const reportOf = (ratio: number): ExperimentReport => ({
  drawn: { seed: 1, places: [0, 1, 2], joinInstantsMs: [0, 1, 2], sources: [0] },
  samples: [sampleOf(5000, 3, 1), sampleOf(10_000, 2), sampleOf(15_000, ratio)],
  sources: [sourceOf(ratio)],
  discovery: {
    most: [1000, 19_500, null],
    all: [1000, 30_000, null],
    watched: {
      scx: 1,
      known: [
        { atMs: 0, known: 0 },
        { atMs: 2500, known: 2 },
      ],
    },
  },
  stableSinceMs: null,
  edgeChangesPerScx: 15,
  reception: null,
  traffic: {},
  worstSecondsBytes: [],
  traceHash: '',
});

const figureOf = (id: string): Figure => FIGURES.find((figure) => figure.id === id) as Figure;

/** Profile paper has 1.7 and 1.5, fast has 1.2 and 1.4. */
const reports = ({ config }: Session): ExperimentReport[] =>
  (config.keepAliveIntervalMs === PAPER.keepAliveIntervalMs ? [1.7, 1.5] : [1.2, 1.4]).map(
    reportOf,
  );

const draw = (id: string): Drawing => figureOf(id).draw(reports, scope);

const rowsOf = (id: string, first: string) => draw(id).data.rows.filter(([name]) => name === first);

describe('A figure', () => {
  test('6 counts the SCXs of all draws that know 90% or all others at each instant', () => {
    const rows = rowsOf('figure-06', 'paper');
    const at = (others: string, second: number) =>
      rows.find(([, known, time]) => known === others && time === second)?.[3];
    expect(at('90%', 0)).toBe(0);
    expect(at('90%', 19)).toBeCloseTo(100 / 3);
    expect(at('90%', 20)).toBeCloseTo(200 / 3);
    expect(at('all', 29)).toBeCloseTo(100 / 3);
    expect(at('all', 30)).toBeCloseTo(200 / 3);
  });

  test('7 shows what one SCX knew, as a share of the others', () => {
    expect(rowsOf('figure-07', 'fast')).toEqual([
      ['fast', 0, 0],
      ['fast', 2.5, 100],
    ]);
  });

  test('8 leaves out instants at which routes are missing', () => {
    expect(rowsOf('figure-08', 'paper').map(([, , time, ratio]) => [time, ratio])).toEqual([
      [10, 2],
      [15, 1.7],
    ]);
  });

  test('9 puts ratios into bins of ± 0.05 around odd multiples of it', () => {
    const full = rowsOf('figure-09', 'paper').filter((row) => row[3] === 50);
    expect(full.map(([, from, to]) => [from, to])).toEqual([
      [expect.closeTo(1.5), expect.closeTo(1.6)],
      [expect.closeTo(1.7), expect.closeTo(1.8)],
    ]);
    const sum = rowsOf('figure-09', 'fast').reduce((total, row) => total + Number(row[3]), 0);
    expect(sum).toBeCloseTo(100);
  });

  test('10 is the mean over the draws', () => {
    expect(rowsOf('figure-10', 'fast')).toContainEqual(['fast', 15, 15]);
  });

  test('11 has both trees and the star', () => {
    expect(draw('figure-11').data.rows).toEqual([
      ['tree, profile paper', 1, 30],
      ['tree, profile fast', 1, 30],
      ['unicast star', 9, 2],
    ]);
  });

  test('12 says in how many draws every SCX knew 90% of the others', () => {
    const text = draw('figure-12').text.join('\n');
    expect(text).toContain('unknown at 50 in 0 of 2 draws');
  });

  test.each(['figure-13', 'scale-cost'])('%s has the mean and its interval at each size', (id) => {
    const rows = rowsOf(id, 'profile fast');
    expect(rows.map((row) => row[1])).toEqual([10, 50, 100, 200, 350]);
    expect(rows[0]).toEqual([
      ...['profile fast', 10, expect.closeTo(1.3), expect.closeTo(1.27, 2), 2, 2],
    ]);
  });

  test('14 has each degree', () => {
    const rows = rowsOf('figure-14', 'paper');
    expect(rows.map((row) => row[1])).toEqual(['<2,3>', '<3,4>', '<4,5>', '<5,6>', '<7,8>']);
    expect(rows[0]?.[2]).toBeCloseTo(1.6);
  });

  test('15 takes the instant since which the ratio stays near the final one', () => {
    expect(rowsOf('figure-15', 'profile paper')[0]?.[2]).toBe(15);
  });

  test('beyond the paper compares both profiles with the yardstick', () => {
    const { text } = draw('beyond-yardstick');
    const sentence = 'profile fast is 19% below profile paper, and 18% above the yardstick';
    expect(text).toContain(`ts1000n, 1 source: ${sentence}.`);
  });

  test('draws only numbers that are known', () => {
    expect(FIGURES).toHaveLength(16);
    for (const figure of FIGURES) {
      const { chart, data } = figure.draw(reports, scope);
      const points = chart.series.flatMap((series) => series.points);
      // In these reports one SCX never knows 90%, so figure 12 has the paper's point only.
      expect(points.length, figure.id).toBeGreaterThan(figure.id === 'figure-12' ? 0 : 1);
      expect(data.rows.length, figure.id).toBeGreaterThan(2);
      for (const { points } of chart.series) {
        for (const { x, y } of points) expect([x, y]).not.toContain(Number.NaN);
      }
      for (const row of data.rows) expect(row).toHaveLength(data.columns.length);
    }
  });
});

describe('The plan', () => {
  test('has each session once, and exactly those that the figures use', () => {
    const sessions = planSessions(FIGURES, scope);
    const ids = sessions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const asked = new Set<string>();
    for (const figure of FIGURES) {
      figure.draw((session) => {
        asked.add(session.id);
        return reports(session);
      }, scope);
    }
    expect([...asked].sort()).toEqual([...ids].sort());
  });

  test('has no two sessions that differ in their name only', () => {
    const contents = planSessions(FIGURES, scope).map(({ id, ...rest }) => JSON.stringify(rest));
    expect(new Set(contents).size).toBe(contents.length);
  });

  test('has valid configurations, and only fast in large sessions', () => {
    const sessions = planSessions(FIGURES, scopeOf({ ...ASKED, full: true }));
    for (const { config } of sessions) expect(validateConfig(config)).toMatchObject({ ok: true });
    const large = sessions.filter(({ scxs }) => scxs >= 1000);
    expect(large.map(({ scxs }) => scxs)).toEqual([1000, 3000, 10_000]);
    for (const { config, draws } of large) expect([config, draws]).toEqual([FAST, 1]);
  });

  test('has 100 experiments of figure 9 on 25 topologies, and 25 of every other paper figure', () => {
    const whole = scopeOf({ ...ASKED, draws: 25 });
    const drawsOf = (id: string) =>
      figureOf(id)
        .needs(whole)
        .map(({ draws }) => draws);
    expect(new Set(drawsOf('figure-09'))).toEqual(new Set([100]));
    for (const session of figureOf('figure-09').needs(whole)) expect(session.topologies).toBe(25);
    for (const id of ['figure-12', 'figure-13', 'figure-14', 'figure-15', 'paper-readings']) {
      expect(new Set(drawsOf(id))).toEqual(new Set([25]));
    }
  });

  test("ends runs of profile paper by the paper's rule", () => {
    const ends = (profile: string) =>
      planSessions(FIGURES, scope)
        .filter(({ id }) => id.includes(`, ${profile}`))
        .map(({ endsWhenQuiet }) => endsWhenQuiet);
    expect(new Set(ends('paper'))).toEqual(new Set([true]));
    expect(new Set(ends('fast'))).toEqual(new Set([false]));
  });

  test('leaves out measured round trips where there are none', () => {
    const topologies = (hasMatrix: boolean) =>
      planSessions(FIGURES, scopeOf({ ...ASKED, hasMatrix })).map(({ topology }) => topology);
    expect(topologies(true)).toContain('planetlab490');
    expect(topologies(false)).toContain('ts1000n');
    expect(topologies(false)).not.toContain('planetlab490');
  });
});

describe('A session', () => {
  test('has settled once its ratio stays within 5% of the final one', () => {
    const ratios = [2, 1.5, 1.04, 1.06, 0.96, 1];
    const samples = ratios.map((ratio, index) => sampleOf(index * 1000, ratio));
    expect(settledSince(samples)).toBe(4000);
    expect(settledSince([...samples.slice(0, 5), sampleOf(5000, 1, 1)])).toBeUndefined();
    expect(settledSince([])).toBeUndefined();
  });
});

describe('Data', () => {
  test('is quoted where it must be, and empty where nothing is known', () => {
    const rows = [
      ['a,b', 'say "x"', 'two\nlines'],
      [1 / 3, null, Number.NaN],
      ['plain', 0, undefined],
    ];
    expect(csvOf({ columns: ['x', 'y', 'z'], rows })).toBe(
      'x,y,z\n"a,b","say ""x""","two\nlines"\n0.333333,,\nplain,0,\n',
    );
  });

  test('is compared in words', () => {
    expect(compared(1.2, 1)).toBe('20% above');
    expect(compared(0.5, 1)).toBe('50% below');
    expect(compared(1.001, 1)).toBe('equal to');
    expect(compared(1, Number.NaN)).toBe('not comparable with');
  });
});
